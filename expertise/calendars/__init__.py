"""Working-day calendars: of the country and of organisations, year by year, kept by the administrator."""
