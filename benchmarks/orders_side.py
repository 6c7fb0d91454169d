"""One tree's side of `make bench-orders AGAINST=…`: measures what it is told. Usage: orders_side.py writer|sockets port

Says `{"ready": true, "tree": <its folder>}`, then answers each line of stdin with a line of JSON, and ends with stdin:

    writer <seed>    one round of the group commit alone       -> {"orders_per_s": …, "cpu_us": …}
    sockets <rate>   clicks through workers and real sockets   -> {"p50_ms": …, "p99_ms": …, "cpu_us": …, "other_answers": {…}}

`cpu_us` is Python's processor time for each order, without PostgreSQL's: this process', or that of all workers with the viewers'
joining. It depends less than the others on what else runs on the machine.

It runs inside the tree that it measures, with that tree's own `app` and `benchmarks`. A tree that has no such file yet is measured
by running this one there, so it uses nothing of `benchmarks` that commit 8982c5f does not have as well.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from time import process_time
from typing import TextIO

import uvloop

from app.infra.database import open_database
from app.infra.serving import calm_garbage_collection
from app.settings import PROJECT_ROOT
from benchmarks.load.machine import cores, cpu_seconds
from benchmarks.load.service import Plan, running_service
from benchmarks.orders_market import server_folder, wanted_orders
from benchmarks.orders_service import _WORKER_SETTINGS, _ServiceBench, _url
from benchmarks.orders_writer import grouped_per_second
from benchmarks.orders_writer_rounds import GROUPED_ORDERS, WriterBench, durability_of

try:
    from app.local_servers.embedded_postgres import EmbeddedPostgres
    from app.local_servers.embedded_redis import EmbeddedRedis
except ImportError:  # where 8982c5f has them
    from app.infra.embedded_postgres import EmbeddedPostgres  # type: ignore[import-not-found, no-redef]
    from app.infra.embedded_redis import EmbeddedRedis  # type: ignore[import-not-found, no-redef]

Answer = dict[str, object]
_WARM_UP_ORDERS = 2_000
_WARM_UP_RATE = 500


class _Writer(WriterBench):
    """The group commit on a fresh copy of one prepared database each time."""

    async def serve(self, lines: Lines) -> None:
        hot = await self._prepare()

        async def one_round(seed: int, *, orders: int = GROUPED_ORDERS) -> Answer:
            async with self._copy_of_template() as database:
                await durability_of(database)
                wanted = wanted_orders(hot, orders, seed=seed)
                before = process_time()
                per_second = await grouped_per_second(database, wanted)
                return {"orders_per_s": per_second, "cpu_us": (process_time() - before) * 1e6 / orders}

        await one_round(0, orders=_WARM_UP_ORDERS)
        await lines.serve("writer", one_round)


async def _serve_sockets(port: int, lines: Lines) -> None:
    # Clicks come from one more process on these cores, so a worker per core is what a machine of its own would have.
    plan = Plan(port, max(1, len(cores())), worker_settings=_WORKER_SETTINGS)
    async with running_service(plan) as service, open_database(_url(service), service.settings.database) as database:
        await durability_of(database)
        bench = _ServiceBench(service, database, port)

        async def clicks(rate: int) -> Answer:
            before = cpu_seconds(service.pids)
            latencies, others = await bench.open_loop(rate)
            cpu_us = (cpu_seconds(service.pids) - before) * 1e6 / max(1, latencies.answered)
            return asdict(latencies) | {"cpu_us": cpu_us, "other_answers": dict(others)}

        await bench.open_loop(_WARM_UP_RATE)
        await lines.serve("sockets", clicks)


class Lines:
    """Questions on stdin, answers on what was stdout; whatever else writes to stdout writes to stderr from now on."""

    def __init__(self) -> None:
        self._answers: TextIO = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    async def serve(self, word: str, measure: Callable[[int], Awaitable[Answer]]) -> None:
        """Say that all is ready, then answer until stdin ends. Raises `ValueError` for a question that is none."""
        self._say({"ready": True, "tree": str(PROJECT_ROOT)})
        while line := await asyncio.to_thread(sys.stdin.readline):
            asked, _, number = line.strip().partition(" ")
            if asked != word:
                raise ValueError(f"{line.strip()!r} is not `{word} <number>`")
            self._say(await measure(int(number)))

    def _say(self, answer: Answer) -> None:
        self._answers.write(json.dumps(answer) + "\n")
        self._answers.flush()


def main() -> None:
    stage, port = sys.argv[1], int(sys.argv[2])
    lines = Lines()
    # As a worker does when it starts.
    calm_garbage_collection()
    if stage == "sockets":
        uvloop.run(_serve_sockets(port, lines))
        return
    with server_folder() as folder:
        postgres, redis = EmbeddedPostgres(folder), EmbeddedRedis(folder)
        try:
            postgres.start()
            redis.start()
            uvloop.run(_Writer(postgres, redis.url).serve(lines))
        finally:
            redis.stop()
            postgres.stop()


if __name__ == "__main__":
    main()
