"""Statistics that do not fit their ledger are found in every session, however many there are, a part of them per look."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from app.infra.database import Database
from app.infra.job_lock import JobLock
from app.infra.redis_client import RedisClients
from app.ledger.jobs import SESSIONS_PER_STEP, LedgerJobs
from app.orders.group_commit import PlacingQueues
from app.settings import OrderSettings
from tests.metrics.builders import eventually
from tests.orders.builders import a_market, a_wanted_order, an_offer
from tests.selling import Selling, selling_services

_OTHERS = """
INSERT INTO sessions (id, organisation_id, host_id, title, state, announced_state, started_at)
SELECT ('00000000-0000-4000-8000-' || lpad(number::text, 12, '0'))::uuid, organisation_id, host_id, 'Phiên', 'live', 'live', now()
FROM sessions, generate_series(1, $2::int) AS number WHERE id = $1
"""
_THEIR_LEDGERS = """
INSERT INTO ledgers (session_id, last_seq, last_hash) SELECT id, 0, '\\x00' FROM sessions WHERE id::text LIKE '00000000-0000-4000-8000-%'
"""


@pytest.fixture
async def selling(database: Database, redis: RedisClients, redis_prefix: str) -> AsyncIterator[Selling]:
    services = selling_services(database, redis, redis_prefix)
    services.projector.start()
    yield services
    await services.placing.close()
    await services.projector.close()


async def test_more_sessions_than_one_look_takes_are_all_repaired(
    database: Database, redis: RedisClients, redis_prefix: str, selling: Selling
) -> None:
    async def nothing_to_tell(session_id: object, result: object) -> None:
        return None

    market = await a_market(database)
    queues = PlacingQueues(database.placing, OrderSettings(), nothing_to_tell)
    await queues.place(a_wanted_order(market, {await an_offer(database, market): 1}))
    await queues.close()
    # All of them come before ours in the order in which they are looked at.
    await database.pool.execute(_OTHERS, market.session_id, SESSIONS_PER_STEP + 5)
    await database.pool.execute(_THEIR_LEDGERS)
    assert market.session_id > UUID("00000000-0000-4000-8000-999999999999")
    jobs = LedgerJobs(database, projector=selling.projector, lock=JobLock(redis, redis_prefix, "node"))

    async def is_projected() -> bool:
        return await selling.metrics.projected_seq(market.session_id) == 1

    calls_before = await _round_trips(redis)
    for _ in range(2):
        await jobs.repair_step()
    calls = await _round_trips(redis) - calls_before

    await eventually(is_projected)
    assert calls < 20


async def _round_trips(redis: RedisClients) -> int:
    """How often Redis was woken up to read what was sent to it."""
    return int((await redis.blocking.info("stats"))["total_reads_processed"])
