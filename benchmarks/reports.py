"""`make bench-reports`: one session with many orders, then a huge event and a programme of 200 sessions; readers of everything that reports say,
orders beside them and alone."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import timedelta
from statistics import median
from typing import Any
from uuid import UUID, uuid4

import httpx2
import psutil

from app.accounts.access import LOGIN_COOKIE
from app.accounts.service import AccountService, NewUser, SignedIn
from app.infra.clock import processor_seconds, to_ms, utc_now
from app.infra.database import Database, open_database
from app.infra.redis_client import open_redis
from app.infra.serving import calm_garbage_collection, listening_socket, make_server
from app.infra.tasks import TaskOwner
from app.ledger.chain import Entry, EntryLine, body_of, chain
from app.main import create_app, services_of
from app.programmes.summing import Sums
from app.protocol.client_commands import OrderContent
from app.reports.jobs import KEPT_TAIL
from app.reports.summaries import Summaries
from app.settings import PROJECT_ROOT, Settings, child_environment
from app.wiring import Services
from benchmarks.load.build import BENCH_FOLDER
from benchmarks.load.service import Plan, RunningService, running_service
from benchmarks.orders_market import phone_of
from benchmarks.reports_event import Filled, Size
from benchmarks.reports_event import fill as fill_event
from benchmarks.sheet import Sheet, console, this_machine, write_markdown

READERS = 3
SECONDS = 8.0
ORDERS_PER_SECOND = 50
_PRICE_VND = 100_000
_ROWS_PER_COPY = 10_000
_TABLES = {
    "ledger_entries": ("session_id", "seq", "kind", "order_id", "happened_at", "amount_vnd", "units", "body", "hash"),
    "orders": (
        *("id", "session_id", "seq", "device_id", "client_key", "request_digest", "phone_digest"),
        *("payment", "total_vnd", "placed_at", "due_at"),
    ),
    "order_lines": ("order_id", "line_number", "offer_id", "device_id", "phone_digest", "quantity", "unit_price_vnd"),
}


async def fill(database: Database, session_id: UUID, offer_id: UUID, count: int) -> None:
    """Orders with their lines and a valid chain of entries, by COPY."""
    offer = await database.pool.fetchrow("SELECT product_id, producer_id FROM offers WHERE id = $1", offer_id)
    head = await database.pool.fetchrow("SELECT last_seq, last_hash FROM ledgers WHERE session_id = $1", session_id)
    assert offer is not None and head is not None  # noqa: S101, PT018 - the service has opened the offer
    line = EntryLine(offer_id, offer["product_id"], offer["producer_id"], 1, _PRICE_VND)
    seq, previous, now = head["last_seq"], head["last_hash"], utc_now()
    for start in range(0, count, _ROWS_PER_COPY):
        rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in _TABLES}
        for number in range(start, min(count, start + _ROWS_PER_COPY)):
            seq, order_id, device_id = seq + 1, uuid4(), uuid4()
            placed_at = now - timedelta(milliseconds=72 * (count - number))
            entry = Entry(session_id, seq, "placed", order_id, f"buyer {number}", to_ms(placed_at) or 0, (line,))
            body = body_of(entry)
            previous, digest = chain(previous, body), number.to_bytes(16)
            rows["ledger_entries"].append((session_id, seq, "placed", order_id, placed_at, _PRICE_VND, 1, body, previous))
            due_at = now + timedelta(hours=72)
            rows["orders"].append((order_id, session_id, seq, device_id, uuid4(), digest, digest, "cod", _PRICE_VND, placed_at, due_at))
            rows["order_lines"].append((order_id, 1, offer_id, device_id, digest, 1, _PRICE_VND))
        async with database.pool.acquire() as db, db.transaction():
            for name, columns in _TABLES.items():
                await db.copy_records_to_table(name, records=rows[name], columns=columns)
            await db.execute("UPDATE ledgers SET last_seq = $2, last_hash = $3 WHERE session_id = $1", session_id, seq, previous)
            await db.execute("UPDATE offers SET remaining = remaining - $2 WHERE id = $1", offer_id, len(rows["orders"]))
    await database.pool.execute("ANALYZE ledger_entries, orders, order_lines")


class Loop:
    """How long the event loop was held: by the clock, which also counts what else the machine does, and by this thread's processor time."""

    def __init__(self) -> None:
        self.wall = self.processor = 0.0

    async def watch(self) -> None:
        while True:
            wall, processor = time.perf_counter(), processor_seconds()
            await asyncio.sleep(0.001)
            self.wall = max(self.wall, time.perf_counter() - wall - 0.001)
            self.processor = max(self.processor, processor_seconds() - processor)


