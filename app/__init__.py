"""ocop-live: livestream sales sessions for OCOP markets. `app/main.py` wires the packages, `app/cli.py` is the command line."""
