"""A migrated database for the tests of the ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.infra.database import Database, open_database
from app.settings import DatabaseSettings


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    async with open_database(postgres_url, DatabaseSettings()) as opened:
        yield opened