async def place_orders(services: Services, session_id: UUID, offer_id: UUID, first: int) -> list[float]:
    """Orders at planned moments; seconds from the plan to the receipt."""
    took: list[float] = []
    began, tasks = time.perf_counter(), TaskOwner("orders")

    async def place(number: int, planned: float) -> None:
        buyer = {"name": "Nguyễn Thị Lan", "phone": phone_of(number), "note": ""}
        address = {"province_code": 42, "ward_code": 18547, "street": "12 Phan Đình Phùng"}
        lines = [{"offer_id": offer_id, "quantity": 1}]
        content = OrderContent.model_validate({"key": uuid4(), "lines": lines, "buyer": buyer | {"address": address}})
        await services.placing.place(uuid4(), session_id, content)
        took.append(time.perf_counter() - planned)

    running = []
    for number in range(int(SECONDS * ORDERS_PER_SECOND)):
        planned = began + number / ORDERS_PER_SECOND
        await asyncio.sleep(max(0.0, planned - time.perf_counter()))
        running.append(tasks.start("place", place(first + number, planned)))
    await asyncio.gather(*running)
    return took


async def read_for(base: str, cookie: str, paths: list[str], seconds: float = SECONDS) -> dict[str, list[float]]:
    """What a process of readers does: all paths in turn, by several at once. Seconds of each request."""
    took: dict[str, list[float]] = {path: [] for path in paths}
    ends = time.perf_counter() + seconds

    async def reader() -> None:
        async with httpx2.AsyncClient(base_url=base, headers={"cookie": cookie}, timeout=30, verify=False) as client:
            while time.perf_counter() < ends:
                for path in paths:
                    before = time.perf_counter()
                    (await client.get(path)).raise_for_status()
                    took[path].append(time.perf_counter() - before)

    await asyncio.gather(*(reader() for _ in range(READERS)))
    return took


async def readers_beside(settings: Settings, cookie: str, paths: list[str], *, seconds: float = SECONDS) -> dict[str, list[float]]:
    command = [sys.executable, "-m", "benchmarks.reports", "--reader"]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, cwd=PROJECT_ROOT)
    question = {"base": f"http://127.0.0.1:{settings.port}", "cookie": cookie, "paths": paths, "seconds": seconds}
    answer, _ = await process.communicate(json.dumps(question).encode())
    found: dict[str, list[float]] = json.loads(answer)
    return found


@asynccontextmanager
async def worker_here(settings: Settings) -> AsyncIterator[Services]:
    """A worker in this process, so that its event loop can be watched."""
    app = create_app(settings)
    server = make_server(app, settings)
    tasks = TaskOwner("bench")
    serving = tasks.start("serve", server.serve(sockets=[listening_socket(settings.host, settings.port)]))
    while not server.started:  # noqa: ASYNC110 - looked at from outside
        await asyncio.sleep(0.05)
    yield services_of(app)
    server.should_exit = True
    await serving


@asynccontextmanager
async def jobs_process(settings: Settings) -> AsyncIterator[psutil.Process]:
    assert settings.database_url and settings.redis_url and settings.secret_key  # noqa: S101, PT018 - filled in
    environment = {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "REDIS_URL": settings.redis_url.get_secret_value(),
        "OCOP_SECRET_KEY": settings.secret_key.get_secret_value(),
        "OCOP_LOG_LEVEL": "warning",
    }
    command = [sys.executable, "-m", "app.cli", "jobs"]
    process = await asyncio.create_subprocess_exec(*command, env=child_environment(environment), cwd=PROJECT_ROOT)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        await process.wait()


