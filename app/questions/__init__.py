"""Questions in comments: recognised by rules, grouped and counted for the host, answered from the product's own facts. Door: `board.py`."""
