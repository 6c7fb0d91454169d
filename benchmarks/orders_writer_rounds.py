"""Rounds of the writer's comparison, each way of writing on a fresh copy of one prepared database."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import median

from pydantic import SecretStr

from app.infra.database import Database, open_database
from app.infra.migrations import upgrade_to_newest
from app.infra.redis_client import open_redis
from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.settings import DatabaseSettings, load_settings
from benchmarks.orders_market import HotOffer, MarketMaker, wanted_orders
from benchmarks.orders_writer import (
    SINGLE_CONNECTIONS,
    Latencies,
    copy_per_second,
    grouped_per_second,
    open_loop,
    single_per_second,
    take_rows,
)

ROUNDS = 3
GROUPED_ORDERS = 20_000
SINGLE_ORDERS = 600
OPEN_LOOP_RATES = (500, 2_000, 5_000)
OPEN_LOOP_SECONDS = 4
_TEMPLATE = "bench_template"


@dataclass(frozen=True, slots=True)
class WriterFigures:
    """Orders per second, medians over the rounds; ratios are medians of each round's own ratio."""

    orders_per_s: float
    single_per_s: float
    copy_per_s: float
    ratio_to_single: float
    ratio_to_copy: float
    fsync: str
    synchronous_commit: str
    open_loop: tuple[Latencies, ...]


class WriterBench:
    """Works on servers that the caller has started."""

    def __init__(self, postgres: EmbeddedPostgres, redis_url: str) -> None:
        self._postgres = postgres
        self._redis_url = redis_url
        self._numbers = itertools.count(1)

    async def run(self) -> WriterFigures:
        """About two minutes. Raises `RuntimeError` when PostgreSQL does not write commits to disk."""
        hot = await self._prepare()
        async with self._copy_of_template() as database:
            fsync, synchronous_commit = await durability_of(database)
            await grouped_per_second(database, wanted_orders(hot, 2_000, seed=0))
        rounds = [await self._round(hot, seed) for seed in range(1, ROUNDS + 1)]
        latencies = [await self._open_loop(hot, rate) for rate in OPEN_LOOP_RATES]
        return WriterFigures(
            orders_per_s=median(grouped for grouped, _, _ in rounds),
            single_per_s=median(single for _, single, _ in rounds),
            copy_per_s=median(copied for _, _, copied in rounds),
            ratio_to_single=median(grouped / single for grouped, single, _ in rounds),
            ratio_to_copy=median(grouped / copied for grouped, _, copied in rounds),
            fsync=fsync,
            synchronous_commit=synchronous_commit,
            open_loop=tuple(latencies),
        )

    async def _prepare(self) -> HotOffer:
        self._postgres.run_sql(f"CREATE DATABASE {_TEMPLATE} OWNER ocop")
        url = self._postgres.url_of(_TEMPLATE)
        await asyncio.to_thread(upgrade_to_newest, url)
        settings = load_settings(database_url=SecretStr(url), redis_url=SecretStr(self._redis_url), redis_prefix="bench-writer")
        async with open_database(url, settings.database) as database, open_redis(self._redis_url) as redis:
            return await MarketMaker(database, redis, settings).hot_offer()

    async def _round(self, hot: HotOffer, seed: int) -> tuple[float, float, float]:
        async with self._copy_of_template() as database:
            grouped = await grouped_per_second(database, wanted_orders(hot, GROUPED_ORDERS, seed=seed))
            rows = await take_rows(database.pool, hot)
        async with self._copy_of_template() as database:
            copied = await copy_per_second(database.pool, rows)
        async with self._copy_of_template() as database:
            single = await single_per_second(database.pool, wanted_orders(hot, SINGLE_ORDERS, seed=seed))
        return grouped, single, copied

    async def _open_loop(self, hot: HotOffer, rate: int) -> Latencies:
        async with self._copy_of_template() as database:
            return await open_loop(database, wanted_orders(hot, rate * OPEN_LOOP_SECONDS, seed=rate), rate=rate)

    @asynccontextmanager
    async def _copy_of_template(self) -> AsyncIterator[Database]:
        """Equal conditions: the same session, offer and empty tables each time, and no dirty pages of the one before."""
        name = f"bench_{next(self._numbers)}"
        self._postgres.run_sql(f"CREATE DATABASE {name} OWNER ocop TEMPLATE {_TEMPLATE}")
        self._postgres.run_sql("CHECKPOINT")
        async with open_database(self._postgres.url_of(name), DatabaseSettings(pool_size=SINGLE_CONNECTIONS)) as database:
            yield database
        self._postgres.run_sql(f"DROP DATABASE {name} WITH (FORCE)")


async def durability_of(database: Database) -> tuple[str, str]:
    """Both settings as the server reports them. Raises `RuntimeError` unless a commit means that it is on disk."""
    fsync = str(await database.pool.fetchval("SHOW fsync"))
    synchronous_commit = str(await database.pool.fetchval("SHOW synchronous_commit"))
    if fsync != "on" or synchronous_commit != "on":
        raise RuntimeError(f"fsync={fsync}, synchronous_commit={synchronous_commit}: figures without durability say nothing")
    return fsync, synchronous_commit