async def measure(service: RunningService, database: Database, count: int) -> list[Sheet]:
    settings, session_id, offer_id = service.settings, service.session_id, service.offer_ids[0]
    before = time.perf_counter()
    await fill(database, session_id, offer_id, count)
    console.print(f"{count:,} orders written in {time.perf_counter() - before:.1f} s")
    async with jobs_process(settings) as jobs, worker_here(settings) as services:
        before, summaries = time.perf_counter(), Summaries(database)
        while await summaries.behind(tail=KEPT_TAIL, limit=1):  # noqa: ASYNC110 - looked at from outside
            await asyncio.sleep(0.2)
        built = time.perf_counter() - before
        console.print(f"Stored folds after {built:.1f} s")
        await place_orders(services, session_id, offer_id, 0)
        while await services.metrics.projected_seq(session_id) < count:  # noqa: ASYNC110 - looked at from outside
            await asyncio.sleep(0.2)
        signed_in = await sign_in(database, settings, session_id)
        user, cookie = signed_in.user, f"{LOGIN_COOKIE}={signed_in.token}"
        loop, tasks = Loop(), TaskOwner("watch")
        tasks.spawn("loop", loop.watch())
        loop.wall = loop.processor = 0.0
        alone = await place_orders(services, session_id, offer_id, 10_000)
        quiet = (loop.wall, loop.processor)
        loop.wall = loop.processor = 0.0
        path = f"/api/v1/sessions/{session_id}"
        live = [f"{path}/report", f"{path}/report/minutes.csv", f"{path}/report/products.csv"]
        took, beside = await asyncio.gather(readers_beside(settings, cookie, live), place_orders(services, session_id, offer_id, 20_000))
        read = (loop.wall, loop.processor)
        await database.pool.execute("UPDATE sessions SET state = 'closed', ended_at = now(), closed_at = now() WHERE id = $1", session_id)
        before = time.perf_counter()
        await services.closing.statement(user, session_id)
        signed = time.perf_counter() - before
        took |= await readers_beside(settings, cookie, [f"{path}/statement"])
        before, most, job = time.perf_counter(), 0, await services.closing.start_export(user, session_id)
        while job.state in {"waiting", "running"}:
            await asyncio.sleep(0.1)
            most = max(most, jobs.memory_info().rss)
            job = await services.closing.job(user, job.id)
        exported = time.perf_counter() - before
        await tasks.close()
    requests = [[name.removeprefix(path), str(len(each)), ms(median(each)), ms(max(each))] for name, each in took.items()]
    others = [
        ["orders alone", str(len(alone)), ms(median(alone)), ms(max(alone))],
        ["orders beside three readers", str(len(beside)), ms(median(beside)), ms(max(beside))],
    ]
    return [
        Sheet(
            f"{count:,} orders: {READERS} readers, {ORDERS_PER_SECOND} orders/s", ("", "count", "median ms", "most ms"), requests + others
        ),
        Sheet(
            "The worker's event loop, longest hold",
            ("", "by the clock ms", "by its processor time ms"),
            [["orders alone", ms(quiet[0]), ms(quiet[1])], ["beside three readers", ms(read[0]), ms(read[1])]],
        ),
        Sheet(
            "Apart from requests",
            ("", "s", "MB"),
            [
                ["stored folds built from nothing", f"{built:.1f}", ""],
                ["statement signed", f"{signed:.2f}", ""],
                [
                    f"export by `ocop jobs` ({job.state})",
                    f"{exported:.1f}",
                    f"{most / 1e6:.0f} held, {(job.file_bytes or 0) / 1e6:.0f} written",
                ],
            ],
        ),
    ]


# What is asked of the event and of the programme of 200 sessions.
PAGE_MS, XLSX_SECONDS, XLSX_MEGABYTES = 1_000, 30, 300


