"""The pages people see: viewer, host board, organiser; templates, and static files that are packed when a worker starts."""
