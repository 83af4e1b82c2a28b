"""Pages open to everybody: the public register."""
