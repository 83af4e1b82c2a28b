"""Pages opened by signed links in letters."""
