"""The list of cases: narrowed and sorted, kept as views, exported, and one step for several of its cases."""
