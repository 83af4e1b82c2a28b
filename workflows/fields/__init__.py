"""Field types and the values of fields."""
