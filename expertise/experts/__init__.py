"""The roster of experts, a capability."""
