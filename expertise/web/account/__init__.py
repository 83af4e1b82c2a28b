"""Pages of the own account: password, sessions, second factor, passkeys, notifications."""
