"""A running market whose carrier is on this machine, and parcels in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest

from app.settings import CarrierSettings
from tests.carriers.local_ghtk import LocalGhtk, a_local_ghtk
from tests.carriers.sending_house import Dispatch, a_dispatch
from tests.live.market import QUICK, Market, another_organisation, open_market, open_stores


@pytest.fixture(scope="module")
async def ghtk_server() -> AsyncIterator[LocalGhtk]:
    async with a_local_ghtk() as running:
        yield running


@pytest.fixture
def ghtk(ghtk_server: LocalGhtk) -> LocalGhtk:
    """As it is after its start: nothing in its books, no faults ahead."""
    for kept in (ghtk_server.asked, ghtk_server.submitted, ghtk_server.faults):
        kept.clear()
    ghtk_server.orders.clear()
    ghtk_server.refuses = ""
    return ghtk_server


@pytest.fixture(scope="module")
async def house(module_postgres_url: str, redis_url: str, ghtk_server: LocalGhtk) -> AsyncIterator[Market]:
    async with open_stores(module_postgres_url, redis_url, f"test-{uuid4().hex[:12]}", QUICK) as stores, AsyncExitStack() as stack:
        own = CarrierSettings(ghtk_address=ghtk_server.address, answer_seconds=1.0)
        stores.settings = stores.settings.model_copy(update={"carriers": own})
        yield await open_market(stores, stack)


@pytest.fixture
async def dispatch(house: Market) -> AsyncIterator[Dispatch]:
    """An organisation of its own with its session live, and somebody of its desk."""
    async with another_organisation(house) as opened:
        await opened.goes_live()
        yield await a_dispatch(opened)
