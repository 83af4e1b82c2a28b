"""The trail: what happened, provably in this order and unchanged."""
