"""Timers: what falls due when."""
