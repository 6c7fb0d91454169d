"""Parcels: what leaves in one box. Made of confirmed orders, packed by scanning, printed on labels, handed to a carrier."""
