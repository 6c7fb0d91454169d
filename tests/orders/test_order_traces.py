"""A trace shows where an order's time went, and nothing of whose order it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest

from app.main import services_of
from app.orders.schemas import NewOffer
from tests.collectors import Collector, Received, a_collector
from tests.live.market import Market, Stores, open_market

BUYER = {
    "name": "Nguyễn Thị Chim Hoàng Yến",
    "phone": "0912345678",
    "address": {"province_code": 42, "ward_code": 18133, "street": "12 đường Hoàng Yến"},
    "note": "gọi trước khi giao",
}
CANARIES = ["Hoàng Yến", "912345678", "Chim", "gọi trước"]


@pytest.fixture
async def collector(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Collector]:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    async with a_collector() as opened:
        yield opened


@pytest.fixture
async def traced(stores: Stores, collector: Collector) -> AsyncIterator[Market]:
    """A live market on a node that sends its traces."""
    settings = stores.settings.model_copy(update={"otlp_endpoint": collector.address})
    async with AsyncExitStack() as stack:
        market = await open_market(Stores(stores.database, stores.redis, settings), stack)
        await market.goes_live()
        yield market


async def an_offer(market: Market, units: int = 9) -> str:
    new = NewOffer(product_id=market.product_ids[0], flash_price_vnd=39_000, total_quantity=units, open_now=True)
    return str((await services_of(market.node.app).offers.create(market.organiser, market.session_id, new)).id)


async def test_an_order_leaves_its_wait_its_batch_and_its_commit_in_one_trace(traced: Market, collector: Collector) -> None:
    viewer = await traced.enters()
    line = {"offer_id": await an_offer(traced), "quantity": 1}
    reply = await viewer.asks("order.place", key=str(uuid4()), lines=[line], buyer=BUYER, payment="cod")

    command = await collector.sees_named("order.place")
    own: dict[str, Received] = {}
    for name in ("order.wait", "order.write", "order.batch", "postgresql.commit"):
        own[name] = await collector.sees_named(name)

    assert {span.trace_id for span in own.values()} == {command.trace_id}
    assert command.attributes == {"ocop.session_id": str(traced.session_id), "ocop.outcome": "ok"}
    of_the_order = {"ocop.session_id": str(traced.session_id), "ocop.order_id": reply["order_id"], "ocop.outcome": "ok"}
    assert own["order.wait"].attributes == own["order.write"].attributes == of_the_order
    assert own["order.batch"].attributes == {"ocop.session_id": str(traced.session_id), "ocop.batch_orders": 1}
    assert own["order.write"].links == [own["order.batch"].span_id]
    assert own["postgresql.commit"].parent_id == own["order.batch"].span_id
    assert {own[name].parent_id for name in ("order.wait", "order.write", "order.batch")} == {command.span_id}
    assert command.resource["service.name"] == "ocop-live"
    assert command.resource["ocop.process"] == "worker"
