"""The fixtures of `tests/orders/conftest.py`, and a market of two producers who are settled with."""

from __future__ import annotations

import pytest

from app.infra.database import Database
from app.orders.group_commit import PlacingQueues
from tests.orders.builders import Market
from tests.orders.conftest import house, live_shop, market, queues, shop, sockets, stores, write
from tests.settlement.builders import Books, some_books

__all__ = ["house", "live_shop", "market", "queues", "shop", "sockets", "stores", "write"]


@pytest.fixture
async def books(database: Database, market: Market, queues: PlacingQueues) -> Books:
    return await some_books(database, market, queues)
