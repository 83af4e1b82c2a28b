"""The page that finds: one box for everything that a person may see."""
