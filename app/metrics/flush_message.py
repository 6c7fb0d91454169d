"""A flush as `scripts/flush_node.lua` reads it: one JSON head with named fields, and packed lists of devices."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from app.metrics.figures import KEYS_KEPT_SECONDS, SAME_VIEW_SECONDS, VIEW_COUNTS_AFTER_SECONDS, Flush, Move

# Devices of dead nodes that one flush takes out: about as much work as the longest flush itself brings.
DEAD_DEVICES_MAX = 1_000

_MOVE = struct.Struct(">16sBI")
_KINDS = {"came": 0, "went": 1, "stayed": 2}
_AGE_MAX_MS = 2**32 - 1


@dataclass(frozen=True, slots=True)
class FlushHead:
    """The named fields; the script's own comment says what they are. `now_ms` is left out but where a test drives the time."""

    node: str
    number: int
    minute: int
    increments: Mapping[str, int]
    ttl_ms: int
    now_ms: int | None = None
    keep_seconds: int = KEYS_KEPT_SECONDS
    moves_max: int = DEAD_DEVICES_MAX
    same_view_ms: int = int(SAME_VIEW_SECONDS * 1000)
    counts_after_ms: int = int(VIEW_COUNTS_AFTER_SECONDS * 1000)

    def to_json(self) -> str:
        return json.dumps({name: value for name, value in asdict(self).items() if value is not None}, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Clocks:
    """`now` is the monotonic clock by which nodes note moves. `redis_ms` stands for Redis's own clock, in tests that drive the time."""

    now: Callable[[], float]
    redis_ms: Callable[[], int] | None = None


def flush_arguments(flush: Flush, *, ttl_ms: int, clocks: Clocks) -> tuple[str | bytes, ...]:
    """A flush in the order of the script's ARGV. Ages are as of this call: a repeated flush is older than the first one was."""
    head = FlushHead(
        node=flush.node,
        number=flush.number,
        minute=flush.at_ms // 60_000,
        increments=dict(flush.increments),
        ttl_ms=ttl_ms,
        now_ms=clocks.redis_ms() if clocks.redis_ms else None,
    )
    now = clocks.now()
    return head.to_json(), _packed(flush.watching, now), _packed(flush.polling, now), *_joined(flush)


def _joined(flush: Flush) -> tuple[bytes, ...]:
    return tuple(b"".join(devices) for devices in (flush.commented_devices, flush.opened_devices, flush.basket_devices))


def _packed(moves: Sequence[Move], now: float) -> bytes:
    return b"".join(_MOVE.pack(move.device, _KINDS[move.kind], min(_AGE_MAX_MS, max(0, round((now - move.at) * 1000)))) for move in moves)
