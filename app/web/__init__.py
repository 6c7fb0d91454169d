"""The pages people see: viewer, host board, organiser; templates and static files without a build step."""
