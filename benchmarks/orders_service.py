"""Orders through the whole service: real workers, real sockets, clicks from processes of their own."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.infra.database import Database, open_database
from app.infra.key_ring import KeyRing
from app.infra.redis_client import open_redis
from app.realtime.tickets import TicketSigner
from app.settings import PROJECT_ROOT
from benchmarks.load.service import Plan, RunningService, running_service
from benchmarks.orders_market import HotOffer, MarketMaker
from benchmarks.orders_writer import Latencies, latencies_of
from benchmarks.orders_writer_rounds import OPEN_LOOP_RATES, durability_of

OPEN_LOOP_SECONDS = 5
SOCKETS = 1_500
BURST_CLICKS = 300_000
BURST_SECONDS = 10
BURST_UNITS = 1_000
_OPEN_LOOP_PROCESSES, _BURST_PROCESSES = 1, 2
_PATIENCE_SECONDS = 60
_OUTPUT_LINE_MAX = 64 * 1024 * 1024
# One bench socket stands for many viewers; nothing else is eased.
_WORKER_SETTINGS = {"OCOP_REALTIME__COMMANDS_PER_SECOND": "100000", "OCOP_REALTIME__COMMANDS_BURST": "100000"}


@dataclass(frozen=True, slots=True)
class Burst:
    """What became of the clicks. `sold` is read from the database, `last_answer_s` counts from the first click."""

    clicks: int
    units: int
    sold: int
    sent_within_s: float
    last_answer_s: float
    codes: dict[str, int]
    latencies: Latencies


@dataclass(frozen=True, slots=True)
class ServiceFigures:
    fsync: str
    synchronous_commit: str
    open_loop: tuple[Latencies, ...]
    refused: dict[str, int]
    burst: Burst


async def measure_service(port: int, *, workers: int) -> ServiceFigures:
    """About a minute and a half. Raises `RuntimeError` when the answers and the ledger do not agree."""
    async with (
        running_service(Plan(port, workers, worker_settings=_WORKER_SETTINGS)) as service,
        open_database(_url(service), service.settings.database) as database,
    ):
        fsync, synchronous_commit = await durability_of(database)
        bench = _ServiceBench(service, database, port)
        await bench.open_loop(500)
        open_loop, refused = [], Counter[str]()
        for rate in OPEN_LOOP_RATES:
            latencies, codes = await bench.open_loop(rate)
            open_loop.append(latencies)
            refused.update(codes)
        burst = await bench.burst()
    return ServiceFigures(fsync, synchronous_commit, tuple(open_loop), dict(refused), burst)


class _ServiceBench:
    def __init__(self, service: RunningService, database: Database, port: int) -> None:
        self._service = service
        self._database = database
        self._port = port

    async def open_loop(self, rate: int) -> tuple[Latencies, Counter[str]]:
        """Placed orders' times, and how many clicks got another answer."""
        hot = await self._hot_offer(units=1_000_000)
        (result,) = await self._click(hot, clicks=rate * OPEN_LOOP_SECONDS, rate=rate, processes=_OPEN_LOOP_PROCESSES)
        codes = Counter(result["codes"])
        await self._agrees(hot, codes.pop("placed", 0))
        return latencies_of(rate, result["seconds"]), codes

    async def burst(self) -> Burst:
        hot = await self._hot_offer(units=BURST_UNITS)
        results = await self._click(hot, clicks=BURST_CLICKS, rate=BURST_CLICKS / BURST_SECONDS, processes=_BURST_PROCESSES)
        codes: Counter[str] = Counter()
        for result in results:
            codes.update(result["codes"])
        return Burst(
            clicks=BURST_CLICKS,
            units=BURST_UNITS,
            sold=await self._agrees(hot, codes["placed"]),
            sent_within_s=max(result["sending_seconds"] for result in results),
            last_answer_s=max(result["last_answer_seconds"] for result in results),
            codes=dict(codes),
            latencies=latencies_of(BURST_CLICKS // BURST_SECONDS, [each for result in results for each in result["seconds"]]),
        )

    async def _hot_offer(self, *, units: int) -> HotOffer:
        settings = self._service.settings
        assert settings.redis_url is not None  # noqa: S101 - filled in by the running service
        async with open_redis(settings.redis_url.get_secret_value()) as redis:
            return await MarketMaker(self._database, redis, settings).hot_offer(units=units)

    async def _agrees(self, hot: HotOffer, placed: int) -> int:
        """Units taken by the ledger; they must be those of the answers."""
        row = await self._database.pool.fetchrow(
            "SELECT f.total_quantity - f.remaining, (SELECT coalesce(sum(units), 0) FROM ledger_entries WHERE session_id = $2) "
            "FROM offers f WHERE f.id = $1",
            hot.offer_id,
            hot.session_id,
        )
        if row is None or not row[0] == row[1] == placed:
            raise RuntimeError(f"{placed} orders were answered as placed, but stock and ledger say {row}")
        return placed

    async def _click(self, hot: HotOffer, *, clicks: int, rate: float, processes: int) -> list[dict[str, Any]]:
        plans = [self._plan(hot, clicks // processes, rate / processes, seed) for seed in range(processes)]
        running = [await _start(plan) for plan in plans]
        try:
            await asyncio.gather(*(_read(process) for process in running))
            for process in running:
                _write(process, "go")
            return await asyncio.gather(*(_read(process) for process in running))
        finally:
            for process in running:
                if process.returncode is None:
                    process.kill()
                await process.wait()

    def _plan(self, hot: HotOffer, clicks: int, rate: float, seed: int) -> dict[str, Any]:
        key = self._service.settings.secret_key
        assert key is not None  # noqa: S101 - filled in by the running service
        signer = TicketSigner(KeyRing(key.get_secret_value()))
        return {
            "port": self._port,
            "session_id": str(hot.session_id),
            "offer_id": str(hot.offer_id),
            "tickets": [signer.issue(UUID(int=(seed << 64) + number + 1, version=4))[1] for number in range(SOCKETS)],
            "clicks": clicks,
            "rate": rate,
            "seed": seed,
            "patience_seconds": _PATIENCE_SECONDS,
        }


async def _start(plan: dict[str, Any]) -> Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.orders_load", stdin=PIPE, stdout=PIPE, cwd=PROJECT_ROOT, limit=_OUTPUT_LINE_MAX
    )
    _write(process, json.dumps(plan))
    return process


def _write(process: Process, line: str) -> None:
    assert process.stdin is not None  # noqa: S101 - asked for above
    process.stdin.write(line.encode() + b"\n")


async def _read(process: Process) -> dict[str, Any]:
    assert process.stdout is not None  # noqa: S101 - asked for above
    line = await asyncio.wait_for(process.stdout.readline(), 120)
    if not line:
        raise RuntimeError("a click process ended without an answer; what it wrote is above")
    answer: dict[str, Any] = json.loads(line)
    return answer


def _url(service: RunningService) -> str:
    url = service.settings.database_url
    assert url is not None  # noqa: S101 - filled in by the running service
    return url.get_secret_value()
