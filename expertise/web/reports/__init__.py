"""Pages that count: the board, the dashboard, the calendar of deadlines and its feed."""
