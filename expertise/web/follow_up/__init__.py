"""Pages of follow-up: overview and questionnaires."""
