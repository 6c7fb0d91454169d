"""A province without sessions."""

from __future__ import annotations

import pytest

from app.infra.database import Database
from app.infra.job_lock import JobLock
from app.infra.redis_client import RedisClients
from app.metrics.service import MetricsService
from app.programmes.household import programme_house
from tests.programmes.builders import Province


@pytest.fixture
async def province(database: Database, redis: RedisClients, redis_prefix: str) -> Province:
    found = Province(
        database, programme_house(database, MetricsService(database, redis, redis_prefix), JobLock(redis, redis_prefix, "test"))
    )
    await found.begin()
    return found
