"""The upload pipeline."""
