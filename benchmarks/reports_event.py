"""The event that reports must carry, and a programme of many sessions around it: written by COPY, with valid chains and measured figures."""

from __future__ import annotations

import random
import secrets
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from redis.client import NEVER_DECODE

from app.infra.clock import to_ms, utc_now, vietnam_day
from app.infra.database import Database
from app.infra.redis_client import RedisClients
from app.ledger.chain import Entry, EntryLine, body_of, chain, genesis_hash
from app.ledger.fold import delta_of
from app.ledger.kinds import EntryKind
from app.metrics.figures import Sketches, Snapshot
from app.metrics.records import Record, write_record

EVENT_HOURS = 4
EVENT_VIEWS = 15_000_000
EVENT_UNIQUE_VIEWERS = 300_000
DAYS = 60
_BOOTHS_IN = 10
_BOOTH_DAYS = 30
_ROWS_PER_COPY = 20_000
_SKETCH_CHUNK = 5_000
_PRODUCTS_PER_SESSION = 6
# How far orders come: the share that is at least there, and what ends the others.
_CONFIRMED, _DELIVERED, _CANCELLED, _RETURNED = 0.85, 0.75, 0.08, 0.03
_TABLES = {
    "ledger_entries": ("session_id", "seq", "kind", "order_id", "happened_at", "amount_vnd", "units", "body", "hash"),
    "orders": (
        *("id", "session_id", "seq", "device_id", "client_key", "request_digest", "phone_digest"),
        *("payment", "total_vnd", "placed_at", "due_at"),
    ),
    "order_lines": ("order_id", "line_number", "product_id", "device_id", "phone_digest", "quantity", "unit_price_vnd"),
}
_WORDS = "cho mình hai hũ mật ong với ạ hàng có sẵn không giao về Vinh bao lâu ngon quá chốt đơn nhé cảm ơn shop".split()  # noqa: SIM905
_SESSION = """
INSERT INTO sessions (id, organisation_id, host_id, title, state, announced_state, started_at, ended_at, kind, producer_id, ward_code)
VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, $10)
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is written."""

    orders: int = 50_000
    comments: int = 1_000_000
    sessions: int = 200
    orders_per_session: int = 60


@dataclass(frozen=True, slots=True)
class Filled:
    """Where it is, and how many rows it took."""

    event_id: UUID
    programme_id: UUID
    session_ids: tuple[UUID, ...]
    entries: int


@dataclass(frozen=True, slots=True)
class _Crowd:
    """Who came to one session."""

    views: int
    unique_viewers: int
    comments: int


