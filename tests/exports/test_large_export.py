"""An event of 50,000 orders and a million comments is one workbook within 300 MB, by the process that does it in earnest.

How long that takes is measured by `make bench-reports`.
"""

from __future__ import annotations

import io
import subprocess
import sys
import time
import zipfile
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import psutil
import pytest

from app.infra.clock import utc_now
from app.infra.jobs import JobStatus
from app.ledger.chain import Entry, EntryLine, body_of, chain, genesis_hash
from app.reports.summaries import Summaries
from app.settings import PROJECT_ROOT, child_environment
from tests.exports.builders import Exporting
from tests.live.market import SECRET
from tests.patience import LONG_WORK_SECONDS, STOP_SECONDS
from tests.reports.ledgers import write_ledger

ORDERS = 50_000
COMMENTS = 1_000_000
MEMORY_MAX_BYTES = 300_000_000

_COMMENTS = """
INSERT INTO comments (id, session_id, device_id, author, text, posted_at)
SELECT gen_random_uuid(), $1, gen_random_uuid(), 'Lan', 'Cho mình hai hũ mật ong Hương Sơn nhé ' || n, $2::timestamptz + n * interval '1 ms'
FROM generate_series(1, $3) AS n
"""


async def write_event(exporting: Exporting, postgres_url: str, offer_id: UUID) -> None:
    """Ledger, rows of the orders and comments, straight into the tables."""
    fair, now = exporting.fair, utc_now()
    market, line = fair.market, EntryLine(offer_id, fair.market.product_id, fair.market.producer_id, 2, 129_000)
    previous, rows, orders, lines = genesis_hash(fair.id), [], [], []
    for seq in range(1, ORDERS + 1):
        entry = Entry(fair.id, seq, "placed", uuid4(), f"{seq % 30_000:016x}", seq * 40, (line,))
        body = body_of(entry)
        previous = chain(previous, body)
        rows.append((seq, body, previous, entry.amount_vnd))
        device, digest = uuid4(), seq.to_bytes(32, "big")
        orders.append((entry.order_id, fair.id, seq, device, uuid4(), b"x", digest, "cod", 258_000, now, now, "page"))
        lines.append((entry.order_id, 1, offer_id, device, digest, 2, 129_000))
    await write_ledger(fair.database, market.session_id, rows)
    db = await asyncpg.connect(postgres_url)
    try:
        columns = ["id", "session_id", "seq", "device_id", "client_key", "request_digest", "phone_digest", "payment", "total_vnd"]
        await db.copy_records_to_table("orders", records=orders, columns=[*columns, "placed_at", "due_at", "source"])
        columns = ["order_id", "line_number", "offer_id", "device_id", "phone_digest", "quantity", "unit_price_vnd"]
        await db.copy_records_to_table("order_lines", records=lines, columns=columns)
        await db.execute(_COMMENTS, fair.id, utc_now() - timedelta(hours=2), COMMENTS)
        await db.execute("ANALYZE")
    finally:
        await db.close()


async def made_by_a_process(exporting: Exporting, job: JobStatus, process: subprocess.Popen[bytes]) -> tuple[JobStatus, int]:
    """The job once it is over, and the most memory that the process had."""
    deadline, most = time.monotonic() + LONG_WORK_SECONDS, 0
    while True:
        most = max(most, psutil.Process(process.pid).memory_info().rss)
        status = await exporting.status(job)
        if status.state not in {"waiting", "running"}:
            return status, most
        assert time.monotonic() < deadline, f"still {status.state}, {status.done} of {status.total}"
        await exporting.fair.database.pool.execute("SELECT pg_sleep(0.1)")


def jobs_process(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "app.cli", "jobs"], env=child_environment(environment), cwd=PROJECT_ROOT)


@pytest.mark.slow
async def test_a_great_event_is_one_workbook_in_bounded_memory(
    exporting: Exporting, postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    fair = exporting.fair
    await write_event(exporting, postgres_url, await fair.offer())
    while not await Summaries(fair.database).extend(fair.id, steps=200):
        pass
    job = await exporting.ask("xlsx", "report", "orders", "comments")
    environment = {"DATABASE_URL": postgres_url, "REDIS_URL": redis_url, "OCOP_SECRET_KEY": SECRET, "OCOP_REDIS_PREFIX": fair.prefix}
    environment["TMPDIR"] = str(tmp_path)
    process = jobs_process(environment)
    try:
        done, most = await made_by_a_process(exporting, job, process)
        spent = sum(psutil.Process(process.pid).cpu_times()[:2])
    finally:
        process.terminate()
        process.wait(timeout=STOP_SECONDS)

    assert (done.state, done.error) == ("done", None)
    assert done.total > ORDERS * 2 + COMMENTS
    assert most < MEMORY_MAX_BYTES
    with zipfile.ZipFile(io.BytesIO(await exporting.file(done))) as archive:
        assert archive.testzip() is None
    print(f"{spent:.1f} s, {most / 1e6:.0f} MB, {done.file_bytes or 0} bytes")  # noqa: T201 - what a run on this machine took
