"""Other servers that do the same fan-out, for comparison."""
