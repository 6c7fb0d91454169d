"""Bodies of programmes. What a figure means stands in `app/programmes/definitions.py`, under the name of its field."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.protocol.text import Line

MEMBERS_MAX = 2_000
PROGRAMME_NAME = Line(120, needs="letter")
Takes = Literal["all", "chosen"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ProgrammeContent(_Body):
    """What a programme is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Tháng hàng Việt 11/2026", "first_day": "2026-11-01", "last_day": "2026-11-30", "takes": "all"}]
        }
    )

    name: Annotated[str, *PROGRAMME_NAME.rules]
    first_day: date = Field(description="first day, Vietnam time")
    last_day: date = Field(description="last day, included")
    takes: Takes = Field("all", description="all sessions and booths of the organisation within these days, or those that were chosen")


class ProgrammeView(ProgrammeContent):
    """A programme in lists."""

    id: UUID
    changed_at: datetime


class ProgrammePage(_Body):
    programmes: tuple[ProgrammeView, ...]
    next_cursor: str | None = Field(None, description="for the next page; null: that was the last")


class ChosenSessions(_Body):
    """Which sessions and booths a programme takes; they count for the days of the programme."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"session_ids": ["0a6dd34c-9a2c-4b12-a84a-6b1f1f3f2b8e"]}]})

    session_ids: tuple[UUID, ...] = Field(max_length=MEMBERS_MAX)


class Candidate(_Body):
    """A session or booth that has begun and falls into the days of a programme."""

    session_id: UUID
    title: str
    kind: Literal["stream", "booth"]
    started_at: datetime
    commune_name: str | None
    is_chosen: bool


class CandidateList(_Body):
    """The newest first. What was chosen and has not begun, or lies outside the days, is counted only."""

    candidates: tuple[Candidate, ...]
    chosen_beside: int


class SalesSums(_Body):
    """Orders placed in the period, and how far they have come by now. Value of goods in VND, without shipping fees."""

    orders_placed: int = 0
    units_placed: int = 0
    placed_vnd: int = 0
    confirmed_orders: int = 0
    confirmed_vnd: int = 0
    delivered_orders: int = 0
    delivered_vnd: int = 0
    paid_orders: int = 0
    paid_vnd: int = 0
    net_orders: int = 0
    net_vnd: int = 0
    lost_orders: int = 0
    returned_orders: int = 0
    session_buyers: int = Field(0, description="buyers of each session, added up: who bought in two sessions is counted twice")


class ClosingSums(_Body):
    """The same orders as the closing statements found them."""

    orders_placed: int = 0
    placed_vnd: int = 0
    confirmed_vnd: int = 0
    delivered_vnd: int = 0
    paid_vnd: int = 0
    net_vnd: int = 0


class Audience(_Body):
    """Counts of the sessions with figures. A booth is measured over its whole life, so it counts only where all of that is in the period."""

    measured_sessions: int = 0
    views: int = 0
    unique_viewers: int | None = Field(
        None, description="devices over all these sessions, each once, an estimate; null: cannot be said now"
    )
    session_unique_viewers: int = Field(0, description="unique viewers of each session, added up: who watched two is counted twice")
    watch_seconds: int = 0
    comments: int = 0


class BothFigures(_Body):
    """Sessions whose books are closed: what their statements said, and what has become of the same orders."""

    closed_sessions: int
    at_closing: ClosingSums
    now: ClosingSums


class LateCorrection(_Body):
    """Facts after a closing statement, by the day they happened."""

    happened_on: date
    kind: str
    label_vi: str
    label_en: str
    sessions: int
    orders: int
    amount_vnd: int


class PeriodRow(_Body):
    """One week (from Monday) or month, as far as it is in the programme. `sales` null: hidden, a small group."""

    first_day: date
    last_day: date
    sessions: int = Field(description="sessions and booths with orders or a start in these days")
    sales: SalesSums | None


class SessionRow(_Body):
    """One session or booth of a programme. `sales` null: hidden, a small group; its own report has the figures for who may read it."""

    session_id: UUID
    title: str
    kind: Literal["stream", "booth"]
    state: str
    started_at: datetime
    ended_at: datetime | None
    ward_code: int | None
    commune_name: str | None
    unit_id: UUID | None
    unit_name: str | None
    sales: SalesSums | None
    at_closing: ClosingSums | None = Field(description="null: not closed yet, or hidden")
    closed_at: datetime | None
    views: int | None
    unique_viewers: int | None
    viewers_peak: int | None
    summed_at: datetime | None = Field(description="when these sums were made; null: not yet")
    is_current: bool = Field(description="whether they include the newest entry of the ledger")


class SessionRowPage(_Body):
    as_of: datetime
    sessions: tuple[SessionRow, ...]
    next_cursor: str | None = None


class Definition(_Body):
    """What one figure of these bodies means."""

    name: str
    label_vi: str
    label_en: str
    formula: str
    source: Literal["measured", "derived"]
    definition_vi: str
    definition_en: str


class ProgrammeReport(_Body):
    """A programme over its days: totals, both figures, late corrections, weeks and months."""

    programme: ProgrammeView
    as_of: datetime
    lag_seconds: float | None = Field(description="how far the replica that was read is behind; null: no replica")
    whole_organisation: bool = Field(description="false: only the communes in which the reader has a role")
    streams: int
    booths: int
    communes: int
    sessions_behind: int = Field(description="sessions whose newest entries are not in these sums yet; it is being done")
    sums_as_of: datetime | None = Field(description="null: all sums are as of `as_of`; otherwise when the oldest of those behind was made")
    sales: SalesSums | None = Field(description="null: hidden, all of it is a small group")
    both: BothFigures | None
    audience: Audience
    late: tuple[LateCorrection, ...]
    months: tuple[PeriodRow, ...]
    weeks: tuple[PeriodRow, ...]
    definitions: tuple[Definition, ...]


class LeagueRow(_Body):
    """One group of a league table. All figures are null where it is hidden; a rate is null, too, where its denominator is too small."""

    rank: int | None = Field(description="equal figures have equal ranks and the next ones are left out; null: nothing to rank by")
    group_id: str | None = Field(
        description="code of a commune, id of a unit or producer; null: sessions that belong to none, never ranked"
    )
    name: str | None
    about: str | None = Field(description="of a producer: its commune")
    sessions: int
    is_hidden: bool
    orders_placed: int | None = None
    placed_vnd: int | None = None
    net_vnd: int | None = Field(None, description="null in the table of producers, which has `kept_vnd`: payments are about whole orders")
    kept_vnd: int | None = None
    late_change_vnd: int | None = Field(
        None, description="what came after closing changed of `net_vnd` or `kept_vnd`; null: nothing is closed"
    )
    lost_per_order_placed_percent: float | None = None
    returned_per_order_delivered_percent: float | None = None
    net_per_session_vnd: int | None = None
    buyers_per_unique_viewer_percent: float | None = None


LeagueBy = Literal["commune", "unit", "producer"]
LeagueOrder = Literal[
    "net_vnd",
    "kept_vnd",
    "net_per_session_vnd",
    "buyers_per_unique_viewer_percent",
    "lost_per_order_placed_percent",
    "returned_per_order_delivered_percent",
]


class League(_Body):
    """Groups of a programme side by side, ordered by one figure."""

    by: LeagueBy
    ordered_by: LeagueOrder
    lowest_first: bool
    as_of: datetime
    rows: tuple[LeagueRow, ...]
    hidden_rows: int
    minimum_denominators: dict[str, int] = Field(description="below them a rate is not computed, by the name of the rate")
    definitions: tuple[Definition, ...]


class UnitContent(_Body):
    """A youth-union unit as it is called."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Đoàn xã Thiên Cầm"}]})

    name: Annotated[str, *PROGRAMME_NAME.rules]


