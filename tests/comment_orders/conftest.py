"""The services of a node that make claims, and the fixtures of `tests/live/fixtures.py` for what goes over sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.infra.database import Database
from app.infra.redis_client import RedisClients
from tests.comment_orders.claiming import Claiming, claiming_services
from tests.live.fixtures import house, live_shop, shop, sockets, stores
from tests.orders.builders import Market, a_market

__all__ = ["house", "live_shop", "shop", "sockets", "stores"]


@pytest.fixture
async def market(database: Database) -> Market:
    return await a_market(database)


@pytest.fixture
async def claiming(database: Database, redis: RedisClients, redis_prefix: str) -> AsyncIterator[Claiming]:
    made = claiming_services(database, redis, redis_prefix)
    yield made
    await made.selling.placing.close()
