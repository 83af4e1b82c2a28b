"""Letters: the outbox, their texts and the carrier that brings them to a mail server."""
