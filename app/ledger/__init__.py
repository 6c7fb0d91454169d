"""The append-only ledger of a session's orders: kinds of facts, hash chain, appending, sums, and its projection into the statistics."""
