"""Mail that comes in: stored first, then judged, then handed to the desk."""
