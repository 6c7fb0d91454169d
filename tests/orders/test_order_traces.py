"""A trace shows where an order's time went, and nothing of whose order it is. A collector that is away costs no order anything."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from app.infra import tracing
from app.infra.clock import monotonic
from app.infra.database import Database
from app.main import services_of
from app.orders.group_commit import PlacingQueues
from app.orders.schemas import NewOffer
from app.orders.writer_client import WriterClient
from app.settings import PROJECT_ROOT, OrderSettings, child_environment, load_settings
from tests.buyers import a_viewer, an_order, path_of, with_buyer
from tests.collectors import Behaviour, Collector, Received, a_collector
from tests.live.market import Market, Stores, Viewer, open_market
from tests.orders import builders
from tests.patience import START_SECONDS

pytestmark = pytest.mark.slow

BUYER = {
    "name": "Nguyễn Thị Chim Hoàng Yến",
    "phone": "0912345678",
    "address": {"province_code": 42, "ward_code": 18133, "street": "12 đường Hoàng Yến"},
    "note": "gọi trước khi giao",
}
# Of the above, and of what the test puts into paths, queries and headers.
CANARIES = ["Hoàng Yến", "912345678", "Chim", "gọi trước", "yellow-bird", "203.0.113."]
STRANGERS_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@asynccontextmanager
async def traced_market(stores: Stores, collector: Collector) -> AsyncIterator[Market]:
    """A live market on a node that sends its traces."""
    settings = stores.settings.model_copy(update={"otlp_endpoint": collector.address})
    async with AsyncExitStack() as stack:
        market = await open_market(Stores(stores.database, stores.redis, settings), stack)
        await market.goes_live()
        yield market


async def an_offer(market: Market, units: int = 9) -> UUID:
    new = NewOffer(product_id=market.product_ids[0], flash_price_vnd=39_000, total_quantity=units, per_viewer_limit=units, open_now=True)
    return (await services_of(market.node.app).offers.create(market.organiser, market.session_id, new)).id


async def orders(viewer: Viewer, offer_id: UUID) -> dict[str, object]:
    line = {"offer_id": str(offer_id), "quantity": 1}
    return await viewer.asks("order.place", key=str(uuid4()), lines=[line], buyer=BUYER, payment="cod")


async def test_an_order_leaves_its_wait_its_batch_and_its_commit_in_one_trace(stores: Stores, collector: Collector) -> None:
    async with traced_market(stores, collector) as market:
        reply = await orders(await market.enters(), await an_offer(market))
        command = await collector.sees_named("order.place")
        own: dict[str, Received] = {}
        for name in ("order.wait", "order.write", "order.batch", "postgresql.commit"):
            own[name] = await collector.sees_named(name)

    session = {"ocop.session_id": str(market.session_id)}
    assert {span.trace_id for span in own.values()} == {command.trace_id}
    assert command.attributes == session | {"ocop.outcome": "ok"}
    of_the_order = session | {"ocop.order_id": reply["order_id"], "ocop.outcome": "ok"}
    assert own["order.wait"].attributes == own["order.write"].attributes == of_the_order
    assert own["order.batch"].attributes == session | {"ocop.batch_orders": 1}
    assert own["order.write"].links == [own["order.batch"].span_id]
    assert own["postgresql.commit"].parent_id == own["order.batch"].span_id
    assert {own[name].parent_id for name in ("order.wait", "order.write", "order.batch")} == {command.span_id}
    assert (command.resource["service.name"], command.resource["ocop.process"]) == ("ocop-live", "worker")


async def test_nothing_of_a_person_and_no_link_leaves_with_a_trace(
    stores: Stores, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    # FastAPI's own telemetry stays out of it, also where it is asked for.
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address)
    async with traced_market(stores, collector) as market, a_viewer(market) as browser:
        offer_id = await an_offer(market)
        await orders(await market.enters(), offer_id)
        strange = {
            "traceparent": f"00-{STRANGERS_TRACE}-00f067aa0ba902b7-01",
            "x-forwarded-for": "203.0.113.7",
            "user-agent": "yellow-bird",
        }
        order = an_order({"id": str(offer_id)}, **with_buyer(**BUYER))
        receipt = (await browser.post(path_of(market, "orders") + "?who=yellow-bird", json=order, headers=strange)).json()
        await browser.get(f"/o/{receipt['order_code']}?{receipt['link_token']}", headers={"order-link": receipt["link_token"]})
        await browser.post(path_of(market, "orders"), json=order | with_buyer(phone="0912345678 yellow-bird"))
        await browser.get(path_of(market, "tick"))
        await browser.get("/not-here/0912345678/yellow-bird?who=yellow-bird")
        await browser.request("PROPFIND", "/not-here/0912345678")
        page = await collector.sees(lambda span: span.attributes.get("http.route") == "/o/{code}")
        nowhere = await collector.sees(lambda span: span.attributes.get("http.response.status_code") == 404)
        placed = await collector.sees(lambda span: span.attributes.get("http.response.status_code") == 201 and "order" in span.name)
        await collector.sees(lambda span: span.attributes.get("http.request.method") == "_OTHER")

    assert page.name == "GET /o/{code}"
    assert (nowhere.name, "http.route" in nowhere.attributes) == ("GET", False)
    assert placed.name == "POST /api/v1/sessions/{session_id}/orders"
    assert placed.trace_id != STRANGERS_TRACE
    assert not any(span.name.endswith("/tick") for span in collector.spans)
    everything = b"".join(collector.bodies + collector.heads)
    assert [each for each in (*CANARIES, receipt["order_code"], receipt["link_token"]) if each.encode() in everything] == []
    assert STRANGERS_TRACE not in {span.trace_id for span in collector.spans}


async def test_the_writer_of_a_node_goes_on_with_the_trace_of_its_workers(
    database: Database, postgres_url: str, tmp_path: Path, collector: Collector
) -> None:
    market, path = await builders.a_market(database), tmp_path / "orders"
    offer_id = await builders.an_offer(database, market, total=50)
    wanted = [builders.a_wanted_order(market, {offer_id: 1}) for _ in range(5)]

    async def nothing_to_tell(session_id: object, result: object) -> None:
        return None

    async with a_writer(postgres_url, path, collector), tracing.tracing(load_settings(otlp_endpoint=collector.address), "worker"):
        client = WriterClient(str(path))
        queues = PlacingQueues(database.placing, OrderSettings(), nothing_to_tell, elsewhere=client)
        with tracing.root("requests") as request:
            await asyncio.gather(*(queues.place(order) for order in wanted))
        written = await collector.sees_named("order.writer")
        committed = await collector.sees_named("postgresql.commit")
        batch = await collector.sees(lambda span: span.span_id == written.parent_id)
        await queues.close()
        await client.close()

    assert request.place is not None
    assert {written.trace_id, committed.trace_id, batch.trace_id} == {f"{request.place.trace_id:032x}"}
    assert (batch.name, batch.resource["ocop.process"]) == ("order.batch", "worker")
    assert written.resource["ocop.process"] == committed.resource["ocop.process"] == "order-writer"
    assert committed.parent_id == written.span_id
    assert int(str(written.attributes["ocop.batch_orders"])) == int(str(batch.attributes["ocop.batch_orders"]))


@pytest.mark.parametrize("behaviour", ["frozen", "slow", "away"])
async def test_no_order_waits_for_a_collector_that_never_answers(
    behaviour: Behaviour, house: Market, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An export that an order waited for would hold it up for the exporter's ten seconds; what tracing costs is a benchmark's to say."""
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "64")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "16")
    async with a_collector(behaviour) as collector:
        async with traced_market(stores, collector) as market:
            beside = await seconds_of_orders(market)
        assert collector.is_asked.is_set() or behaviour == "away"

    assert max(beside) < 5.0


