"""Flash offers, placing orders by group commit, the append-only ledger, and its projection into the statistics."""
