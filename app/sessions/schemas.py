"""HTTP bodies of sessions. Names and ids of the examples are invented."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.protocol.amounts import EventTime
from app.protocol.product_codes import ProductCode
from app.protocol.text import Line
from app.protocol.views import ProductView, SessionState, SessionView

_SESSION_ID = "0c5fb1de-6b7e-4d0c-9a86-3a0c3f1d2b11"
_PRODUCT_ID = "6a1f7a52-2f0b-4a5e-8a77-8b1f5f0c9d21"


Title = Annotated[str, *Line(160).rules]
Label = Annotated[str, *Line(80).rules]
VideoUrl = Annotated[str, StringConstraints(max_length=500)]
WardCode = Annotated[int, Field(ge=1, le=99_999)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SessionContent(_Body):
    """A new session, as a draft."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "Chợ phiên OCOP Hà Tĩnh - Sáng thứ Bảy",
                    "planned_start_at": "2026-12-05T08:00:00+07:00",
                    "video_url": "https://www.youtube.com/watch?v=abcdefghijk",
                }
            ]
        }
    )

    title: Title
    host_id: UUID | None = Field(None, description="user of the same organisation; left out: whoever creates the session")
    planned_start_at: EventTime | None = None
    video_url: VideoUrl | None = Field(None, description="YouTube, Facebook, TikTok or HLS (.m3u8) link")
    ward_code: WardCode | None = Field(None, description="commune that holds it; left out: the creator's, if their role is a commune's")
    is_rehearsal: bool = Field(False, description="for practice: simulated people may take part; cannot be changed afterwards")


class SessionChanges(_Body):
    """Changes to a session; a field that is left out stays as it is, null empties it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "Chợ phiên OCOP Hà Tĩnh - Tết sum vầy", "video_url": None}]})

    title: Title | None = None
    host_id: UUID | None = None
    planned_start_at: EventTime | None = None
    video_url: VideoUrl | None = None
    ward_code: WardCode | None = Field(None, description="commune that holds it: its people reach it by their roles there")


class TransitionRequest(_Body):
    """Where the session shall move: draft → scheduled → live → ended → closed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"to": "live"}]})

    to: SessionState


class RunDown(_Body):
    """The products of a session in their order. Codes (A1, A2 …) of products that stay do not change unless `codes` says so."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"product_ids": [_PRODUCT_ID], "codes": {_PRODUCT_ID: "MAT1"}}]})

    product_ids: tuple[UUID, ...] = Field(max_length=200)
    codes: dict[UUID, ProductCode] = Field({}, max_length=200, description="codes of the organiser's own, by product; no two alike")


class PinRequest(_Body):
    """The product the host talks about now; null takes the pin away."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"product_id": _PRODUCT_ID}]})

    product_id: UUID | None


class SessionDetails(SessionView):
    """A session with its run-down."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": _SESSION_ID,
                    "title": "Chợ phiên OCOP Hà Tĩnh - Sáng thứ Bảy",
                    "state": "scheduled",
                    "organisation_name": "Chợ phiên OCOP Hà Tĩnh",
                    "host_name": "Ngọc Lan",
                    "planned_start_at_ms": 1_796_432_400_000,
                    "started_at_ms": None,
                    "ended_at_ms": None,
                    "video": None,
                    "host_id": "f3b0b6c4-4a35-4f5e-a0ad-0c8f2f0f8a01",
                    "pinned_product_id": None,
                    "products": [],
                }
            ]
        }
    )

    host_id: UUID | None = Field(description="for staff of the session's organisation; null for everybody else")
    ward_code: int | None = Field(
        None, description="the commune that holds it, for staff of the session's organisation; null for everybody else"
    )
    pinned_product_id: UUID | None
    products: tuple[ProductView, ...]


class SessionList(_Body):
    """Live sessions first, then by planned time."""

    items: tuple[SessionView, ...]
    total: int = Field(description="how many there are in all; `items` may be a part of them")
