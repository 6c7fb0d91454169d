"""Parcels on their way: files in each carrier's own columns, what carriers report back, and their APIs."""
