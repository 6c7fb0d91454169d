"""What `ocop jobs` does for reports: the export of a long ledger, and going through a whole ledger. Memory does not grow with it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from uuid import UUID

from app.infra.database import Database
from app.infra.job_runner import RunningJob, Work
from app.ledger.chain import chain, genesis_hash
from app.reports import queries
from app.reports.errors import LedgerBroken
from app.reports.export import ExportArchive
from app.reports.folding import Row
from app.reports.signing import Signer
from app.reports.statement import Statement, statement_at, write_statement
from app.reports.summaries import Summaries

_ENTRIES_PER_READ = 500
_STEPS = 10


class HeavyWork:
    """One method for each kind of job."""

    def __init__(self, database: Database, signer: Signer, summaries: Summaries) -> None:
        self._database = database
        self._signer = signer
        self._summaries = summaries

    def by_kind(self) -> Mapping[str, Work]:
        return {"export": self.export, "verification": self.verify}

    async def export(self, job: RunningJob) -> None:
        """The ZIP file of a closed session, its chain checked on the way. Raises `LedgerBroken`."""
        statement = await self._statement(job)
        archive = ExportArchive(statement)
        previous = genesis_hash(job.subject_id)
        async for rows in self._entries(job.subject_id, to=statement.last_seq):
            for seq, body, stored_hash, _ in rows:
                previous = chain(previous, body)
                if previous != stored_hash:
                    raise LedgerBroken(details={"seq": seq})
            archive.add(rows)
            await job.write(archive.take())
            await job.progress(rows[-1][0], statement.last_seq)
        await job.write(archive.close())
        await job.finish_file(f"ocop-session-{job.subject_id}.zip")

    async def verify(self, job: RunningJob) -> None:
        """Fold the whole ledger anew and compare: its chain, and what is stored of it. Raises `LedgerBroken`."""
        checked, fits = 0, True
        async for seq, broken_at, is_same in self._summaries.compared(job.subject_id, to=int(job.parameters["last_seq"])):
            if broken_at:
                raise LedgerBroken(details={"seq": broken_at})
            checked, fits = seq, fits and is_same
            await job.progress(seq)
        if not fits:
            await self._summaries.forget(job.subject_id)
        job.result = json.dumps({"entries": checked, "stored_folds_fit": fits})

    async def _statement(self, job: RunningJob) -> Statement:
        wanted = int(job.parameters["last_seq"])
        async with self._database.pool.acquire() as db:
            signed = await statement_at(db, job.subject_id, wanted)
        if signed is not None:
            return signed
        while not await self._summaries.extend(job.subject_id, steps=_STEPS):
            await job.progress(0)
        async with self._database.pool.acquire() as db, db.transaction():
            return await write_statement(db, job.subject_id, self._signer)

    async def _entries(self, session_id: UUID, *, to: int) -> AsyncIterator[list[Row]]:
        """In pieces, each read on a connection of its own for a moment: entries do not change, so no transaction need span them."""
        after = 0
        while after < to:
            async with self._database.pool.acquire() as db:
                rows = await queries.ledger_rows(db, session_id, after=after, to=min(to, after + _ENTRIES_PER_READ))
            if not rows:
                raise LedgerBroken(details={"seq": after + 1})
            yield rows
            after += _ENTRIES_PER_READ
