"""The fixtures of `tests/orders/conftest.py`, and a packing table beside a market."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.infra.database import Database
from app.infra.redis_client import RedisClients
from app.orders.group_commit import PlacingQueues
from tests.orders.builders import Market
from tests.orders.conftest import house, live_shop, market, queues, shop, sockets, stores, write
from tests.parcels.builders import Table, a_table

__all__ = ["house", "live_shop", "market", "queues", "shop", "sockets", "stores", "write"]


@pytest.fixture
async def table(database: Database, redis: RedisClients, redis_prefix: str, market: Market, queues: PlacingQueues) -> AsyncIterator[Table]:
    opened = await a_table(database, redis, redis_prefix, market, queues)
    yield opened
    await opened.node.close()
