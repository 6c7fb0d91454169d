"""`ocop run` on one machine: embedded PostgreSQL and Redis, child processes and their supervisor."""
