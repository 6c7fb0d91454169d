"""What Prometheus may know of the sockets of this worker. `/metrics` adds the workers of one machine up (`app/infra/health.py`)."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

SOCKETS = Gauge("ocop_sockets", "Open sockets, all audiences", multiprocess_mode="livesum")
PARKED = Gauge("ocop_sockets_parked", "Detached viewers that take no bytes at the moment", multiprocess_mode="livesum")
HANDSHAKES = Counter("ocop_handshakes", "Upgrades of viewers by result: accepted, or the code of the refusal", ["result"])
ROUND_SECONDS = Histogram(
    "ocop_round_seconds",
    "Time of one broadcast to one room's viewers on one worker",
    buckets=(0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 5),
)
FRAMES = Counter("ocop_frames_sent", "Frames written to detached viewers by broadcasts")
BYTES = Counter("ocop_bytes_sent", "Bytes written to detached viewers by broadcasts")
SHED = Counter(
    "ocop_shed", "What was left out to keep up: ticks of parked viewers, comments sampled away, sockets closed as slow", ["kind"]
)
SHED_TICKS, SHED_COMMENTS, SHED_SLOW = SHED.labels("tick"), SHED.labels("comment"), SHED.labels("slow_socket")
ACCEPTED = HANDSHAKES.labels("accepted")
