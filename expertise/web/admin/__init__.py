"""Pages of administrators: inbound mail, outbox, letter texts, calendars."""