async def seconds_of_orders(market: Market, count: int = 60) -> list[float]:
    offer_id, viewer, taken = await an_offer(market, units=count), await market.enters(), []
    for _ in range(count):
        began = monotonic()
        assert (await orders(viewer, offer_id))["type"] == "order.placed"
        taken.append(monotonic() - began)
    return taken


@asynccontextmanager
async def a_writer(postgres_url: str, path: Path, collector: Collector) -> AsyncIterator[None]:
    """`ocop order-writer`, listening; at its end it is told to stop while its collector says nothing any more."""
    names = {"DATABASE_URL": postgres_url, "OCOP_ORDERS__WRITER_SOCKET": str(path), "OCOP_SECRET_KEY": "tests" * 8}
    names["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.address
    running = subprocess.Popen(  # noqa: ASYNC220 - ended by name below
        [sys.executable, "-m", "app.cli", "order-writer"], env=child_environment(names), cwd=PROJECT_ROOT
    )
    try:
        async with asyncio.timeout(START_SECONDS):
            while not await asyncio.to_thread(path.exists):
                assert running.poll() is None
                await asyncio.sleep(0.05)
        yield
        collector.behaviour = "frozen"
        running.terminate()
        async with asyncio.timeout(START_SECONDS):
            assert await asyncio.to_thread(running.wait) == 0
    finally:
        running.kill()
        running.wait()
