"""Who is told of a change of a case, when, and whether the letter still holds."""
