"""Statistics far behind their ledger are rebuilt in the process for jobs, not by the workers that carry orders."""

from __future__ import annotations

import random
from datetime import timedelta

from app.infra.job_runner import JobRunner
from app.ledger.projector import Projector
from app.ledger.rebuilding import KIND, REBUILD_FROM, RebuildingWork, Rebuilds
from tests.reports.builders import Fair
from tests.reports.ledgers import a_random_ledger, write_ledger

ENTRIES = REBUILD_FROM + 700


async def states_of_jobs(fair: Fair) -> list[tuple[str, int, int]]:
    rows = await fair.database.pool.fetch("SELECT state, done, total FROM jobs WHERE kind = $1 ORDER BY created_at", KIND)
    return [tuple(row) for row in rows]


async def test_a_worker_leaves_a_long_rebuilding_to_the_process_for_jobs_each_time_redis_is_lost(fair: Fair) -> None:
    await write_ledger(fair.database, fair.id, a_random_ledger(fair.id, random.Random(3), ENTRIES))  # noqa: S311 - made up
    worker = Projector(fair.database, fair.metrics, long_way=Rebuilds(fair.database))
    work = RebuildingWork(Projector(fair.database, fair.metrics))
    runner = JobRunner(fair.database.pool, {KIND: work.rebuild}, name="jobs")

    for rebuilt in (1, 2):
        # Seen by several nodes, several times: one job.
        assert [await worker.catch_up(fair.id) for _ in range(3)] == [0, 0, 0]
        assert await states_of_jobs(fair) == [("done", ENTRIES, ENTRIES)] * (rebuilt - 1) + [("waiting", 0, ENTRIES)]
        assert await runner.run_once()
        assert await states_of_jobs(fair) == [("done", ENTRIES, ENTRIES)] * rebuilt
        assert await fair.metrics.projected_seq(fair.id) == await worker.catch_up(fair.id) == ENTRIES
        await fair.lose_redis()


async def test_without_a_process_for_jobs_a_worker_rebuilds_the_statistics_itself(fair: Fair) -> None:
    await write_ledger(fair.database, fair.id, a_random_ledger(fair.id, random.Random(4), ENTRIES))  # noqa: S311 - made up
    patient = Projector(fair.database, fair.metrics, long_way=Rebuilds(fair.database))
    assert await patient.catch_up(fair.id) == 0
    await fair.database.pool.execute("UPDATE jobs SET created_at = created_at - interval '31 seconds'")

    assert await patient.catch_up(fair.id) == ENTRIES


async def test_a_short_way_to_the_end_of_a_ledger_needs_no_job(fair: Fair) -> None:
    await write_ledger(fair.database, fair.id, a_random_ledger(fair.id, random.Random(5), 1_200))  # noqa: S311 - made up
    worker = Projector(fair.database, fair.metrics, long_way=Rebuilds(fair.database, patience=timedelta(days=1)))

    assert await worker.catch_up(fair.id) == 1_200
    assert await states_of_jobs(fair) == []
