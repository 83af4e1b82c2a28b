"""Imports records of other registers: the file is stored first, then each record is judged."""
