"""Cases: the desk that changes them, the queries that show them."""
