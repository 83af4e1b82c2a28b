"""Letters: the outbox, their texts, sending them, and reading the mail that comes in."""
