"""Orders keep the names of their day: whatever happens to a ward later, what was stored and what was answered stay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import date

import pytest

from app.catalog.addresses import book
from app.catalog.gazetteer import UnitVersion, shipped
from app.infra.key_ring import KeyRing
from app.infra.sealing import Envelopes
from app.orders.contacts import CONTACT_COLUMNS, contact_of
from tests.accounts.builders import rows
from tests.buyers import BUYER, a_viewer, an_offer, an_order, path_of
from tests.live.market import SECRET, Market, open_market, open_stores


def phuc_trach(name: str, first: date, last: date | None = None) -> UnitVersion:
    return UnitVersion(code=18547, province_code=42, name=name, valid_from=first, valid_to=last)


@pytest.fixture
async def market(postgres_url: str, redis_url: str, redis_prefix: str) -> AsyncIterator[Market]:
    """A live session of the whole service on one node; its places are the shipped ones again afterwards."""
    async with open_stores(postgres_url, redis_url, redis_prefix) as stores, AsyncExitStack() as stack:
        market = await open_market(stores, stack)
        await market.goes_live()
        yield market
        book.use(None)


async def stored_names(market: Market) -> list[tuple[int, str, str]]:
    sealed = await rows(market.stores.database, f"SELECT {CONTACT_COLUMNS} FROM order_contacts c ORDER BY order_id")  # noqa: S608 - our own names
    found = [contact_of(Envelopes(KeyRing(SECRET)), row) for row in sealed]
    return [(contact.ward_code, contact.ward_name, contact.province_name) for contact in found if contact is not None]


async def test_an_order_keeps_the_names_of_its_day_when_the_ward_is_renamed(market: Market) -> None:
    offer = await an_offer(market)
    async with a_viewer(market) as viewer:
        first = await viewer.post(path_of(market, "orders"), json=an_order(offer))
        renamed = phuc_trach("Phường Phúc Trạch", date(2026, 1, 1))
        book.use(shipped().with_versions([renamed]))
        second = await viewer.post(path_of(market, "orders"), json=an_order(offer))

    assert (first.status_code, second.status_code) == (201, 201)
    assert sorted(await stored_names(market)) == [(18547, "Phường Phúc Trạch", "Hà Tĩnh"), (18547, "Xã Phúc Trạch", "Hà Tĩnh")]


async def test_a_repeat_gets_its_receipt_although_the_ward_is_gone_and_a_new_order_is_told_why_not(market: Market) -> None:
    offer = await an_offer(market)
    order = an_order(offer, 2)
    async with a_viewer(market) as viewer:
        first = await viewer.post(path_of(market, "orders"), json=order)
        ended = phuc_trach("Xã Phúc Trạch", date(2025, 7, 1), date(2026, 1, 31))
        book.use(shipped().with_versions([ended]))
        again = await viewer.post(path_of(market, "orders"), json=order)
        other_content = await viewer.post(path_of(market, "orders"), json=order | {"buyer": BUYER | {"name": "Trần Văn Ba"}})
        new = await viewer.post(path_of(market, "orders"), json=an_order(offer))

    assert (again.status_code, again.json()) == (201, first.json())
    assert [(answer.status_code, answer.json()["code"]) for answer in (other_content, new)] == [(400, "invalid_address")] * 2
    assert (new.json()["details"]["reason"], new.json()["details"]["valid_to"]) == ("no_longer", "2026-01-31")
    assert await stored_names(market) == [(18547, "Xã Phúc Trạch", "Hà Tĩnh")]
