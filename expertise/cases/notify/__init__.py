"""Letters about cases: their recipients, when they leave, and whether they still hold."""
