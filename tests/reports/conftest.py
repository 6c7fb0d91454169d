"""A market that sells over the real order path, with statistics and report."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.infra.database import Database
from app.infra.redis_client import RedisClients
from app.metrics.service import MetricsService
from app.orders.group_commit import PlacingQueues
from app.reports.service import ReportService
from app.settings import OrderSettings
from tests.orders.builders import a_market
from tests.reports.builders import Fair


@pytest.fixture
async def fair(database: Database, redis: RedisClients, redis_prefix: str) -> AsyncIterator[Fair]:
    async def nothing_to_tell(session_id: object, result: object) -> None:
        return None

    metrics = MetricsService(database, redis, redis_prefix)
    queues = PlacingQueues(database.placing, OrderSettings(), nothing_to_tell)
    yield Fair(await a_market(database), database, redis, redis_prefix, metrics, queues, ReportService(database, metrics, settle_seconds=0))
    await queues.close()
