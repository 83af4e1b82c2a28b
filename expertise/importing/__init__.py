"""Records from files become requests."""
