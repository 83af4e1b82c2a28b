"""Sending letters: outbox, claims, SMTP, results, bounces and what administrators do."""
