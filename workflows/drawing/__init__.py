"""Drawing a workflow as SVG."""
