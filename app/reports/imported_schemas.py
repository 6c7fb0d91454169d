"""Figures read on other platforms: entered by people, shown apart, never added to what is measured."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

Platform = Literal["tiktok", "facebook", "youtube", "zalo", "other"]
Figure = Literal["impressions", "views", "viewers_peak", "likes", "comments", "shares", "new_followers"]
MOST = 1_000_000_000_000
Told = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=r"^[^\x00]*$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EnteredFigure(_Body):
    """One figure as somebody enters it; an empty value takes back what was entered before."""

    platform: Platform
    figure: Figure
    value: int | None = Field(ge=0, le=MOST, strict=True)
    told: Told = Field(description="where it was read, e.g. a page and the day", examples=["TikTok Studio, 24/11, trang Phân tích LIVE"])


_EXAMPLE: JsonValue = {"platform": "tiktok", "figure": "impressions", "value": 1_234_567, "told": "TikTok Studio, 24/11"}


class EnteredFigures(_Body):
    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [{"figures": [_EXAMPLE]}]})

    figures: tuple[EnteredFigure, ...] = Field(min_length=1, max_length=100)
    by_csv: bool = False


class ImportedRow(_Body):
    """One version of a figure, with who entered it and when. `number` 1 is the first."""

    platform: Platform
    figure: Figure
    number: int
    value: int | None
    told: str
    by_csv: bool
    entered_by_name: str
    entered_at: datetime


class ImportedView(_Body):
    """What counts now, and everything that was ever entered (the latest 500)."""

    figures: tuple[ImportedRow, ...]
    history: tuple[ImportedRow, ...]


class ImportText(_Body):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": "platform,figure,value,source\ntiktok,impressions,1234567,TikTok Studio"}]}
    )

    text: str = Field(max_length=50_000, description="CSV with a head: platform, figure, value, source")


class RowError(_Body):
    """`row` counts lines of the file from 1, the head among them."""

    row: int
    column: Literal["platform", "figure", "value", "source", "row"]
    code: Literal["head_missing", "unknown", "not_a_number", "too_large", "empty", "too_long", "twice", "too_many"]
    found: str


class ImportPreview(_Body):
    """What the file says. With errors nothing of it can be entered."""

    figures: tuple[EnteredFigure, ...]
    errors: tuple[RowError, ...]
