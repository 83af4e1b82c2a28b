"""People, organisations, regions: who may stand where, and how they sign in."""
