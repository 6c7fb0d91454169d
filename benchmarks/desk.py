"""`make bench-desk`: many orders on the desk, colleagues who call and search, while orders come in; how long the queue's operations take."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE
from collections import defaultdict
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx2

from app.accounts.access import LOGIN_COOKIE
from app.infra.clock import to_ms, utc_now
from app.infra.database import Database, open_database
from app.infra.key_ring import key_ring_of
from app.infra.sealing import Envelopes
from app.infra.serving import calm_garbage_collection
from app.infra.tasks import TaskOwner
from app.ledger.chain import Entry, EntryLine, body_of, chain
from app.orders.contacts import Contact, Pseudonyms, seal_contact
from app.protocol.client_commands import OrderContent
from app.settings import PROJECT_ROOT, Settings
from app.wiring import Services
from benchmarks.load.build import BENCH_FOLDER
from benchmarks.load.service import Plan, RunningService, running_service
from benchmarks.orders_market import phone_of
from benchmarks.reports import sign_in, worker_here
from benchmarks.sheet import Sheet, console, this_machine, write_markdown

COLLEAGUES = 10
SECONDS = 20.0
ORDERS_PER_SECOND = 500
# Between two outcomes of one colleague; a call takes far longer.
PAUSE_SECONDS = 1.0
P95_MOST_MS = 150.0
_PRICE_VND = 100_000
_AT_ONCE = 5_000
_FOLLOW_SECONDS = 600.0
_TABLES = {
    "ledger_entries": ("session_id", "seq", "kind", "order_id", "happened_at", "amount_vnd", "units", "body", "hash"),
    "orders": (
        *("id", "session_id", "seq", "device_id", "client_key", "request_digest", "phone_digest"),
        *("payment", "total_vnd", "placed_at", "due_at"),
    ),
    "order_lines": ("order_id", "line_number", "offer_id", "device_id", "phone_digest", "quantity", "unit_price_vnd"),
    "order_contacts": ("order_id", "key_id", "wrapped_key", "sealed", "phone_digest"),
}


async def fill(database: Database, settings: Settings, session_id: UUID, offer_id: UUID, count: int) -> None:
    """Orders with contacts and a valid chain of entries, by COPY: of ten, six are to be called, three agreed, one cancelled."""
    offer = await database.pool.fetchrow("SELECT product_id, producer_id FROM offers WHERE id = $1", offer_id)
    head = await database.pool.fetchrow("SELECT last_seq, last_hash FROM ledgers WHERE session_id = $1", session_id)
    assert offer is not None and head is not None  # noqa: S101, PT018 - the service has opened the offer
    line = EntryLine(offer_id, offer["product_id"], offer["producer_id"], 1, _PRICE_VND)
    ring = key_ring_of(settings)
    envelopes, pseudonyms = Envelopes(ring), Pseudonyms(ring)
    seq, previous, now = head["last_seq"], head["last_hash"], utc_now()
    for start in range(0, count, _AT_ONCE):
        rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in _TABLES}
        for number in range(start, min(count, start + _AT_ONCE)):
            order_id, device_id = uuid4(), uuid4()
            placed_at = now - timedelta(milliseconds=72 * (count - number))
            phone = f"+84{phone_of(number % 50_000)[1:]}"
            digest = pseudonyms.phone_digest(phone)
            placed_seq = seq + 1
            kinds = ("placed", *({9: ("cancelled",)}.get(number % 10, ("confirmed",) if number % 10 >= 6 else ())))
            for kind in kinds:
                seq += 1
                entry = Entry(session_id, seq, kind, order_id, f"buyer {number}", to_ms(placed_at) or 0, (line,))
                body = body_of(entry)
                previous = chain(previous, body)
                rows["ledger_entries"].append((session_id, seq, kind, order_id, placed_at, _PRICE_VND, 1, body, previous))
            key = uuid4()
            rows["orders"].append(
                (order_id, session_id, placed_seq, device_id, key, digest, digest, "cod", _PRICE_VND, placed_at, now + timedelta(hours=72))
            )
            rows["order_lines"].append((order_id, 1, offer_id, device_id, digest, 1, _PRICE_VND))
            contact = Contact(f"Nguyễn Thị Lan {number % 997}", phone, 42, "Tỉnh Hà Tĩnh", 18547, "Xã Phúc Trạch", "Xóm 5", "")
            sealed = seal_contact(envelopes.new_key(), order_id, contact)
            rows["order_contacts"].append((order_id, sealed.key_id, sealed.wrapped_key, sealed.sealed, digest))
        async with database.pool.acquire() as db, db.transaction():
            for name, columns in _TABLES.items():
                await db.copy_records_to_table(name, records=rows[name], columns=columns)
            await db.execute("UPDATE ledgers SET last_seq = $2, last_hash = $3 WHERE session_id = $1", session_id, seq, previous)
            await db.execute("UPDATE offers SET remaining = remaining - $2 WHERE id = $1", offer_id, len(rows["orders"]))
    await database.pool.execute("ANALYZE ledger_entries, orders, order_lines, order_contacts")


async def follow(database: Database, count: int) -> float:
    """Wait until all of them are on the desk; seconds."""
    began = time.perf_counter()
    async with asyncio.timeout(_FOLLOW_SECONDS):
        while await database.pool.fetchval("SELECT count(*) FROM desk_orders") < count:  # noqa: ASYNC110 - looked at from outside
            await asyncio.sleep(0.5)
    await database.pool.execute("VACUUM ANALYZE desk_orders")
    return time.perf_counter() - began


async def figures_follow(services: Services, database: Database, session_id: UUID) -> None:
    head = await database.pool.fetchval("SELECT last_seq FROM ledgers WHERE session_id = $1", session_id)
    async with asyncio.timeout(_FOLLOW_SECONDS):
        while await services.metrics.projected_seq(session_id) < head:  # noqa: ASYNC110 - looked at from outside
            await asyncio.sleep(0.5)


class Colleague:
    """Somebody at the desk: takes the next order, says what came of the call, looks at the queues, sometimes searches or takes back."""

    def __init__(self, client: httpx2.AsyncClient, number: int, took: dict[str, list[float]]) -> None:
        self._client = client
        self._random = Random(number)  # noqa: S311 - no secret
        self._took = took

    async def work_until(self, ends: float) -> None:
        while time.perf_counter() < ends:
            taken = await self._asks("next", "POST", "/api/v1/desk/next", {"queue": "first"})
            if taken["order"] is None:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            order = taken["order"]
            path = f"/api/v1/sessions/{order['session_id']}/orders/{order['order_id']}"
            await self._asks("order", "GET", path)
            await self._asks("hold", "PUT", f"{path}/hold", {"take_over": False})
            await self._asks("buyer", "GET", f"{path}/buyer")
            await self._asks("counts", "GET", "/api/v1/desk/queues")
            await self._asks("page", "GET", "/api/v1/desk/orders?queue=first")
            outcome = self._random.choice(("agreed", "agreed", "no_answer", "refused"))
            work = await self._asks("call", "POST", f"{path}/calls", {"outcome": outcome})
            if self._random.random() < 0.1:
                mark = work["step"]["mark"] if work["step"] else work["calls"][0]["mark"]
                await self._asks("undo", "POST", f"{path}/undo", {"mark": mark})
            if self._random.random() < 0.1:
                await self._asks("search by phone", "POST", "/api/v1/desk/search", {"text": phone_of(self._random.randrange(50_000))})
            await asyncio.sleep(PAUSE_SECONDS * self._random.random())

    async def _asks(self, name: str, method: str, path: str, body: object = None) -> dict[str, Any]:
        before = time.perf_counter()
        headers = {"idempotency-key": uuid4().hex} if method == "POST" else {}
        answer = await self._client.request(method, path, headers=headers, json=body)
        answer.raise_for_status()
        self._took[name].append(time.perf_counter() - before)
        found: dict[str, Any] = answer.json()
        return found


async def colleagues(base: str, cookies: list[str], seconds: float) -> dict[str, list[float]]:
    """What a process of colleagues does; seconds of each request by what it was."""
    took: dict[str, list[float]] = defaultdict(list)
    ends = time.perf_counter() + seconds

    async def one(number: int, cookie: str) -> None:
        headers = {"cookie": cookie, "origin": base}
        async with httpx2.AsyncClient(base_url=base, headers=headers, timeout=30, verify=False) as client:
            await Colleague(client, number, took).work_until(ends)

    await asyncio.gather(*(one(number, cookie) for number, cookie in enumerate(cookies)))
    return dict(took)


async def colleagues_beside(settings: Settings, cookies: list[str]) -> dict[str, list[float]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.desk", "--colleague", stdin=PIPE, stdout=PIPE, cwd=PROJECT_ROOT
    )
    question = {"base": f"http://127.0.0.1:{settings.port}", "cookies": cookies, "seconds": SECONDS}
    answer, _ = await process.communicate(json.dumps(question).encode())
    found: dict[str, list[float]] = json.loads(answer)
    return found


async def place_orders(services: Services, session_id: UUID, offer_id: UUID) -> list[float]:
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
        running.append(tasks.start("place", place(100_000 + number, planned)))
    await asyncio.gather(*running)
    return took


async def measure(service: RunningService, database: Database, count: int) -> tuple[list[Sheet], dict[str, object]]:
    settings, session_id, offer_id = service.settings, service.session_id, service.offer_ids[0]
    await database.pool.execute("UPDATE sessions SET is_rehearsal = false WHERE id = $1", session_id)
    # the demo market's pool is smaller than the rush
    await database.pool.execute("UPDATE session_stock SET units = 1000000 WHERE session_id = $1", session_id)
    before = time.perf_counter()
    await fill(database, settings, session_id, offer_id, count)
    console.print(f"{count:,} orders written in {time.perf_counter() - before:.1f} s")
    async with worker_here(settings) as services:
        followed = await follow(database, count)
        console.print(f"All of them on the desk after {followed:.1f} s")
        # No process for jobs runs here, so the worker brings its figures up itself after a while: not while colleagues are measured.
        await figures_follow(services, database, session_id)
        signed_in = [await sign_in(database, settings, session_id) for _ in range(COLLEAGUES)]
        cookies = [f"{LOGIN_COOKIE}={each.token}" for each in signed_in]
        took, orders = await asyncio.gather(colleagues_beside(settings, cookies), place_orders(services, session_id, offer_id))
        late = await follow(database, count + len(orders))
    figures = {name: figures_of(each) for name, each in sorted(took.items())} | {"orders placed": figures_of(orders)}
    rows = [
        [name, str(int(each["count"])), *(f"{each[key]:.1f}" for key in ("median_ms", "p95_ms", "most_ms"))]
        for name, each in figures.items()
    ]
    title = f"{count:,} orders on the desk, {COLLEAGUES} colleagues, {ORDERS_PER_SECOND} orders/s for {SECONDS:.0f} s"
    beside = Sheet("Following the ledgers", ("", "s"), [["from nothing", f"{followed:.1f}"], ["after the rush", f"{late:.1f}"]])
    within = all(each["p95_ms"] < P95_MOST_MS for name, each in figures.items() if name != "orders placed")
    found: dict[str, object] = {"orders": count, "operations": figures, "followed_seconds": followed, "within_150_ms": within}
    return [Sheet(title, ("", "count", "median ms", "p95 ms", "most ms"), rows), beside], found


def figures_of(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    places = {"median_ms": 0.5, "p95_ms": 0.95, "most_ms": 1.0}
    return {"count": len(ordered)} | {
        name: 1000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))] for name, part in places.items()
    }


async def bench(count: int, port: int) -> None:
    machine = this_machine()
    async with running_service(Plan(port, 0)) as service:
        assert service.settings.database_url is not None  # noqa: S101 - filled in
        async with open_database(service.settings.database_url.get_secret_value(), service.settings.database) as database:
            sheets, found = await measure(service, database, count)
    for sheet in sheets:
        console.print(sheet.as_table())
    (BENCH_FOLDER / "desk.json").write_text(json.dumps(found | {"machine": machine.sentence(utc_now())}, indent=2), encoding="utf-8")
    console.print(f"Written to {write_markdown('desk', machine.sentence(utc_now()), sheets, ())} and desk.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=100_000, help="orders on the desk when it begins")
    parser.add_argument("--port", type=int, default=18_310)
    parser.add_argument("--colleague", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.colleague:
        asked = json.loads(sys.stdin.read())
        print(json.dumps(asyncio.run(colleagues(**asked))))  # noqa: T201 - the answer
        return
    calm_garbage_collection()
    asyncio.run(bench(chosen.n, chosen.port))


if __name__ == "__main__":
    main()
