"""What Prometheus may know of placing orders: answers by their code, how long they took, how much was committed together."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

PLACED = "placed"
ANSWERS = Counter("ocop_order_answers", "Answers to orders, repeats included: placed, the code of the refusal, left, or failed", ["answer"])
ORDER_SECONDS = Histogram(
    "ocop_order_seconds",
    "From an order's arrival at the worker to its answer",
    buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10),
)
WAITING = Gauge("ocop_orders_waiting", "Orders that wait for a commit", multiprocess_mode="livesum")
BATCH_ORDERS = Histogram("ocop_order_batch_orders", "Orders committed together", buckets=(1, 5, 20, 100, 300, 1_000))
BATCH_FAILURES = Counter("ocop_order_batch_failures", "Batches that were tried again, by why: not_written, outcome_unknown", ["why"])
