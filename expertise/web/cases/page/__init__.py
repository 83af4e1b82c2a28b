"""The page of a case: what stands on every tab, and the tabs."""
