"""The mail interface: what a received mail may do to a case."""
