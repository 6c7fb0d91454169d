"""What `ocop jobs` does for exports: reads the report as of one moment, writes the file beside it, hands it on in pieces."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from time import time as wall_seconds
from typing import Final, cast

from app.exports.contents import CONTENTS, Content
from app.exports.errors import ExportSessionGone, ExportTooLarge
from app.exports.files import TableFormat, write_file
from app.exports.job_kinds import TABLES
from app.exports.long_tables import comments, order_lines, orders
from app.exports.report_paper import report_pdf
from app.exports.report_tables import report_tables
from app.exports.settlement_tables import settlement_tables
from app.exports.tables import Document, Language, Table, Words
from app.infra.clock import VIETNAM_TIME
from app.infra.database import Database
from app.infra.job_runner import RunningJob, Work
from app.reports.schemas import Report
from app.reports.service import ReportService
from app.sessions.errors import SessionNotFound

FILE_MOST_BYTES: Final = 1_000_000_000
_FOLDER: Final = "ocop-export-"
_LEFT_OVER_SECONDS: Final = 6 * 3600
_READ_BYTES: Final = 256 * 1024

_EXPECTED = """
SELECT (SELECT count(*) FROM orders WHERE session_id = $1 AND seq <= $2) AS orders,
       (SELECT count(*) FROM comments WHERE session_id = $1 AND posted_at <= $3) AS comments
"""


class ExportWork:
    """One method for each kind of job."""

    def __init__(self, database: Database, reports: ReportService) -> None:
        self._database = database
        self._reports = reports

    def by_kind(self) -> Mapping[str, Work]:
        return {TABLES: self.tables}

    async def tables(self, job: RunningJob) -> None:
        """The file that was asked for. Raises `ExportSessionGone`, `ExportTooLarge`, `ParquetNotInstalled`, `ReportBeingPrepared`."""
        asked = job.parameters
        language = cast("Language", asked["language"])
        contents = cast("Sequence[Content]", [each for each in str(asked["content"]).split(",") if each in CONTENTS])
        try:
            report = await self._reports.whole(job.subject_id)
        except SessionNotFound as error:
            raise ExportSessionGone(details={"session_id": str(job.subject_id)}) from error
        if asked["format"] == "pdf":
            await job.write(await asyncio.to_thread(report_pdf, report, language))
            await job.finish_file(f"{document_of(report, ()).file_stem}.pdf")
            return
        document = document_of(report, tuple(await self._tables(job, report, contents)))
        await make_file(job, document, cast("TableFormat", asked["format"]), language)

    async def _tables(self, job: RunningJob, report: Report, contents: Sequence[Content]) -> list[Table]:
        """In the order of `CONTENTS`, whatever the order of asking."""
        last_seq, until, database = report.reconciliation.ledger_last_seq, report.as_of, self._database
        async with database.reading.acquire() as db:
            expected = await db.fetchrow(_EXPECTED, report.session_id, last_seq, until)
        if expected is None:
            raise ExportSessionGone
        found: list[Table] = []
        if "report" in contents:
            found += report_tables(report)
        if "orders" in contents:
            found.append(orders(database, report.session_id, last_seq=last_seq, expected=expected["orders"]))
            found.append(order_lines(database, report.session_id, last_seq=last_seq, expected=expected["orders"]))
        if "settlements" in contents:
            found += await settlement_tables(database, job.organisation_id, [report.session_id], until=until)
        if "comments" in contents:
            found.append(comments(database, report.session_id, until=until, expected=expected["comments"]))
        return found


def document_of(report: Report, tables: tuple[Table, ...]) -> Document:
    """What a file about this report says on top."""
    day = (report.started_at or report.as_of).astimezone(VIETNAM_TIME).strftime("%Y-%m-%d")
    facts: list[tuple[Words, str | datetime]] = []
    if report.host_name:
        facts.append((("Người dẫn", "Host"), report.host_name))
    if report.started_at is not None:
        facts.append((("Bắt đầu", "Started"), report.started_at))
    if report.ended_at is not None:
        facts.append((("Kết thúc", "Ended"), report.ended_at))
    figures = ("Đã chốt", "final") if report.figures_are == "final" else ("Tạm tính, phiên chưa chốt số", "still moving")
    facts.append((("Tình trạng số liệu", "Figures"), f"{figures[0]} ({figures[1]})"))
    facts.append((("Bút toán cuối", "Last ledger entry"), str(report.reconciliation.ledger_last_seq)))
    return Document(
        title=report.title,
        organisation=report.organisation_name,
        as_of=report.as_of,
        file_stem=f"ocop-{day}-{str(report.session_id)[:8]}",
        facts=tuple(facts),
        tables=tables,
    )


async def make_file(job: RunningJob, document: Document, form: TableFormat, language: Language) -> None:
    """The file of a document becomes the job's. Raises `ExportTooLarge`, `ParquetNotInstalled`."""
    job.total = document.rows_expected
    folder = await asyncio.to_thread(_new_folder)
    try:
        await _hand_on(job, await write_file(folder, document, form, language, job.progress))
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _hand_on(job: RunningJob, path: Path) -> None:
    with await asyncio.to_thread(path.open, "rb") as file:
        if os.fstat(file.fileno()).st_size > FILE_MOST_BYTES:
            raise ExportTooLarge(details={"limit_bytes": FILE_MOST_BYTES})
        while data := await asyncio.to_thread(file.read, _READ_BYTES):
            await job.write(data)
    await job.finish_file(path.name)


def _new_folder() -> Path:
    """For one file. Folders that a killed process left behind go with the next one."""
    for left in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*"):
        with suppress(OSError):
            if wall_seconds() - left.stat().st_mtime > _LEFT_OVER_SECONDS:
                shutil.rmtree(left)
    return Path(tempfile.mkdtemp(prefix=_FOLDER))