async def measure_event(service: RunningService, database: Database, size: Size) -> tuple[list[Sheet], dict[str, object]]:
    """Pages of the event and of its programme, each request once per round by three readers, while orders come in; and the whole XLSX."""
    settings, beside, offer_id = service.settings, service.session_id, service.offer_ids[0]
    assert settings.redis_url is not None  # noqa: S101 - filled in
    before = time.perf_counter()
    async with open_redis(settings.redis_url.get_secret_value()) as redis:
        filled = await fill_event(database, redis, beside, size)
    console.print(f"Event and programme, {filled.entries:,} entries, written in {time.perf_counter() - before:.1f} s")
    async with jobs_process(settings) as jobs, worker_here(settings) as services:
        before, summaries, sums = time.perf_counter(), Summaries(database), Sums(database)
        while await summaries.behind(tail=KEPT_TAIL, limit=1) or await sums.behind(limit=1):  # noqa: ASYNC110 - looked at from outside
            await asyncio.sleep(0.2)
        summed = time.perf_counter() - before
        console.print(f"Stored folds and sums after {summed:.1f} s")
        cookie = f"{LOGIN_COOKIE}={(await sign_in(database, settings, beside)).token}"
        paths = pages_of(filled)
        await readers_beside(settings, cookie, list(paths.values()), seconds=1)
        alone = await place_orders(services, beside, offer_id, 40_000)
        took, during = await asyncio.gather(
            readers_beside(settings, cookie, list(paths.values()), seconds=SECONDS), place_orders(services, beside, offer_id, 50_000)
        )
        console.print("Pages read; now the whole workbook")
        seconds, held, job = await whole_workbook(settings, cookie, filled.event_id, jobs)
    rows = {name: took[path] for name, path in paths.items()}
    sheets = [
        Sheet(
            f"{size.orders:,} orders, {size.comments:,} comments, {size.sessions} sessions: {READERS} readers, {ORDERS_PER_SECOND} orders/s",
            ("", "count", "median ms", "most ms"),
            [
                *([name, str(len(each)), ms(median(each)), ms(max(each))] for name, each in rows.items() if each),
                ["orders alone", str(len(alone)), ms(median(alone)), ms(max(alone))],
                ["orders beside the readers", str(len(during)), ms(median(during)), ms(max(during))],
            ],
        ),
        Sheet(
            "Apart from requests",
            ("", "s", "MB"),
            [
                ["stored folds and sums of all sessions", f"{summed:.1f}", ""],
                [f"whole XLSX ({job['state']})", f"{seconds:.1f}", f"{held / 1e6:.0f} held, {(job['file_bytes'] or 0) / 1e6:.0f} written"],
            ],
        ),
    ]
    slowest = max((max(each) for each in rows.values() if each), default=0.0)
    return sheets, {
        "size": asdict(size),
        "pages_ms": {
            name: {"count": len(each), "median": median(each) * 1e3, "most": max(each) * 1e3} for name, each in rows.items() if each
        },
        "orders_ms": {
            name: {"median": median(each) * 1e3, "most": max(each) * 1e3} for name, each in (("alone", alone), ("beside", during))
        },
        "sums_seconds": summed,
        "xlsx": {"seconds": seconds, "held_bytes": held, "state": job["state"], "file_bytes": job["file_bytes"]},
        "goals": {
            "pages": slowest * 1e3 < PAGE_MS,
            "xlsx": job["state"] == "done" and seconds < XLSX_SECONDS and held < XLSX_MEGABYTES * 1e6,
        },
    }


def pages_of(filled: Filled) -> dict[str, str]:
    """Every page of reports and what it reads, by a name for the table."""
    event, programme = f"/api/v1/sessions/{filled.event_id}", f"/api/v1/programmes/{filled.programme_id}"
    compared = "&".join(f"session={each}" for each in filled.session_ids[:8])
    return {
        "page: reports": "/organiser",
        "page: report of the event": f"/organiser/{filled.event_id}",
        "page: programme": f"/organiser/programmes/{filled.programme_id}",
        "page: compare": f"/organiser/compare?{compared}",
        "report of the event": f"{event}/report",
        "its minutes as CSV": f"{event}/report/minutes.csv",
        "programmes": "/api/v1/programmes",
        "programme": programme,
        "its sessions, 200 rows": f"{programme}/sessions?limit=200",
        "league of communes": f"{programme}/leagues/commune",
        "league of units": f"{programme}/leagues/unit",
        "league of producers": f"{programme}/leagues/producer",
        "eight sessions side by side": f"/api/v1/comparison?{compared}",
    }


