"""The one upload pipeline."""
