"""The web interface: pages by feature."""
