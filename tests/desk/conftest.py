"""The fixtures of `tests/orders/conftest.py`, and a desk of one node without its clocks: the tests say when it follows and writes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.infra.database import Database
from app.infra.redis_client import RedisClients
from app.orders.group_commit import PlacingQueues
from tests.desk.builders import Node, a_node
from tests.orders.builders import Market
from tests.orders.conftest import market, queues, write

__all__ = ["market", "queues", "write"]


@pytest.fixture
async def node(database: Database, redis: RedisClients, redis_prefix: str, market: Market, queues: PlacingQueues) -> AsyncIterator[Node]:
    opened = a_node(database, redis, redis_prefix, market, queues)
    yield opened
    await opened.close()