class UnitView(_Body):
    id: UUID
    name: str


class HostUnitView(_Body):
    """A host, and the unit that their next sessions will get."""

    user_id: UUID
    name: str
    unit_id: UUID | None


class UnitList(_Body):
    units: tuple[UnitView, ...]
    hosts: tuple[HostUnitView, ...] = Field(description="empty for who may not change it")


class UnitChoice(_Body):
    """Which unit; null: none."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"unit_id": "0a6dd34c-9a2c-4b12-a84a-6b1f1f3f2b8e"}]})

    unit_id: UUID | None


class ComparedSession(_Body):
    """One of the sessions side by side, each as of its own moment."""

    session_id: UUID
    title: str
    kind: Literal["stream", "booth"]
    state: str
    started_at: datetime
    ended_at: datetime | None
    commune_name: str | None
    unit_name: str | None
    summed_at: datetime | None = Field(description="as of when; null: not summed yet, it is being done")
    is_current: bool
    sales: SalesSums
    at_closing: ClosingSums | None
    closed_at: datetime | None
    late: tuple[LateCorrection, ...]
    duration_seconds: int | None = Field(description="null while it goes on")
    views: int | None
    unique_viewers: int | None
    viewers_peak: int | None
    watch_seconds: int | None
    comments: int | None
    lost_per_order_placed_percent: float | None
    returned_per_order_delivered_percent: float | None
    buyers_per_unique_viewer_percent: float | None
    placed_per_1000_views_vnd: int | None


class Comparison(_Body):
    """Two to eight sessions by the same definitions."""

    as_of: datetime
    lag_seconds: float | None
    sessions: tuple[ComparedSession, ...]
    definitions: tuple[Definition, ...]
