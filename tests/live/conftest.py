"""Real stores and a running market for the tests of sessions and rooms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.live.market import Market, Stores, open_market, open_stores


@pytest.fixture
async def stores(postgres_url: str, redis_url: str, redis_prefix: str) -> AsyncIterator[Stores]:
    async with open_stores(postgres_url, redis_url, redis_prefix) as opened:
        yield opened


@pytest.fixture
async def market(stores: Stores) -> AsyncIterator[Market]:
    """A market on one node; its session is still a draft."""
    async with AsyncExitStack() as stack:
        yield await open_market(stores, stack)


@pytest.fixture
async def live_market(market: Market) -> Market:
    """The same, with its session live."""
    await market.goes_live()
    return market
