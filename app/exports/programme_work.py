"""What `ocop jobs` does for exports of programmes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from app.exports.contents import PROGRAMME_CONTENTS, ProgrammeContent
from app.exports.files import TableFormat
from app.exports.job_kinds import PROGRAMME_TABLES
from app.exports.programme_tables import programme_tables
from app.exports.settlement_tables import settlement_tables
from app.exports.tables import Document, Language, Table, Words
from app.exports.work import make_file
from app.infra.database import Database
from app.infra.job_runner import RunningJob, Work
from app.programmes.reaching import Reach
from app.programmes.whole import WholeProgramme, WholeProgrammes


class ProgrammeExportWork:
    """One method for each kind of job."""

    def __init__(self, database: Database, programmes: WholeProgrammes) -> None:
        self._database = database
        self._programmes = programmes

    def by_kind(self) -> Mapping[str, Work]:
        return {PROGRAMME_TABLES: self.tables}

    async def tables(self, job: RunningJob) -> None:
        """The file that was asked for, of as much as its asker could read. Raises `ProgrammeNotFound`, `ExportTooLarge`, `ParquetNotInstalled`."""
        asked = job.parameters
        communes = asked.get("communes")
        reach = Reach(job.organisation_id, None if communes is None else tuple(int(code) for code in str(communes).split(",")))
        whole = await self._programmes.read(reach, job.subject_id)
        contents = cast("Sequence[ProgrammeContent]", [each for each in str(asked["content"]).split(",") if each in PROGRAMME_CONTENTS])
        tables: list[Table] = []
        if "programme" in contents:
            tables += programme_tables(whole)
        if "settlements" in contents:
            session_ids = [each.session_id for each in whole.sessions]
            tables += await settlement_tables(self._database, job.organisation_id, session_ids, until=whole.report.as_of)
        await make_file(job, _document(whole, tuple(tables)), cast("TableFormat", asked["format"]), cast("Language", asked["language"]))


def _document(whole: WholeProgramme, tables: tuple[Table, ...]) -> Document:
    programme, report = whole.report.programme, whole.report
    facts: list[tuple[Words, str | datetime]] = [
        (("Ngày đầu", "First day"), programme.first_day.isoformat()),
        (("Ngày cuối", "Last day"), programme.last_day.isoformat()),
        (("Phiên và gian hàng", "Sessions and booths"), f"{report.streams} + {report.booths}"),
    ]
    if not report.whole_organisation:
        facts.append((("Phạm vi", "Reach"), "Chỉ các xã của người tải (only communes of whoever asked)"))
    if report.sums_as_of is not None:
        facts.append((("Số cũ nhất lúc", "Oldest sums as of"), report.sums_as_of))
    return Document(
        title=programme.name,
        subject=("Chương trình", "Programme"),
        organisation=whole.organisation,
        as_of=report.as_of,
        file_stem=f"ocop-{programme.first_day.isoformat()}-{str(programme.id)[:8]}",
        facts=tuple(facts),
        tables=tables,
    )
