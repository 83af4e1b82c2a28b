"""Takes records of other registers in: what arrived is kept first, then judged record by record."""
