"""Pages of people, organisations, absences and permissions."""
