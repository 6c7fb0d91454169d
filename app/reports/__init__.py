"""What an organiser reads after the event: the report, its exports, the check that figures agree."""
