"""View and revenue statistics of a session, in the field's terms: kept in Redis, written to PostgreSQL."""
