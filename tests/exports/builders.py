"""Exports made as a person gets them: asked for, done by a runner of jobs, read from PostgreSQL in pieces."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from app.accounts.intentions import Intention
from app.exports.asking import TableExports
from app.exports.schemas import WantedExport
from app.exports.work import ExportWork
from app.infra.clock import utc_now
from app.infra.job_runner import JobRunner
from app.infra.jobs import JobQueue, JobStatus
from tests.reports.builders import Fair


@dataclass(slots=True)
class Exporting:
    """Asks, works, fetches."""

    fair: Fair
    desk: TableExports = field(init=False)
    queue: JobQueue = field(init=False)

    def __post_init__(self) -> None:
        self.desk, self.queue = TableExports(self.fair.database), JobQueue(self.fair.database.pool)

    def runner(self) -> JobRunner:
        work = ExportWork(self.fair.database, self.fair.reports)
        return JobRunner(self.fair.database.pool, work.by_kind(), name="exports")

    async def ask(self, form: str, *content: str, language: str = "vi", intention: Intention | None = None) -> JobStatus:
        wanted = WantedExport.model_validate({"format": form, "content": content or ("report",), "language": language})
        return await self.desk.start(self.fair.staff, self.fair.id, wanted, intention)

    async def made(self, form: str, *content: str, language: str = "vi") -> bytes:
        """The bytes of the file, once a runner has done everything that waits."""
        job = await self.ask(form, *content, language=language)
        while await self.runner().run_once():
            pass
        return await self.file(job)

    async def file(self, job: JobStatus) -> bytes:
        _, pieces = await self.queue.file(job.id, job.organisation_id)
        return b"".join([piece async for piece in pieces])

    async def status(self, job: JobStatus) -> JobStatus:
        return await self.queue.status(job.id, job.organisation_id)

    async def say(self, text: str, *, hidden: bool = False, seconds: float = 0) -> None:
        """Archive a comment."""
        comment = uuid4()
        await self.fair.database.pool.execute(
            "INSERT INTO comments (id, session_id, device_id, author, text, posted_at) VALUES ($1, $2, $3, 'Lan', $4, $5)",
            *(comment, self.fair.id, uuid4(), text, utc_now() - timedelta(seconds=60 - seconds)),
        )
        if hidden:
            await self.fair.database.pool.execute(
                "INSERT INTO comment_hidings (comment_id, session_id, is_hidden, reason, hidden_at) VALUES ($1, $2, true, 'link', now())",
                *(comment, self.fair.id),
            )


def opened(content: bytes) -> Workbook:
    return load_workbook(io.BytesIO(content))


def records(sheet: Worksheet) -> list[dict[str, object]]:
    """Rows below the heads, by head."""
    heads, *rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    return [dict(zip(map(str, heads), row, strict=True)) for row in rows]


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def an_intention(key: str, digest: bytes = b"same") -> Intention:
    return Intention(key, digest)
