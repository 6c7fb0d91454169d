"""HTTP bodies of viewers' tickets and of bridges. Ids of the examples are invented."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from app.sessions.schemas import Label


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BridgeTokenRequest(_Body):
    """Name of the program that will report outside viewer counts."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"label": "Máy đọc số người xem TikTok"}]})

    label: Label


class IssuedBridgeToken(_Body):
    """The token is shown this once; only its digest is stored."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"token": "ocopb_k3l9…", "label": "Máy đọc số người xem TikTok"}]})

    token: str
    label: str


class IssuedTicket(_Body):
    """The ticket itself is in the cookie `ocop_ticket`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"device_id": "d7a3d3a4-0b57-4a5f-8e6d-6f6f1b7e4c10"}]})

    device_id: UUID
