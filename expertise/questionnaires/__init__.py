"""Questions to those who were given a recommendation: asked in waves, answered by letter, page or telephone."""
