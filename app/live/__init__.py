"""Livestream sessions and their rooms: life cycle, run-down, comments, presence, ticks, and the socket endpoints."""
