"""Why the service cannot start: one clear line for whoever starts it."""

from __future__ import annotations


class StartupError(Exception):
    """The service cannot start; the message is one line for the person at the terminal and never holds a password."""
