"""Administration of people: accounts, organisation leads, CSV import, preferences."""
