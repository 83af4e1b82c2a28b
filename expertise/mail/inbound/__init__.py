"""Reading mail: storing, parsing and judging what is received. Cases are not known here."""
