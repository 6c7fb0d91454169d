"""Stores and services for the tests of accounts."""

from __future__ import annotations

import pytest

from app.accounts.service import AccountService
from app.infra.database import Database
from app.infra.redis_client import RedisClients
from app.settings import Settings, load_settings
from tests.accounts.builders import Clock, Delays, SmallApp, small_app


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def delays() -> Delays:
    return Delays()


@pytest.fixture
def accounts(database: Database, redis: RedisClients, redis_prefix: str, clock: Clock, delays: Delays) -> AccountService:
    return AccountService(database, redis, redis_prefix=redis_prefix, clock=clock, sleep=delays)


@pytest.fixture
def settings(redis_prefix: str) -> Settings:
    return load_settings(redis_prefix=redis_prefix, allowed_origins=("https://cho.example.vn",))


@pytest.fixture
def market(settings: Settings, database: Database, redis: RedisClients) -> SmallApp:
    return small_app(settings, database, redis)
