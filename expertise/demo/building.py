"""Placeholder until the demonstration is built."""
