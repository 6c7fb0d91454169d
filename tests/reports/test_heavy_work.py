"""The process that does heavy work: killed and found again, within its memory, and what it makes is what anybody can check."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from app.infra.job_runner import JobRunner
from app.infra.jobs import JobStatus
from app.infra.key_ring import KeyRing
from app.reports.closing import ClosingService
from app.reports.heavy_work import HeavyWork
from app.reports.signing import Signer
from app.reports.summaries import Summaries
from app.settings import PROJECT_ROOT, child_environment
from tests.live.market import SECRET
from tests.patience import LONG_WORK_SECONDS, STOP_SECONDS
from tests.reports.builders import Fair
from tests.reports.exports import run_verifier
from tests.reports.ledgers import a_random_ledger, write_ledger

ENTRIES = 20_000
MEMORY_MAX_BYTES = 200_000_000

StartJobs = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def start_jobs(fair: Fair, postgres_url: str, redis_url: str) -> Iterator[StartJobs]:
    """Starts `ocop jobs` as a process of its own; what still runs is ended with the test."""
    environment = {"DATABASE_URL": postgres_url, "REDIS_URL": redis_url, "OCOP_SECRET_KEY": SECRET, "OCOP_REDIS_PREFIX": fair.prefix}
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "app.cli", "jobs"]
        started.append(subprocess.Popen(command, env=child_environment(environment), cwd=PROJECT_ROOT))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


async def status_when(
    fair: Fair, closing: ClosingService, job: JobStatus, wanted: Callable[[JobStatus], bool], process: subprocess.Popen[bytes]
) -> tuple[JobStatus, int]:
    """The job's state as soon as it is as wanted, and the most memory the process had meanwhile."""
    deadline, most = time.monotonic() + LONG_WORK_SECONDS, 0
    while True:
        most = max(most, psutil.Process(process.pid).memory_info().rss)
        status = await closing._jobs.status(job.id, job.organisation_id)
        if wanted(status):
            return status, most
        assert time.monotonic() < deadline, f"still {status.state}, {status.done} of {status.total}"
        await fair.database.pool.execute("SELECT pg_sleep(0.05)")


async def file_of(closing: ClosingService, job: JobStatus) -> bytes:
    _, pieces = await closing._jobs.file(job.id, job.organisation_id)
    return b"".join([piece async for piece in pieces])


def verified(export: bytes, folder: Path) -> tuple[int, str]:
    (folder / "export.zip").write_bytes(export)
    return run_verifier(str(folder / "export.zip"))


@pytest.mark.slow
async def test_an_export_whose_process_is_killed_is_made_by_the_next_one_within_its_memory(
    fair: Fair, start_jobs: StartJobs, tmp_path: Path
) -> None:
    await write_ledger(fair.database, fair.id, a_random_ledger(fair.id, random.Random(1), ENTRIES, is_lawful=True))  # noqa: S311 - made up
    await fair.end("closed")
    closing = ClosingService(fair.database, Signer(KeyRing(SECRET)))
    job = await closing.start_export(fair.staff, fair.id)

    first = start_jobs()
    await status_when(fair, closing, job, lambda status: status.state == "running", first)
    first.kill()
    first.wait()
    assert (await closing._jobs.status(job.id, job.organisation_id)).state == "running"
    await fair.database.pool.execute("UPDATE jobs SET lease_until = now()")
    second = start_jobs()
    done, most = await status_when(fair, closing, job, lambda status: status.state == "done", second)

    assert (done.claim, done.done, done.total) == (2, ENTRIES, ENTRIES)
    assert most < MEMORY_MAX_BYTES
    code, said = verified(await file_of(closing, done), tmp_path)
    assert (code, f"{ENTRIES} entries" in said) == (0, True)
    second.terminate()
    assert second.wait(timeout=STOP_SECONDS) == 0


async def test_going_through_a_ledger_finds_a_stored_fold_that_is_wrong_and_has_it_built_anew(fair: Fair) -> None:
    await write_ledger(fair.database, fair.id, a_random_ledger(fair.id, random.Random(2), 1_200))  # noqa: S311 - made up
    summaries, closing = Summaries(fair.database), ClosingService(fair.database, Signer(KeyRing(SECRET)))
    await summaries.extend(fair.id, steps=9)
    runner = JobRunner(fair.database.pool, HeavyWork(fair.database, Signer(KeyRing(SECRET)), summaries).by_kind(), name="jobs")

    async def said() -> tuple[str, object]:
        job = await closing.start_verification(fair.staff, fair.id)
        await runner.run_once()
        status = await closing._jobs.status(job.id, job.organisation_id)
        await fair.database.pool.execute("UPDATE jobs SET state = 'outdated'")
        return status.state, json.loads(status.result or "null")

    assert await said() == ("done", {"entries": 1_200, "stored_folds_fit": True})
    await fair.database.pool.execute("UPDATE ledger_summaries SET fold = replace(fold, '\"buyers\":', '\"buyers\":1') WHERE seq = 1000")
    assert await said() == ("done", {"entries": 1_200, "stored_folds_fit": False})
    assert await summaries.behind(tail=200, limit=9) == [fair.id]
    await summaries.extend(fair.id, steps=9)
    assert await said() == ("done", {"entries": 1_200, "stored_folds_fit": True})
