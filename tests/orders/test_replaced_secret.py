"""When the service's secret is replaced, limits go on counting, repeats stay repeats and links go on opening."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from app.infra.database import Database
from app.infra.key_ring import KeyRing
from app.infra.redis_client import RedisClients
from app.orders.contacts import Pseudonyms
from app.orders.errors import KeyReused, ViewerLimitReached
from app.orders.placing import OrderPlacing
from app.protocol.client_commands import OrderContent
from tests.orders.builders import Market, a_pool, an_offer
from tests.selling import selling_services

OLD, NEW = KeyRing("old"), KeyRing("new", former=["old"])


def content(line: dict[str, object], *, key: UUID | None = None, phone: str = "0912345678", name: str = "Lan") -> OrderContent:
    address = {"province_code": 42, "ward_code": 18547, "street": "Thôn 3"}
    buyer = {"name": name, "phone": phone, "address": address}
    return OrderContent.model_validate({"key": key or uuid4(), "lines": [line], "buyer": buyer})


@pytest.fixture
async def placings(database: Database, redis: RedisClients, redis_prefix: str):
    """The order path before and after the secret was replaced."""
    both = tuple(selling_services(database, redis, redis_prefix, ring=ring).placing for ring in (OLD, NEW))
    yield both
    for placing in both:
        await placing.close()


@pytest.mark.parametrize("of", ["offer", "shelf"])
async def test_one_phone_number_gets_no_second_helping(
    database: Database, market: Market, placings: tuple[OrderPlacing, OrderPlacing], of: str
) -> None:
    before, after = placings
    if of == "offer":
        line: dict[str, object] = {"offer_id": str(await an_offer(database, market, total=10, limit=2)), "quantity": 2}
    else:
        line = {"product_id": str(await a_pool(database, market, units=10, limit=2)), "quantity": 2, "unit_price_vnd": 180_000}
    await before.place(uuid4(), market.session_id, content(line))

    for placing in (after, before):
        with pytest.raises(ViewerLimitReached):
            await placing.place(uuid4(), market.session_id, content(line))
    other = await after.place(uuid4(), market.session_id, content(line, phone="0987654321"))

    assert other.total_vnd > 0


async def test_a_repeat_is_still_a_repeat_and_its_old_link_opens(
    database: Database, market: Market, placings: tuple[OrderPlacing, OrderPlacing]
) -> None:
    before, after = placings
    line, device_id, key = {"offer_id": str(await an_offer(database, market)), "quantity": 1}, uuid4(), uuid4()
    first = await before.place(device_id, market.session_id, content(line, key=key))

    again = await after.place(device_id, market.session_id, content(line, key=key))

    assert (again.order_id, again.number) == (first.order_id, first.number)
    for token in (first.link_token, again.link_token):
        assert Pseudonyms(NEW).is_link_token(token, market.session_id, device_id, key)
    with pytest.raises(KeyReused):
        await after.place(device_id, market.session_id, content(line, key=key, name="Hoa"))


async def test_nobody_counts_as_two_buyers(database: Database, market: Market, placings: tuple[OrderPlacing, OrderPlacing]) -> None:
    line, device_id = {"offer_id": str(await an_offer(database, market)), "quantity": 1}, uuid4()

    for placing in placings:
        await placing.place(device_id, market.session_id, content(line))

    assert await database.pool.fetchval("SELECT count(DISTINCT body::json->>'buyer') FROM ledger_entries") == 1
