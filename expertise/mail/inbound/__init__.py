"""Reading: storing, parsing and judging received mail. Knows no cases."""
