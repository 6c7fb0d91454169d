"""Livestream sessions: their life, what is planned for them, who is in charge, and the telling of what has changed."""
