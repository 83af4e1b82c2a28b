"""The text of letters: templates, overrides by the administrator, layout, phrases."""
