"""Puts together what runs beside the workers: `ocop jobs`, heavy work of every package; `ocop order-writer`, the orders of all workers."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

from app.exports.programme_work import ProgrammeExportWork
from app.exports.work import ExportWork
from app.infra.database import open_database
from app.infra.job_lock import JobLock
from app.infra.job_runner import JobRunner
from app.infra.key_ring import key_ring_of
from app.infra.redis_client import open_redis
from app.infra.startup import StartupError
from app.infra.telemetry import configure_logging
from app.infra.tracing import tracing
from app.ledger.projector import Projector
from app.ledger.rebuilding import KIND as PROJECTION
from app.ledger.rebuilding import RebuildingWork
from app.metrics.service import MetricsService
from app.orders.node_writer import NodeWriter
from app.programmes.household import sums_keeper
from app.programmes.reading import ProgrammeReading
from app.programmes.whole import WholeProgrammes
from app.reports.heavy_work import HeavyWork
from app.reports.jobs import KEPT_TAIL, SummaryKeeper
from app.reports.service import ReportService
from app.reports.signing import Signer
from app.reports.summaries import Summaries
from app.settings import Settings


async def work_on_jobs(settings: Settings) -> None:
    """Heavy work, and stored folds and sums near the ends of their ledgers, until cancelled: `ocop jobs`, apart from all sockets and orders."""
    if settings.database_url is None or settings.redis_url is None or settings.secret_key is None:
        raise StartupError("`ocop jobs` needs DATABASE_URL, REDIS_URL and OCOP_SECRET_KEY. `ocop run` sets them for it.")
    configure_logging(form=settings.log_format, level=settings.log_level)
    node = f"{settings.node_name or socket.gethostname()}-jobs-{os.getpid()}"
    async with (
        tracing(settings, "jobs"),
        open_database(settings.database_url.get_secret_value(), settings.database) as database,
        open_redis(settings.redis_url.get_secret_value()) as redis,
    ):
        summaries, lock = Summaries(database), JobLock(redis, settings.redis_prefix, node)
        keepers = (SummaryKeeper(summaries, lock, tail=KEPT_TAIL), sums_keeper(database, lock))
        for keeper in keepers:
            keeper.start()
        work = HeavyWork(database, Signer(key_ring_of(settings)), summaries)
        metrics = MetricsService(database, redis, settings.redis_prefix, node_count_ttl_seconds=settings.realtime.node_count_ttl_seconds)
        rebuilding = RebuildingWork(Projector(database, metrics))
        exports = ExportWork(database, ReportService(database, metrics))
        programmes = WholeProgrammes(database, ProgrammeReading(database, metrics.count_together))
        of_programmes = ProgrammeExportWork(database, programmes)
        try:
            by_kind = {**work.by_kind(), **exports.by_kind(), **of_programmes.by_kind(), PROJECTION: rebuilding.rebuild}
            await JobRunner(database.pool, by_kind, name=node).run()
        finally:
            for keeper in keepers:
                await keeper.close()


async def write_orders(settings: Settings) -> None:
    """Commit orders for the workers of this machine until cancelled: `ocop order-writer`. Needs nothing but PostgreSQL."""
    path = settings.orders.writer_socket
    if settings.database_url is None or not path:
        raise StartupError("`ocop order-writer` needs DATABASE_URL and OCOP_ORDERS__WRITER_SOCKET. `ocop run` sets them for it.")
    configure_logging(form=settings.log_format, level=settings.log_level)
    async with tracing(settings, "order-writer"), open_database(settings.database_url.get_secret_value(), settings.database) as database:
        writer = NodeWriter(database.placing, settings.orders)
        try:
            await writer.start(Path(path))
            await asyncio.Event().wait()
        except OSError as error:
            raise StartupError(f"The order writer cannot listen on {path} ({error.strerror or error}).") from error
        finally:
            await writer.close()
