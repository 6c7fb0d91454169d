"""Sockets and rooms without business: tickets, connections, hub, room log, router."""
