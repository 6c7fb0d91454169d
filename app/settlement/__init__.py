"""What producers get for what was sold: settlements from the ledgers, agreed and paid as facts of their own."""