async def whole_workbook(settings: Settings, cookie: str, session_id: UUID, jobs: psutil.Process) -> tuple[float, int, dict[str, Any]]:
    """Report, orders and comments as one XLSX: seconds until it is there, most memory of the process of jobs and its children, the job."""
    before, most = time.perf_counter(), 0
    async with httpx2.AsyncClient(
        base_url=f"http://127.0.0.1:{settings.port}", headers={"cookie": cookie}, timeout=30, verify=False
    ) as client:
        wanted = {"format": "xlsx", "content": ["report", "orders", "comments"], "language": "vi"}
        answer = await client.post(f"/api/v1/sessions/{session_id}/table-exports", json=wanted)
        job: dict[str, Any] = answer.raise_for_status().json()
        while job["state"] in {"waiting", "running"}:
            await asyncio.sleep(0.2)
            most = max(most, sum(each.memory_info().rss for each in (jobs, *jobs.children(recursive=True)) if each.is_running()))
            job = (await client.get(f"/api/v1/jobs/{job['id']}")).raise_for_status().json()
    return time.perf_counter() - before, most, job


async def sign_in(database: Database, settings: Settings, session_id: UUID) -> SignedIn:
    assert settings.redis_url is not None  # noqa: S101 - filled in
    organisation_id = await database.pool.fetchval("SELECT organisation_id FROM sessions WHERE id = $1", session_id)
    async with open_redis(settings.redis_url.get_secret_value()) as redis:
        accounts = AccountService(database, redis, redis_prefix=settings.redis_prefix)
        new = NewUser(login=f"bench-{uuid4().hex[:12]}", display_name="Đo tải", role="organiser", password=uuid4().hex)
        await accounts.create_user(organisation_id, new)
        return await accounts.sign_in(new.login, new.password, address="127.0.0.1")


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"


async def bench(count: int, port: int, size: Size) -> None:
    machine = this_machine()
    async with running_service(Plan(port, 0)) as service:
        assert service.settings.database_url is not None  # noqa: S101 - filled in
        async with open_database(service.settings.database_url.get_secret_value(), service.settings.database) as database:
            sheets = await measure(service, database, count) if count else []
            await database.pool.execute(
                "UPDATE sessions SET state = 'live', ended_at = NULL, closed_at = NULL WHERE id = $1", service.session_id
            )
            of_event, found = await measure_event(service, database, size)
            sheets += of_event
    for sheet in sheets:
        console.print(sheet.as_table())
    (BENCH_FOLDER / "reports.json").write_text(json.dumps(found | {"machine": machine.sentence(utc_now())}, indent=2), encoding="utf-8")
    console.print(f"Written to {write_markdown('reports', machine.sentence(utc_now()), sheets, ())} and reports.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=100_000, help="orders of the session")
    parser.add_argument("--event-orders", type=int, default=Size().orders, help="orders of the event")
    parser.add_argument("--comments", type=int, default=Size().comments, help="comments of the event")
    parser.add_argument("--sessions", type=int, default=Size().sessions, help="sessions of the programme")
    parser.add_argument("--port", type=int, default=18_300)
    parser.add_argument("--reader", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.reader:
        asked = json.loads(sys.stdin.read())
        print(json.dumps(asyncio.run(read_for(**asked))))  # noqa: T201 - the answer
        return
    calm_garbage_collection()
    size = Size(orders=chosen.event_orders, comments=chosen.comments, sessions=chosen.sessions)
    asyncio.run(bench(chosen.n, chosen.port, size))


if __name__ == "__main__":
    main()
