"""`make bench-orders`: durable orders on one hot offer, the writer alone and through the whole service. Three minutes."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict

import uvloop
from rich.console import Console
from rich.table import Table

from app.infra.clock import utc_now
from app.infra.serving import calm_garbage_collection
from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.local_servers.embedded_redis import EmbeddedRedis
from benchmarks.load.build import BENCH_FOLDER
from benchmarks.load.machine import cores, processor_name
from benchmarks.orders_market import server_folder
from benchmarks.orders_service import ServiceFigures, measure_service
from benchmarks.orders_writer import Latencies
from benchmarks.orders_writer_rounds import WriterBench, WriterFigures

_DEFAULT_PORT = 18_650
_BARS = {"ratio_to_single": 20.0, "ratio_to_copy": 0.45, "p99_at_2000": 300.0}
# A file or a pipe has no width; the table then gets what it needs.
console = Console(width=None if sys.stdout.isatty() else 140)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=_DEFAULT_PORT)
    wanted = parser.parse_args()
    # As a worker does when it starts.
    calm_garbage_collection()
    writer = measure_writer()
    # The benchmark itself is one more process on these cores, so a worker per core is what a machine of its own would have.
    service = uvloop.run(measure_service(wanted.port, workers=max(1, len(cores()))))
    write_json(writer, service)
    print_tables(writer, service)


def measure_writer() -> WriterFigures:
    with server_folder() as folder:
        postgres, redis = EmbeddedPostgres(folder), EmbeddedRedis(folder)
        try:
            postgres.start()
            redis.start()
            return uvloop.run(WriterBench(postgres, redis.url).run())
        finally:
            redis.stop()
            postgres.stop()


def write_json(writer: WriterFigures, service: ServiceFigures) -> None:
    """build/bench/orders.json."""
    document = {
        "measured_at": utc_now().isoformat(timespec="seconds"),
        "machine": {"processor": processor_name(), "cores": len(cores()), "kernel": platform.release(), "load_before": os.getloadavg()[2]},
        "fsync": writer.fsync,
        "synchronous_commit": writer.synchronous_commit,
        "orders_per_s": round(writer.orders_per_s),
        "single_orders_per_s": round(writer.single_per_s),
        "copy_orders_per_s": round(writer.copy_per_s),
        "ratio_to_single": round(writer.ratio_to_single, 2),
        "ratio_to_copy": round(writer.ratio_to_copy, 3),
        "open_loop_writer": [asdict(each) for each in writer.open_loop],
        "open_loop": [asdict(each) for each in service.open_loop],
        "open_loop_other_answers": service.refused,
        "burst": asdict(service.burst),
    }
    BENCH_FOLDER.mkdir(parents=True, exist_ok=True)
    (BENCH_FOLDER / "orders.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def print_tables(writer: WriterFigures, service: ServiceFigures) -> None:
    console.print(
        f"\nOne hot offer, PostgreSQL with fsync={writer.fsync} and synchronous_commit={writer.synchronous_commit}, "
        f"{processor_name()}, {len(cores())} cores, {utc_now():%d %b %Y}\n"
    )
    console.print(_throughput(writer))
    console.print(_open_loop("Open loop, the writer alone", writer.open_loop))
    console.print(_open_loop("Open loop, through sockets and workers", service.open_loop))
    burst = service.burst
    answers = ", ".join(f"{count:,} {code}" for code, count in sorted(burst.codes.items()))
    console.print(
        f"Burst: {burst.clicks:,} clicks on {burst.units:,} units, sent within {burst.sent_within_s:.1f} s, "
        f"last answer after {burst.last_answer_s:.1f} s: {answers}. Sold by the ledger: {burst.sold:,}.\n"
    )
    console.print(f"Written to {BENCH_FOLDER / 'orders.json'}")


def _throughput(writer: WriterFigures) -> Table:
    table = Table(title="Orders per second, medians of equal rounds")
    for heading in ("", "orders/s", "group commit against it", "bar"):
        table.add_column(heading, justify="left" if not heading else "right")
    table.add_row("group commit, one writer", f"{writer.orders_per_s:,.0f}", "", "")
    bar = _BARS["ratio_to_single"]
    table.add_row(
        "one transaction per order, 20 connections", f"{writer.single_per_s:,.0f}", f"{writer.ratio_to_single:.1f} x", f"≥ {bar:g} x"
    )
    bar = _BARS["ratio_to_copy"]
    table.add_row("bare COPY of the same rows, 1,000 a batch", f"{writer.copy_per_s:,.0f}", f"{writer.ratio_to_copy:.2f} x", f"≥ {bar:g} x")
    return table


def _open_loop(title: str, rows: Sequence[Latencies]) -> Table:
    table = Table(title=title)
    for heading in ("orders/s", "p50 ms", "p99 ms", "max ms", "answered", "bar"):
        table.add_column(heading, justify="right")
    for each in rows:
        bar = f"p99 ≤ {_BARS['p99_at_2000']:g} ms" if each.rate == 2_000 else ""
        table.add_row(f"{each.rate:,}", f"{each.p50_ms:.1f}", f"{each.p99_ms:.1f}", f"{each.max_ms:.1f}", f"{each.answered:,}", bar)
    return table


if __name__ == "__main__":
    main()