@dataclass(slots=True)
class _Ledger:
    """The chain of one session, gathered for COPY."""

    session_id: UUID
    dice: random.Random
    seq: int = 0
    last_hash: bytes = b""
    rows: dict[str, list[tuple[object, ...]]] = field(default_factory=lambda: defaultdict(list))
    totals: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.last_hash = genesis_hash(self.session_id)

    def order(self, products: Sequence[tuple[UUID, UUID, int]], placed_at: datetime) -> None:
        """One order of one or two products, and what became of it in the two days after it."""
        order_id, device_id, phone = uuid4(), uuid4(), secrets.token_bytes(32)
        lines = tuple(
            EntryLine(None, product_id, producer_id, 1, price_vnd)
            for product_id, producer_id, price_vnd in self.dice.sample(products, self.dice.choice((1, 1, 2)))
        )
        total_vnd = sum(line.amount_vnd for line in lines)
        self.entry("placed", order_id, str(device_id), lines, placed_at)
        due_at = placed_at + timedelta(hours=72)
        row = (order_id, self.session_id, self.seq, device_id, uuid4(), phone, phone, "cod", total_vnd, placed_at, due_at)
        self.rows["orders"].append(row)
        for number, line in enumerate(lines, start=1):
            self.rows["order_lines"].append((order_id, number, line.product_id, device_id, phone, 1, line.amount_vnd))
        for hours, kind in self._course():
            self.entry(kind, order_id, str(device_id), lines, placed_at + timedelta(hours=hours))

    def _course(self) -> Iterator[tuple[int, EntryKind]]:
        chance = self.dice.random()
        if chance > 1 - _CANCELLED:
            yield 1, "cancelled"
            return
        if chance < _CONFIRMED:
            yield 2, "confirmed"
        if chance < _DELIVERED:
            yield 40, "delivered"
            yield 41, "paid"
        if chance < _RETURNED:
            yield 47, "returned"
            yield 48, "refunded"

    def entry(self, kind: EntryKind, order_id: UUID, buyer: str, lines: tuple[EntryLine, ...], at: datetime) -> None:
        self.seq += 1
        entry = Entry(self.session_id, self.seq, kind, order_id, buyer, to_ms(at) or 0, lines)
        body = body_of(entry)
        self.last_hash = chain(self.last_hash, body)
        row = (self.session_id, self.seq, kind, order_id, at, entry.amount_vnd, entry.units, body, self.last_hash)
        self.rows["ledger_entries"].append(row)
        self.totals.update(delta_of(entry).totals)

    async def write(self, database: Database) -> None:
        """What has been gathered since the last time, and the head."""
        async with database.pool.acquire() as db, db.transaction():
            await db.execute(
                "INSERT INTO ledgers (session_id, last_seq, last_hash) VALUES ($1, $2, $3) "
                "ON CONFLICT (session_id) DO UPDATE SET last_seq = excluded.last_seq, last_hash = excluded.last_hash",
                *(self.session_id, self.seq, self.last_hash),
            )
            for name, columns in _TABLES.items():
                await db.copy_records_to_table(name, records=self.rows[name], columns=columns)
        self.rows.clear()


async def fill(database: Database, redis: RedisClients, beside: UUID, size: Size) -> Filled:
    """The event and its programme in the organisation of the session `beside`, whose products they sell."""
    dice = random.Random(13)  # noqa: S311 - makes up figures, no secret
    who = await database.pool.fetchrow("SELECT organisation_id, host_id FROM sessions WHERE id = $1", beside)
    assert who is not None  # noqa: S101 - the service has opened it
    products = [
        tuple(row)
        for row in await database.pool.fetch(
            "SELECT id, producer_id, price_vnd FROM products WHERE organisation_id = $1 ORDER BY id", who["organisation_id"]
        )
    ]
    wards = [row["commune_code"] for row in await database.pool.fetch("SELECT DISTINCT commune_code FROM producers ORDER BY 1")]
    now = utc_now()
    ids, entries = [], 0
    for number in range(size.sessions):
        is_event = number == 0
        is_booth = not is_event and number % _BOOTHS_IN == 0
        begun = now - timedelta(days=DAYS if is_booth else 1 + number % DAYS, hours=EVENT_HOURS)
        ended_at = begun + (timedelta(days=_BOOTH_DAYS) if is_booth else timedelta(hours=EVENT_HOURS))
        session_id = uuid4()
        ids.append(session_id)
        chosen = dice.sample(products, min(len(products), _PRODUCTS_PER_SESSION))
        if is_booth:
            chosen = [each for each in products if each[1] == chosen[0][1]]
        await database.pool.execute(
            _SESSION,
            *(session_id, who["organisation_id"], who["host_id"], "Chợ phiên OCOP" if is_event else f"Phiên {number}"),
            *("ended", begun, ended_at),
            *("booth" if is_booth else "stream", chosen[0][1] if is_booth else None, wards[number % len(wards)]),
        )
        ledger = _Ledger(session_id, dice)
        count = size.orders if is_event else max(2, int(size.orders_per_session * dice.uniform(0.1, 2)))
        for each in range(count):
            spread = timedelta(days=each % _BOOTH_DAYS) if is_booth else timedelta(hours=EVENT_HOURS) * each / count
            ledger.order(chosen, begun + spread)
            if len(ledger.rows["ledger_entries"]) >= _ROWS_PER_COPY:
                await ledger.write(database)
        await ledger.write(database)
        entries += ledger.seq
        crowd = _Crowd(EVENT_VIEWS, EVENT_UNIQUE_VIEWERS, size.comments) if is_event else _Crowd(20_000, 2_000, 500)
        await _write_figures(database, redis, ledger, begun, crowd)
    await _write_comments(database, ids[0], now - timedelta(days=1, hours=EVENT_HOURS), size.comments)
    await database.pool.execute("ANALYZE ledger_entries, orders, order_lines, comments, sessions, session_totals, session_minutes")
    programme_id = await _make_programme(database, who["organisation_id"], who["host_id"], now)
    return Filled(ids[0], programme_id, tuple(ids), entries)


