"""What nodes and the projector hand to statistics, and what they get back. Imported by others through `app.metrics.service`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.metrics.sales import Sales, ShippingFees
from app.protocol.views import BoardFigures, OutsideCount

# Counters that a node measures itself. The list is closed: a misspelt name would silently open a new field for ever.
MEASURED_COUNTERS = ("likes", "comments", "product_opens")
# What is decided over all nodes from the moves of devices; `occupied_ms` is the time during which anybody watched.
AUDIENCE_FIGURES = ("views", "views_10s", "watch_ms", "occupied_ms", "viewers_peak")
# 1 once a node that measures product opens and baskets has told anything: without it they were not measured, which is not 0.
MEASURES_INTEREST = "measures_interest"
MEASURED_FIGURES = (*MEASURED_COUNTERS, *AUDIENCE_FIGURES, MEASURES_INTEREST)

SAME_VIEW_SECONDS = 30.0  # who is back by then continues the view
VIEW_COUNTS_AFTER_SECONDS = 10.0  # watched for so long in all, a view is one of `views_10s`
KEYS_KEPT_SECONDS = 7 * 24 * 3600  # without a write, Redis forgets a session; PostgreSQL brings it back


def ledger_metric_names() -> tuple[str, ...]:
    """Names that `LedgerDelta.totals` may carry: orders, units, revenue and shipping fees of every kind of entry.

    Those of shipping fees are no product's.
    """
    return (*Sales.model_fields, *ShippingFees.model_fields)


@dataclass(frozen=True, slots=True)
class Move:
    """A device, by the 16 bytes of its id, came to a node or went from it; `at` is the node's monotonic clock in seconds.

    `stayed` tells one again that is there without a pause, to statistics that may have forgotten it.
    """

    device: bytes
    kind: Literal["came", "went", "stayed"]
    at: float


@dataclass(frozen=True, slots=True)
class Flush:
    """One node's news of one room since its last flush. Repeated with the same number it counts once.

    `node` names one start of one process (host name and pid may come back after a restart: add something random), and its
    `number` grows with every flush. `increments` are what happened since the flush before, by names of `MEASURED_COUNTERS`;
    `at_ms` decides their minute. `watching` are the moves of devices with a socket, `polling` of those without one, each device's in
    order; `commented_devices`, and those that opened a product or put a first line into a basket, are 16 bytes each.
    """

    node: str
    number: int
    at_ms: int
    increments: Mapping[str, int]
    commented_devices: Sequence[bytes] = ()
    watching: Sequence[Move] = ()
    polling: Sequence[Move] = ()
    opened_devices: Sequence[bytes] = ()
    basket_devices: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class RoomFigures:
    """The room as all nodes together know it. `taken` is units taken by offer id; left is total less taken.

    `node_known_since` marks since when statistics know the devices of the node that asked: another mark than before, and they
    have forgotten them.
    """

    node_known_since: str
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
    product_openers: int = 0
    basket_holders: int = 0


@dataclass(frozen=True, slots=True)
class Sketches:
    """The HyperLogLogs as raw Redis strings, so that distinct devices outlive Redis; None = nobody yet."""

    unique_viewers: bytes | None = None
    commenters: bytes | None = None
    product_openers: bytes | None = None
    basket_holders: bytes | None = None
