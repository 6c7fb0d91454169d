"""What Prometheus may know of requests, stores, loops and background work of this worker. Labels have few values and name nobody.

`/metrics` adds the workers of one machine up (`app/infra/health.py`). Alerts on these: `deploy/prometheus/alerts.yml`.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("ocop_http_requests", "Requests by their answer: 2xx, 3xx, 4xx, 5xx, or none when the client left", ["answer"])
REQUEST_SECONDS = Histogram(
    "ocop_http_request_seconds",
    "From the request's head to the end of its answer",
    buckets=(0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30),
)
REQUESTS_LATE = Counter("ocop_http_requests_late", "Requests that were answered as late while their work went on")
CONNECTIONS_THROWN_AWAY = Counter("ocop_database_connections_thrown_away", "Connections of PostgreSQL that were kept too long by one use")
STORE_TAKES_WRITES = Gauge(
    "ocop_store_takes_writes", "1 when the store took a write at this scrape, else 0", ["store"], multiprocess_mode="mostrecent"
)
WORKERS = Gauge("ocop_workers", "Workers that run, by the version of their code", ["version"], multiprocess_mode="livesum")
LOOP_LATE_SECONDS = Histogram(
    "ocop_loop_late_seconds",
    "How late a worker's event loop came to something that was due, asked twice a second",
    buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5),
)
FIGURES_BEHIND = Gauge(
    "ocop_figures_behind_entries", "Ledger entries that the figures in Redis have not counted yet", multiprocess_mode="mostrecent"
)
ROOMS_UNTOLD = Gauge("ocop_rooms_untold", "Rooms that have not heard what was committed for them", multiprocess_mode="mostrecent")
JOB_FAILURES = Counter("ocop_job_failures", "Runs of repeated background work that failed, by its name", ["name"])
