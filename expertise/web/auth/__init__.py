"""Pages and checks of signing in."""
