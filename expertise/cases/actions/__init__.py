"""The changes a case can undergo: each action decides and answers with an outcome."""
