"""The demonstration: accounts, cases that tell a story, and the processes that show it."""
