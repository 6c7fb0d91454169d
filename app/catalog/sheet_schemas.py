"""HTTP bodies of the import of products."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

RowOutcome = Literal["new", "changed", "same", "bad"]


class RowProblem(BaseModel):
    """Why a row is not right: the column's head, a stable code, and what was found there."""

    column: str
    code: str = Field(
        description="`needed`, `number`, `stars`, `day`, `yes_or_no`, `category`, `formula`, `video`, `producer_unknown`, "
        "`producer_ambiguous`, `duplicate_code`, `code_taken`, `not_valid`"
    )
    found: str


class RowPreview(BaseModel):
    """What a row would do; `line` as the spreadsheet numbers it, `changes` the heads of the columns that differ."""

    line: int
    code: str
    name: str
    outcome: RowOutcome
    changes: list[str]
    problems: list[RowProblem]


class ImportPreview(BaseModel):
    rows: list[RowPreview]
    counts: dict[RowOutcome, int]
    columns: list[str] = Field(description="heads that were understood")
    unknown_columns: list[str] = Field(description="heads that were not, and are left out")


class ImportOutcome(BaseModel):
    """How many rows did what; `bad` ones were left out."""

    counts: dict[RowOutcome, int]
