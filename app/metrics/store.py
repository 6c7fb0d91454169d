"""Statistics in Redis: one script per change, so that each is applied wholly and once. The only file of this package that knows Redis.

Counters are *cold* until `open_counters` has run: a session's first flush, and the first one after Redis was lost, finds them
so and lets the service bring back the last checkpoint before anything is counted on top.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from redis.asyncio import Redis
from redis.client import NEVER_DECODE
from redis.exceptions import RedisError

from app.infra.clock import from_ms
from app.infra.redis_client import RedisClients, answers_to, load_script
from app.metrics.figures import KEYS_KEPT_SECONDS, MEASURED_FIGURES, Flush, LedgerDelta, OutsideFigure, RoomFigures, Sketches, Snapshot
from app.metrics.flush_message import Clocks, flush_arguments
from app.metrics.session_script import SessionScript
from app.protocol.views import BoardFigures, OutsideCount
from app.redis_keys import SessionKeys, union_keys

_SCRIPTS = Path(__file__).parent / "scripts"

# Sessions of a cluster's master that does not answer are looked at another time.
_PATIENCE_SECONDS = 2.0


class MetricsStore:
    """The Redis structures of `SessionKeys` that hold statistics."""

    def __init__(self, redis: RedisClients, prefix: str, clocks: Clocks) -> None:
        self._redis = redis
        self._prefix = prefix
        self._clocks = clocks
        self._flush = SessionScript(redis.once, "flush_node")
        self._apply = SessionScript(redis.once, "apply_ledger")
        self._restore = SessionScript(redis.once, "restore_figures")
        self._outside = SessionScript(redis.idempotent, "report_outside")
        self._read = SessionScript(redis.idempotent, "read_figures")
        self._count_together = load_script(redis.idempotent, _SCRIPTS / "count_together.lua")
        self._expire = load_script(redis.idempotent, _SCRIPTS / "expire_session.lua")

    def _keys(self, session_id: UUID) -> SessionKeys:
        return SessionKeys(self._prefix, session_id)

    async def flush(self, session_id: UUID, flush: Flush, *, ttl_ms: int) -> RoomFigures | None:
        """Count a flush; None when the counters are cold and nothing was counted."""
        reply = await self._flush(self._keys(session_id), *flush_arguments(flush, ttl_ms=ttl_ms, clocks=self._clocks))
        return None if reply is None else _room_figures(reply)

    async def report_outside(self, session_id: UUID, *, source: str, viewers: int, observed_at_ms: int) -> bool:
        """Keep a count of an outside platform; False when the counters are cold."""
        arguments = (source, viewers, observed_at_ms, KEYS_KEPT_SECONDS)
        return await self._outside(self._keys(session_id), *arguments) is not None

    async def ledger_seqs(self, session_ids: Sequence[UUID]) -> dict[UUID, int]:
        """Those of a cluster's server that is away are left out."""
        found = await answers_to(
            self._redis.idempotent, [("HGET", self._keys(each).ledger, "seq") for each in session_ids], patience=_PATIENCE_SECONDS
        )
        known = ((session_id, seq) for session_id, seq in zip(session_ids, found, strict=True) if not isinstance(seq, RedisError))
        return {session_id: int(seq or 0) for session_id, seq in known}

    async def apply(self, session_id: UUID, deltas: Sequence[LedgerDelta]) -> int:
        arguments: list[str | int] = [KEYS_KEPT_SECONDS, len(deltas)]
        for delta in deltas:
            arguments += [delta.seq, delta.minute, delta.buyer_token or ""]
            products = ((f"{key}:{name}", n) for key, figures in delta.products.items() for name, n in figures.items())
            for pairs in (delta.totals.items(), products, delta.taken.items()):
                arguments += _counted_pairs(pairs)
        return int(await self._apply(self._keys(session_id), *arguments))

    async def forget_ledger(self, session_id: UUID) -> None:
        """Drop what the projector wrote; it then starts again at the first entry."""
        of = self._keys(session_id)
        await self._redis.once.delete(of.ledger, of.ledger_minutes, of.products, of.taken, of.buyers)

    async def read(self, session_id: UUID) -> Snapshot:
        """All figures at one moment."""
        now_ms = self._clocks.redis_ms() if self._clocks.redis_ms else ""
        return _snapshot(await self._read(self._keys(session_id), now_ms))

    async def sketches(self, session_id: UUID) -> Sketches:
        """The HyperLogLogs as they are; read after the figures, so they hold at least the devices counted there."""
        of = self._keys(session_id)
        keys = (of.unique_viewers, of.commenters, of.product_openers, of.basket_holders)
        return Sketches(*[await _raw(self._redis.idempotent, key) for key in keys])

    async def open_counters(self, session_id: UUID, snapshot: Snapshot | None, sketches: Sketches) -> bool:
        """Write a checkpoint back, or open empty counters; False when they were open already. Ledger figures are the projector's."""
        # bytes and text may be mixed in one command: redis-py sends bytes as they are
        kept = (sketches.unique_viewers, sketches.commenters, sketches.product_openers, sketches.basket_holders)
        arguments: list[str | int | bytes] = [*(sketch or b"" for sketch in kept), KEYS_KEPT_SECONDS]
        for fields in _stored_hashes(snapshot):
            arguments += [len(fields), *chain.from_iterable(fields.items())]
        return bool(await self._restore(self._keys(session_id), *arguments))

    async def count_together(self, sketches: Sequence[bytes]) -> int:
        """How many distinct devices are in these HyperLogLogs, each once; one round trip, nothing stays behind."""
        return int(await self._count_together(keys=union_keys(self._prefix, uuid4()), args=sketches))

    async def expire(self, session_id: UUID, seconds: int) -> None:
        await self._expire(keys=list(self._keys(session_id).all()), args=[seconds])


