"""One live market for the walks; nothing that they do may change it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.absurd.market import Sale, open_sale
from tests.live.fixtures import house, live_house, sockets
from tests.live.market import Market

__all__ = ["house", "live_house", "sockets"]


@pytest.fixture(scope="module")
async def sale(live_house: Market) -> AsyncIterator[Sale]:
    async with AsyncExitStack() as stack:
        yield await open_sale(live_house, stack)
