"""Heavy work: asked for once, cancelled, and found again when its runner died."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from app.errors import Conflict
from app.infra import job_runner
from app.infra.database import Database
from app.infra.job_runner import JobRunner, RunningJob, Work
from app.infra.jobs import JobFileNotReady, JobNotFound, JobQueue, NewJob
from tests.orders.builders import a_market


@pytest.fixture
async def new(database: Database) -> NewJob:
    market = await a_market(database)
    return NewJob("test", "one", market.session_id, market.organisation_id, market.user_id, total=10)


@pytest.fixture
async def queue(database: Database) -> JobQueue:
    return JobQueue(database.pool)


def runner(database: Database, work: Work, name: str = "one") -> JobRunner:
    return JobRunner(database.pool, {"test": work}, name=name)


async def content(queue: JobQueue, job_id: UUID, organisation_id: UUID) -> bytes:
    _, pieces = await queue.file(job_id, organisation_id)
    return b"".join([piece async for piece in pieces])


async def writes_a_file(job: RunningJob) -> None:
    for number in range(10):
        await job.write(bytes([number]) * 100_000)
        await job.progress(number + 1)
    await job.finish_file("a.bin")


async def test_the_same_request_is_the_same_job_until_it_failed(database: Database, queue: JobQueue, new: NewJob) -> None:
    asked = await asyncio.gather(*(queue.start(new) for _ in range(8)))
    assert len({job.id for job in asked}) == 1
    other = await queue.start(replace(new, key="two"))
    assert other.id != asked[0].id
    while await runner(database, writes_a_file).run_once():
        pass
    done = await queue.start(new)

    assert (done.id, done.state, done.done, done.total) == (asked[0].id, "done", 10, 10)
    assert (await queue.cancel(done.id, new.organisation_id)).state == "done"
    assert await content(queue, done.id, new.organisation_id) == b"".join(bytes([number]) * 100_000 for number in range(10))
    assert done.file_bytes == 1_000_000


async def test_a_job_that_does_more_than_was_expected_is_never_further_than_its_whole(
    database: Database, queue: JobQueue, new: NewJob
) -> None:
    async def does_twelve_of_ten(job: RunningJob) -> None:
        for number in range(12):
            await job.progress(number + 1)

    job = await queue.start(new)
    await runner(database, does_twelve_of_ten).run_once()

    status = await queue.status(job.id, new.organisation_id)
    assert (status.state, status.done, status.total) == ("done", 12, 12)


async def test_another_organisation_finds_no_job(queue: JobQueue, new: NewJob) -> None:
    job = await queue.start(new)

    for asked in (queue.status, queue.cancel, queue.file):
        with pytest.raises(JobNotFound):
            await asked(job.id, uuid4())
    with pytest.raises(JobFileNotReady):
        await queue.file(job.id, new.organisation_id)


async def test_a_cancelled_job_stops_and_may_be_asked_for_again(database: Database, queue: JobQueue, new: NewJob) -> None:
    begun, goes_on = asyncio.Event(), asyncio.Event()
    steps = 0

    async def slow(job: RunningJob) -> None:
        nonlocal steps
        await job.write(b"x" * 600_000)
        begun.set()
        await goes_on.wait()
        await job.renew()
        steps += 1

    job = await queue.start(new)
    running = asyncio.ensure_future(runner(database, slow).run_once())
    await begun.wait()
    assert (await queue.cancel(job.id, new.organisation_id)).state == "cancelled"
    goes_on.set()
    await running

    assert steps == 0
    assert (await queue.status(job.id, new.organisation_id)).state == "cancelled"
    again = await queue.start(new)
    assert (again.id != job.id, again.state) == (True, "waiting")
    await runner(database, writes_a_file)._clean()
    assert await database.pool.fetchval("SELECT count(*) FROM job_file_parts") == 0


async def test_a_job_whose_runner_is_gone_is_taken_up_by_another_and_its_old_pieces_are_not_served(
    database: Database, queue: JobQueue, new: NewJob
) -> None:
    begun, never = asyncio.Event(), asyncio.Event()
    lost: list[RunningJob] = []

    async def hangs(job: RunningJob) -> None:
        await job.write(b"old" * 200_000)
        lost.append(job)
        begun.set()
        await never.wait()

    job = await queue.start(new)
    gone = asyncio.ensure_future(runner(database, hangs).run_once())
    await begun.wait()
    assert not await runner(database, writes_a_file, "two").run_once()
    await database.pool.execute("UPDATE jobs SET lease_until = now() - interval '1 second'")
    assert await runner(database, writes_a_file, "two").run_once()

    status = await queue.status(job.id, new.organisation_id)
    assert (status.state, status.claim) == ("done", 2)
    assert len(await content(queue, job.id, new.organisation_id)) == 1_000_000
    with pytest.raises(job_runner.JobLost):
        await lost[0].renew()
    gone.cancel()
    await asyncio.wait({gone})
    assert (await queue.status(job.id, new.organisation_id)).state == "done"


async def test_a_runner_that_is_stopped_gives_its_job_back_at_once(database: Database, queue: JobQueue, new: NewJob) -> None:
    begun = asyncio.Event()

    async def hangs(job: RunningJob) -> None:
        begun.set()
        await asyncio.Event().wait()

    job = await queue.start(new)
    stopped = asyncio.ensure_future(runner(database, hangs).run_once())
    await begun.wait()
    stopped.cancel()
    await asyncio.wait({stopped})

    assert (await queue.status(job.id, new.organisation_id)).state == "waiting"
    assert await runner(database, writes_a_file).run_once()


async def test_a_job_that_fails_says_why_and_one_that_kills_its_runners_is_given_up(
    database: Database, queue: JobQueue, new: NewJob
) -> None:
    async def refuses(job: RunningJob) -> None:
        raise Conflict

    async def breaks(job: RunningJob) -> None:
        raise ZeroDivisionError

    for work, error in ((refuses, "conflict"), (breaks, "internal")):
        job = await queue.start(new)
        await runner(database, work).run_once()
        failed = await queue.status(job.id, new.organisation_id)
        assert (failed.state, failed.error) == ("failed", error)

    job = await queue.start(new)
    await database.pool.execute("UPDATE jobs SET claim = $2 WHERE id = $1", job.id, job_runner.CLAIMS_MAX)
    await runner(database, writes_a_file).run_once()
    given_up = await queue.status(job.id, new.organisation_id)
    assert (given_up.state, given_up.error, given_up.done) == ("failed", "internal", 0)
