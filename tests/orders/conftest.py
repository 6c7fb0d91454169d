"""Databases and queues for the order tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.infra.database import Database
from app.orders.batch import BatchWriter
from app.orders.group_commit import PlacingQueues
from app.settings import OrderSettings
from tests.live.fixtures import house, live_shop, shop, sockets, stores
from tests.orders.builders import Market, a_market

__all__ = ["house", "live_shop", "shop", "sockets", "stores"]


@pytest.fixture
async def market(database: Database) -> Market:
    return await a_market(database)


@pytest.fixture
def write() -> BatchWriter:
    """How the queues write their batches."""
    return BatchWriter()


@pytest.fixture
async def queues(database: Database, write: BatchWriter) -> AsyncIterator[PlacingQueues]:
    async def nothing_to_tell(session_id: object, result: object) -> None:
        return None

    opened = PlacingQueues(database.placing, OrderSettings(), nothing_to_tell, write=write)
    yield opened
    await opened.close()
