"""HTTP bodies of exports."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.exports.accounting import AccountingReason
from app.exports.contents import CONTENTS, PROGRAMME_CONTENTS, Content, ProgrammeContent
from app.exports.files import TableFormat
from app.exports.models import LICENCE_MOST
from app.exports.tables import Language
from app.infra.jobs import JobState
from app.reports.job_routes import JobView


class WantedExport(BaseModel):
    """Which file somebody wants."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"format": "xlsx", "content": ["report", "orders"], "language": "vi"}]},
    )

    format: TableFormat | Literal["pdf"] = Field(description="pdf: the report alone, on A4 pages")
    content: tuple[Content, ...] = Field(("report",), min_length=1, max_length=len(CONTENTS))
    language: Language = Field("vi", description="of heads and definitions; CSV: also of separator and decimals")


class WantedProgrammeExport(BaseModel):
    """Which file about a programme somebody wants."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"format": "xlsx", "content": ["programme"], "language": "vi"}]}
    )

    format: TableFormat
    content: tuple[ProgrammeContent, ...] = Field(("programme",), min_length=1, max_length=len(PROGRAMME_CONTENTS))
    language: Language = Field("vi", description="of heads and definitions; CSV: also of separator and decimals")


class ProgrammeFile(BaseModel):
    """An export of a programme and how far it is."""

    id: UUID
    programme_id: UUID
    state: JobState = Field(description="outdated: done, and its file was kept for three days")
    done: int = Field(description="rows of tables written")
    total: int
    error: str | None = Field(description="error code, when it failed")
    file: str | None = Field(description="where the file is, once it is done")
    file_name: str | None
    file_bytes: int | None
    expires_at: datetime | None
    created_at: datetime
    finished_at: datetime | None


class ProgrammeFiles(BaseModel):
    """The newest exports of a programme, newest first."""

    items: list[ProgrammeFile]


class WantedReceivers(BaseModel):
    """What somebody wants a list with receivers in the clear for. Written down with their name for each order."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [{"reason": "accounting"}]})

    reason: AccountingReason
    language: Language = "vi"


class ExportList(BaseModel):
    """The newest exports of a session, newest first."""

    items: list[JobView]


Licence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LICENCE_MOST, pattern=r"^[^\x00-\x1f\x7f]+$")]


class WantedPublication(BaseModel):
    """What everybody shall see of a session."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"minutes": True, "report": False, "licence": "CC BY 4.0"}]}
    )

    minutes: bool = Field(description="the session minute by minute, as open data")
    report: bool = Field(description="figures, statement and export of a closed session")
    licence: Licence = Field("CC BY 4.0", description="what the minutes are given under")


class Publication(BaseModel):
    """What everybody sees of a session now."""

    minutes: bool
    report: bool
    licence: str
    changed_at: datetime | None
