"""Signing in: passwords, sessions, second factor, passkeys, tokens, rate limits."""
