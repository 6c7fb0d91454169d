"""Programmes: several sessions read together. Enter through `programmes` (keep them), `reading` (figures), `comparing`, `units`, `summing` (stored sums)."""
