"""Real stores and a running market for the tests of sessions, rooms and sockets: one node per module, one session per test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest

from tests.live.market import QUICK, Market, Stores, another_organisation, another_session, open_market, open_stores

# For modules whose every test uses a market: run them over both kinds of sockets.
on_both_transports = pytest.mark.parametrize("sockets", ["portable", "detached"], scope="module")


@pytest.fixture(scope="module")
def sockets() -> str:
    """How viewers' sockets are carried."""
    return "detached"


@pytest.fixture(scope="module")
async def house(module_postgres_url: str, redis_url: str, sockets: str) -> AsyncIterator[Market]:
    """The module's market; use `market` unless the test is about what sessions share."""
    settings = QUICK.model_copy(update={"sockets": sockets})
    async with open_stores(module_postgres_url, redis_url, f"test-{uuid4().hex[:12]}", settings) as stores, AsyncExitStack() as stack:
        yield await open_market(stores, stack)


@pytest.fixture
def stores(house: Market) -> Stores:
    return house.stores


@pytest.fixture
async def market(house: Market) -> AsyncIterator[Market]:
    """A market whose session is still a draft."""
    async with another_session(house) as opened:
        yield opened


@pytest.fixture
async def live_market(market: Market) -> Market:
    """The same, with its session live."""
    await market.goes_live()
    return market


@pytest.fixture
async def shop(house: Market) -> AsyncIterator[Market]:
    """A market of an organisation of its own, with people and goods that no other test has; its session is still a draft."""
    async with another_organisation(house) as opened:
        yield opened


@pytest.fixture
async def live_shop(shop: Market) -> Market:
    """The same, with its session live."""
    await shop.goes_live()
    return shop


@pytest.fixture(scope="module")
async def live_house(house: Market) -> Market:
    """The module's market with its session live, for the many tests that only need a room to be in. They close their own sockets."""
    await house.goes_live()
    return house
