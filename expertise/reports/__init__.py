"""Views over many cases: worklists and the public register."""