async def _make_programme(database: Database, organisation_id: UUID, host_id: UUID, now: datetime) -> UUID:
    row = await database.pool.fetchrow(
        "INSERT INTO programmes (id, organisation_id, name, first_day, last_day, takes, created_by) "
        "VALUES ($1, $2, 'Mùa hàng Việt', $3, $4, 'all', $5) RETURNING id",
        *(uuid4(), organisation_id, vietnam_day(now - timedelta(days=DAYS + 2)), vietnam_day(now), host_id),
    )
    assert row is not None  # noqa: S101 - it returns what it inserted
    programme_id: UUID = row["id"]
    return programme_id


async def _write_figures(database: Database, redis: RedisClients, ledger: _Ledger, begun: datetime, crowd: _Crowd) -> None:
    views, viewers, comments = crowd.views, crowd.unique_viewers, crowd.comments
    minutes = EVENT_HOURS * 60
    per_minute = {"views": views // minutes, "views_10s": views // minutes // 2, "watch_ms": 60_000 * viewers // 20, "likes": 50}
    per_minute |= {"comments": comments // minutes, "viewers_peak": viewers // 12}
    first = (to_ms(begun) or 0) // 60_000
    snapshot = Snapshot(
        as_of=utc_now(),
        is_open=True,
        viewers_now=0,
        measured={name: amount * minutes for name, amount in per_minute.items()}
        | {"views": views, "viewers_peak": viewers // 10, "comments": comments, "occupied_ms": minutes * 60_000},
        ledger=ledger.totals,
        ledger_seq=ledger.seq,
        unique_viewers=viewers,
        commenters=min(comments, viewers // 10),
        buyers=len(ledger.rows),
        minutes={first + minute: per_minute for minute in range(minutes)},
        products={},
        taken={},
        outside={},
        flushes={},
    )
    sketch = await _sketch(redis, viewers)
    async with database.transactions.begin() as db:
        await write_record(db, ledger.session_id, Record("final", snapshot, Sketches(unique_viewers=sketch, commenters=None)))


async def _sketch(redis: RedisClients, viewers: int) -> bytes:
    """So many devices counted as the service counts them, as the raw string that it keeps."""
    key = f"bench:{uuid4()}"
    for start in range(0, viewers, _SKETCH_CHUNK):
        await redis.idempotent.pfadd(key, *(secrets.token_bytes(16) for _ in range(min(_SKETCH_CHUNK, viewers - start))))
    raw: bytes = await redis.idempotent.execute_command("GET", key, **{NEVER_DECODE: True})  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
    await redis.idempotent.delete(key)
    return raw


async def _write_comments(database: Database, session_id: UUID, begun: datetime, count: int) -> None:
    dice = random.Random(7)  # noqa: S311 - makes up words, no secret
    devices = [uuid4() for _ in range(max(1, count // 20))]
    step = timedelta(hours=EVENT_HOURS) / max(1, count)
    columns = ("id", "session_id", "device_id", "author", "text", "by_staff", "posted_at", "source")
    for start in range(0, count, _ROWS_PER_COPY):
        rows = [
            (uuid4(), session_id, dice.choice(devices), "Khách xem", " ".join(dice.sample(_WORDS, 6)), False, begun + step * number, "page")
            for number in range(start, min(count, start + _ROWS_PER_COPY))
        ]
        async with database.pool.acquire() as db:
            await db.copy_records_to_table("comments", records=rows, columns=columns)
