"""Ledger entries, comments and minutes at ten million rows: one table as it is, beside the same partitioned by session.

    python -m benchmarks.partitions [--rows 10000000] [--tables ledger comments minutes]

Ways: `plain`, `hash` (32 partitions by hash of the session), `list` (a partition for each session). Writes build/bench/partitions.json and prints
the table of docs/benchmarks.md. Loads with little right to the processor; what is measured takes some twenty seconds per table and way.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.local_servers.server_account import SYSTEM_FOLDER
from app.settings import PROJECT_ROOT

SESSIONS = 1_000
HASHES = 32
BATCHES, READS = 100, 100
WAYS = ("plain", "hash", "list")
# A session's id is made of its number, so that statements can name it.
_ID = "md5('session ' || {n})::uuid"


@dataclass(frozen=True, slots=True)
class Shape:
    """A table in short: its columns, the keys it has today, a generator of rows, and what is asked of it. `$1` is a session, `$2` a value."""

    name: str
    columns: str
    key: str
    key_by_session: str
    index: str
    row: str
    reads: dict[str, tuple[str, str]]


SHAPES = {
    "ledger": Shape(
        "ledger",
        "session_id uuid NOT NULL, seq bigint NOT NULL, kind text NOT NULL, order_id uuid NOT NULL, happened_at timestamptz NOT NULL,"
        " amount_vnd bigint NOT NULL, units int NOT NULL, body text NOT NULL, hash bytea NOT NULL",
        "session_id, seq",
        "session_id, seq",
        "order_id",
        "{id}, {r}, 'placed', md5('order {salt}' || {n} || '-' || {r})::uuid, now(), 129000, 1, repeat('x', 330), sha256(int8send({r}))",
        {
            "500 entries after one": ("SELECT body, hash FROM t WHERE session_id = $1 AND seq > $2 ORDER BY seq LIMIT 500", "int"),
            "by order, no session": ("SELECT kind FROM t WHERE order_id = $2 AND $1::uuid IS NOT NULL", "order"),
        },
    ),
    "comments": Shape(
        "comments",
        "id uuid NOT NULL, session_id uuid NOT NULL, device_id uuid NOT NULL, author text NOT NULL, text text NOT NULL,"
        " by_staff boolean NOT NULL, posted_at timestamptz NOT NULL",
        "id",
        "id, session_id",
        "session_id, posted_at",
        "md5('order {salt}' || {n} || '-' || {r})::uuid, {id}, md5('d' || {r})::uuid, 'Lan', repeat('y', 80), false,"
        " timestamptz '2026-11-01' + {r} * interval '1 s'",
        {
            "newest 50": ("SELECT author, text FROM t WHERE session_id = $1 AND $2::int > 0 ORDER BY posted_at DESC LIMIT 50", "int"),
            "by id, no session": ("SELECT text FROM t WHERE id = $2 AND $1::uuid IS NOT NULL", "order"),
        },
    ),
    "minutes": Shape(
        "minutes",
        "session_id uuid NOT NULL, minute_at timestamptz NOT NULL, figures jsonb NOT NULL",
        "session_id, minute_at",
        "session_id, minute_at",
        "",
        '{id}, timestamptz \'2026-11-01\' + {r} * interval \'1 min\', \'{{"views": 120, "likes": 300, "comments": 20, "viewers": 900}}\'::jsonb',
        {
            "120 minutes": (
                "SELECT minute_at, figures FROM t WHERE session_id = $1 AND minute_at >= timestamptz '2026-11-01' + $2::int * interval '1 min'"
                " ORDER BY minute_at LIMIT 120",
                "int",
            ),
        },
    ),
}


async def measure(db: asyncpg.Connection, shape: Shape, way: str, rows: int) -> dict[str, Any]:
    """Fill one table, ask it, take sessions out of it; times in ms unless the name says otherwise, sizes in MB."""
    per_session = rows // SESSIONS
    await _make(db, shape, way)
    found: dict[str, Any] = {"load s": await _load(db, shape, per_session)}
    key = shape.key if way == "plain" else shape.key_by_session
    began = time.monotonic()
    await db.execute(f"ALTER TABLE t ADD PRIMARY KEY ({key})")
    if shape.index:
        await db.execute(f"CREATE INDEX t_index ON t ({shape.index})")
    await db.execute("ANALYZE t")
    found["keys s"] = round(time.monotonic() - began, 1)
    await db.execute("CHECKPOINT")
    sizes = await db.fetchrow(
        "SELECT sum(pg_relation_size(oid)) / 1e6, sum(pg_indexes_size(oid)) / 1e6 FROM pg_class"
        " WHERE relkind = 'r' AND (relname = 't' OR oid IN (SELECT relid FROM pg_partition_tree('t')))"
    )
    assert sizes is not None  # noqa: S101 - sums are one row
    found["table MB"], found["indexes MB"] = (round(float(size)) for size in sizes)
    found |= await _insert_batches(db, shape, per_session)
    for name, (query, value) in shape.reads.items():
        found |= await _read(db, name, query, value, per_session)
    found |= await _take_out(db, way)
    await _drop(db)
    return found


async def _drop(db: asyncpg.Connection) -> None:
    """One partition at a time: a statement that takes a thousand at once asks for more locks than a server has by default."""
    for row in await db.fetch("SELECT relid::regclass::text AS name FROM pg_partition_tree('t') WHERE isleaf AND relid <> 't'::regclass"):
        await db.execute(f"DROP TABLE {row['name']}")
    await db.execute("DROP TABLE t")


async def _make(db: asyncpg.Connection, shape: Shape, way: str) -> None:
    if way == "plain":
        await db.execute(f"CREATE TABLE t ({shape.columns})")
        return
    await db.execute(f"CREATE TABLE t ({shape.columns}) PARTITION BY {way.upper()} (session_id)")
    if way == "hash":
        for number in range(HASHES):
            await db.execute(f"CREATE TABLE t_{number} PARTITION OF t FOR VALUES WITH (MODULUS {HASHES}, REMAINDER {number})")
    else:
        for number in range(SESSIONS):
            session_id = await db.fetchval(f"SELECT {_ID.format(n=number)}")
            await db.execute(f"CREATE TABLE t_{number} PARTITION OF t FOR VALUES IN ('{session_id}')")


async def _load(db: asyncpg.Connection, shape: Shape, per_session: int) -> float:
    """Session after session, as years bring them."""
    began = time.monotonic()
    row = shape.row.format(id=_ID.format(n="n"), n="n", r="r", salt="")
    for first in range(0, SESSIONS, 50):
        await db.execute(
            f"INSERT INTO t SELECT {row} FROM generate_series({first}, {first + 49}) n, generate_series(1, {per_session}) r ORDER BY n, r"  # noqa: S608 - our own text
        )
    return round(time.monotonic() - began, 1)


async def _insert_batches(db: asyncpg.Connection, shape: Shape, per_session: int) -> dict[str, float]:
    """100 rows in a transaction each, into the newest sessions in turn, as a batch of orders is."""
    took = []
    for number in range(BATCHES):
        n = SESSIONS - 1 - number % 10
        start = per_session + 1 + number * 100
        row = shape.row.format(id=_ID.format(n=n), n=n, r="r", salt="new ")
        statement = f"INSERT INTO t SELECT {row} FROM generate_series({start}, {start + 99}) r"  # noqa: S608 - our own text
        took.append(await _timed(lambda statement=statement: db.execute(statement)))  # type: ignore[misc]
    return _spread("insert 100", took)


async def _read(db: asyncpg.Connection, name: str, query: str, value: str, per_session: int) -> dict[str, float]:
    took = []
    prepared = await db.prepare(query)
    for number in range(READS):
        n = number * 7919 % SESSIONS
        session_id = await db.fetchval(f"SELECT {_ID.format(n=n)}")
        r = 1 + number * 104_729 % max(1, per_session - 600)
        asked = r if value == "int" else await db.fetchval(f"SELECT md5('order ' || {n} || '-' || {r})::uuid")
        took.append(await _timed(lambda session_id=session_id, asked=asked: prepared.fetch(session_id, asked)))  # type: ignore[misc]
    return _spread(name, took)


async def _take_out(db: asyncpg.Connection, way: str) -> dict[str, float]:
    """Ten sessions of before go, one after the other; then the table is vacuumed."""
    took = []
    for n in range(10):
        statement = f"DROP TABLE t_{n}" if way == "list" else f"DELETE FROM t WHERE session_id = {_ID.format(n=n)}"  # noqa: S608 - our own text
        took.append(await _timed(lambda statement=statement: db.execute(statement)))  # type: ignore[misc]
    vacuum = await _timed(lambda: db.execute("VACUUM t"))
    return _spread("take a session out", took) | {"vacuum after ten": round(vacuum)}


async def _timed(work: Callable[[], Awaitable[Any]]) -> float:
    began = time.perf_counter()
    await work()
    return (time.perf_counter() - began) * 1_000


def _spread(name: str, took: list[float]) -> dict[str, float]:
    return {f"{name}, median": round(statistics.median(took), 2), f"{name}, p95": round(statistics.quantiles(took, n=20)[-1], 2)}


@contextmanager
def _server() -> Iterator[EmbeddedPostgres]:
    """A server as `make run` starts it, on the disk."""
    folder = SYSTEM_FOLDER / "bench-partitions"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o755, parents=True)
    server = EmbeddedPostgres(folder, shared_buffers_mb=1_024)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def _run(rows: int, tables: list[str], ways: list[str]) -> dict[str, dict[str, Any]]:
    results: dict[str, dict[str, Any]] = {}
    with _server() as server:
        db = await asyncpg.connect(server.url.replace("//ocop@", "//postgres@"))
        for table in tables:
            for way in ways:
                results[f"{table} {way}"] = await measure(db, SHAPES[table], way, rows)
                _say(f"{table} {way} {json.dumps(results[f'{table} {way}'])}")
                _keep(rows, results)
        await db.close()
    return results


def _keep(rows: int, results: dict[str, dict[str, Any]]) -> None:
    file = PROJECT_ROOT / "build" / "bench" / "partitions.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"rows": rows, "sessions": SESSIONS, "results": results}, indent=1))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _print_table(results: dict[str, dict[str, Any]], tables: list[str], ways: list[str]) -> None:
    for table in tables:
        _say(f"\n| {table} | {' | '.join(ways)} |\n|---|{'---:|' * len(ways)}")
        for name in results[f"{table} {ways[0]}"]:
            _say(f"| {name} | {' | '.join(str(results[f'{table} {way}'][name]) for way in ways)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--tables", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    given = parser.parse_args()
    _print_table(asyncio.run(_run(given.rows, given.tables, given.ways)), given.tables, given.ways)


if __name__ == "__main__":
    main()
