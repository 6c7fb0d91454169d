"""Machines without business: database, Redis, embedded servers, clock, tasks, telemetry."""
