"""Checks that find the faults of a definition."""
