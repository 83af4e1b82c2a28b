"""Foundations for all rooms: database, clock, errors, transaction."""
