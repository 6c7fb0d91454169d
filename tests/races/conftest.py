"""Stores for the race tests, and how long a course of faults they run: short with a fixed seed, or long (`make races`)."""

from __future__ import annotations

import pytest

from app.infra.database import Database
from app.settings import child_environment
from tests.orders.builders import Market, a_market

SHORT_SEED = 20230923
LONG_COURSES = 6

_environment = child_environment({})
IS_LONG = _environment.get("OCOP_RACES") == "long"
ASKED_SEED = _environment.get("OCOP_RACES_SEED")


def seeds() -> list[int]:
    """Seeds of the courses of faults. They are part of the tests' names; a failure is repeated by `make races SEED=<its seed>`."""
    first = int(ASKED_SEED) if ASKED_SEED else SHORT_SEED
    return [first + number for number in range(LONG_COURSES if IS_LONG else 1)]


def pytest_report_header() -> str:
    return f"races: {'long' if IS_LONG else 'short'} form"


@pytest.fixture
async def market(database: Database) -> Market:
    return await a_market(database)
