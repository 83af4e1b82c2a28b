"""Working-day calendars of the country and of organisations, edited year by year by the administrator."""
