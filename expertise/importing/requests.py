"""Placeholder until the importer is here."""
