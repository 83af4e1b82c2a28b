"""Pages of cases: list, case, forms, steps, files."""
