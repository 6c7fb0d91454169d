"""HTTP bodies of exports."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.exports.contents import CONTENTS, Content
from app.exports.files import TableFormat
from app.exports.tables import Language
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


class ExportList(BaseModel):
    """The newest exports of a session, newest first."""

    items: list[JobView]
