"""Reading definitions from YAML."""
