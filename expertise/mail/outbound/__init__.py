"""Sending: the outbox, claims, carrier, SMTP, results, bounces, administration."""
