"""Exports: one description of a report's tables, from which every format follows; made by jobs, fetched while their link lives."""