async def _raw(client: Redis, key: str) -> bytes | None:
    # A HyperLogLog is a string of arbitrary bytes; the client would decode it as UTF-8 and fail.
    value = await client.execute_command("GET", key, **{NEVER_DECODE: True})  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
    return value if isinstance(value, bytes) else None


def _counted_pairs(pairs: Iterable[tuple[str, int]]) -> list[str | int]:
    """How many changes there are, then their names and amounts, as the scripts read them; zeros are left out."""
    changes = [pair for pair in pairs if pair[1]]
    flat: list[str | int] = [len(changes)]
    for pair in changes:
        flat += pair
    return flat


def _pairs(flat: Sequence[str]) -> Iterable[tuple[str, str]]:
    return zip(islice(flat, 0, None, 2), islice(flat, 1, None, 2), strict=True)


def _numbers(flat: Sequence[str]) -> dict[str, int]:
    return {field: int(value) for field, value in _pairs(flat)}


def _nested(flat: Sequence[str]) -> dict[str, dict[str, int]]:
    """`<owner>:<metric>` fields as owner → metric → number."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for field, value in _pairs(flat):
        owner, _, metric = field.partition(":")
        found[owner][metric] = int(value)
    return dict(found)


def _outside_figures(flat: Sequence[str]) -> dict[str, OutsideFigure]:
    return {source: OutsideFigure(*(int(part) for part in value.split("|"))) for source, value in _pairs(flat)}


def _room_figures(reply: Sequence[Any]) -> RoomFigures:
    _, node_known_since, viewers, polling, live, ledger, unique_viewers, buyers, taken, outside = reply
    likes, comments, peak, views = (int(value or 0) for value in live)
    orders, units, revenue_vnd = (int(value or 0) for value in ledger)
    return RoomFigures(
        node_known_since=node_known_since,
        viewers=viewers,
        polling=polling,
        likes=likes,
        comments=comments,
        taken=_numbers(taken),
        outside=tuple(
            OutsideCount(source=source, viewers=figure.viewers, observed_at_ms=figure.observed_at_ms)
            for source, figure in sorted(_outside_figures(outside).items())
        ),
        board=BoardFigures(
            viewers_peak=peak,
            views=views,
            unique_viewers=unique_viewers,
            orders_placed=orders,
            units_placed=units,
            revenue_placed_vnd=revenue_vnd,
            buyers=buyers,
        ),
    )


def _snapshot(reply: Sequence[Any]) -> Snapshot:
    now_ms, viewers, unique_viewers, commenters, buyers, live, minutes, flushes, ledger, ledger_minutes, products, taken, outside = reply[
        :13
    ]
    product_openers, basket_holders = reply[13:]
    counters, sums = _numbers(live), _numbers(ledger)
    by_minute: dict[int, dict[str, int]] = defaultdict(dict)
    for minute, figures in (*_nested(minutes).items(), *_nested(ledger_minutes).items()):
        by_minute[int(minute)].update(figures)
    return Snapshot(
        as_of=from_ms(int(now_ms)),
        is_open="ready" in counters,
        viewers_now=viewers,
        measured={name: counters.get(name, 0) for name in MEASURED_FIGURES},
        ledger={name: amount for name, amount in sums.items() if name != "seq"},
        ledger_seq=sums.get("seq", 0),
        unique_viewers=unique_viewers,
        commenters=commenters,
        buyers=buyers,
        minutes=dict(by_minute),
        products=_nested(products),
        taken=_numbers(taken),
        outside=_outside_figures(outside),
        flushes=_numbers(flushes),
        restores=counters.get("restores", 0),
        lost_ms_at_most=counters.get("lost_ms_at_most", 0),
        product_openers=product_openers,
        basket_holders=basket_holders,
    )


def _stored_hashes(snapshot: Snapshot | None) -> tuple[Mapping[str, int | str], ...]:
    """The hashes live, minutes, flushes, outside of a checkpoint, in the order of `restore_figures.lua`."""
    if snapshot is None:
        return {}, {}, {}, {}
    live = {**snapshot.measured, "restores": snapshot.restores, "lost_ms_at_most": snapshot.lost_ms_at_most}
    minutes = {
        f"{minute}:{name}": figures[name] for minute, figures in snapshot.minutes.items() for name in MEASURED_FIGURES if name in figures
    }
    outside = {source: f"{kept.viewers}|{kept.observed_at_ms}|{kept.viewers_peak}" for source, kept in snapshot.outside.items()}
    return live, minutes, snapshot.flushes, outside
