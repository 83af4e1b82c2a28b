"""The demonstration: accounts, cases played from scripts, and the processes that serve it."""
