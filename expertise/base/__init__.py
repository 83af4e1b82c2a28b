"""What every room stands on: database, clock, errors, transaction."""
