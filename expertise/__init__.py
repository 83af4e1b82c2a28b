"""Komek: the application around the workflow engine."""
