"""What nodes and the projector hand to statistics, and what they get back. Imported by others through `app.metrics.service`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.metrics.sales import Sales
from app.protocol.views import BoardFigures, OutsideCount

# Counters that a node measures itself. The list is closed: a misspelt name would silently open a new field for ever.
MEASURED_COUNTERS = ("views", "views_10s", "likes", "comments", "watch_ms")
MEASURED_FIGURES = (*MEASURED_COUNTERS, "viewers_peak")


def ledger_metric_names() -> tuple[str, ...]:
    """Names that `LedgerDelta.totals` and `.products` may carry: orders, units and revenue of every kind of entry."""
    return tuple(Sales.model_fields)


@dataclass(frozen=True, slots=True)
class Moves:
    """Devices that are on a node since its last flush, and such that are not any more; 16 bytes each."""

    came: Sequence[bytes] = ()
    went: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class Flush:
    """One node's news of one room since its last flush. Repeated with the same number it counts once.

    `node` names one start of one process (host name and pid may come back after a restart: add something random), and its
    `number` grows with every flush. `increments` are what happened since the flush before, by names of `MEASURED_COUNTERS`;
    `viewers_now` is the node's present count of devices and replaces the one before, as `polling_now` is of devices that have no
    socket and poll; `at_ms` decides the minute. `watching` and `polling` say which devices moved, so that one that is on several
    nodes counts once; without them each node's count stands as it is.
    """

    node: str
    number: int
    viewers_now: int
    at_ms: int
    increments: Mapping[str, int]
    entered_devices: Sequence[str] = ()
    commented_devices: Sequence[str] = ()
    polling_now: int = 0
    watching: Moves = Moves()
    polling: Moves = Moves()


@dataclass(frozen=True, slots=True)
class RoomFigures:
    """The room as all nodes together know it. `taken` is units taken by offer id; left is total less taken."""

    viewers: int
    polling: int
    likes: int
    comments: int
    taken: Mapping[str, int]
    outside: tuple[OutsideCount, ...]
    board: BoardFigures


@dataclass(frozen=True, slots=True)
class LedgerDelta:
    """What one ledger entry adds; applied exactly once and in order of `seq`. `minute` is UTC minutes since 1970.

    Names in `totals` and in the inner mapping of `products` come from `ledger_metric_names()`; `taken` is units by offer id and
    is negative when stock comes back. `buyer_token` is opaque, never a name or phone.
    """

    seq: int
    minute: int
    totals: Mapping[str, int]
    products: Mapping[str, Mapping[str, int]]
    taken: Mapping[str, int]
    buyer_token: str | None = None


@dataclass(frozen=True, slots=True)
class OutsideFigure:
    """Latest and highest count that one outside platform was reported to have."""

    viewers: int
    observed_at_ms: int
    viewers_peak: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything Redis or a stored row knows of one session, read at one moment.

    `is_open` is false while the measured counters are cold, so never begun or lost; sales are right all the same.
    """

    as_of: datetime
    is_open: bool
    viewers_now: int
    measured: Mapping[str, int]
    ledger: Mapping[str, int]
    ledger_seq: int
    unique_viewers: int
    commenters: int
    buyers: int
    minutes: Mapping[int, Mapping[str, int]]
    products: Mapping[str, Mapping[str, int]]
    taken: Mapping[str, int]
    outside: Mapping[str, OutsideFigure]
    flushes: Mapping[str, int]
    restores: int = 0
    lost_ms_at_most: int = 0


@dataclass(frozen=True, slots=True)
class Sketches:
    """The two HyperLogLogs as raw Redis strings, so that distinct devices outlive Redis; None = nobody yet."""

    unique_viewers: bytes | None
    commenters: bytes | None
