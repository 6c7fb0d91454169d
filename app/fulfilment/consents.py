"""What buyers agree to beyond their order: asked apart, ticked by nobody but them, kept with the evidence, taken back as easily.

The order itself needs no consent: it is what the buyer wants. Silence, a shown tick or an order is none for anything else.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field

from app.infra.clock import to_ms, utc_now
from app.infra.database import RawConnection

Purpose = Literal["news"]
# Every version of the words that was ever shown: an open page may still show the last but one. `consent.news` in app/web/languages.
TextVersion = Literal["2026-11-28"]
CURRENT: TextVersion = "2026-11-28"

_OF_ORDER = "SELECT purpose, text_version, language, given_at, withdrawn_at FROM consents WHERE order_id = $1 ORDER BY given_at, id"
_GIVE = """
INSERT INTO consents (id, order_id, device_id, purpose, text_version, language, given_at)
SELECT $1, o.id, o.device_id, $3, $4, $5, $6 FROM orders o WHERE o.id = $2 ON CONFLICT DO NOTHING RETURNING id
"""
_WITHDRAW = "UPDATE consents SET withdrawn_at = $3 WHERE order_id = $1 AND purpose = $2 AND withdrawn_at IS NULL RETURNING id"
_WITHDRAW_ALL = "UPDATE consents SET withdrawn_at = $2 WHERE order_id = ANY($1::uuid[]) AND withdrawn_at IS NULL"


class ConsentWish(BaseModel):
    """A tick that the buyer set or took away, and which words stood beside it, in which language."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"is_given": True, "text_version": "2026-11-28", "language": "vi"}]}
    )

    is_given: bool
    text_version: TextVersion = CURRENT
    language: Literal["vi", "en"] = "vi"


class ConsentView(BaseModel):
    """The evidence: what was agreed to, by which words, when, and until when. The device is the order's."""

    purpose: Purpose
    text_version: str
    language: str
    given_at_ms: int
    withdrawn_at_ms: int | None = Field(description="null while it holds")


async def change_consent(db: RawConnection, order_id: UUID, purpose: Purpose, wish: ConsentWish) -> bool:
    """Write down that it was given, or that it was taken back; whether that was new."""
    if wish.is_given:
        given = await db.fetch(_GIVE, uuid4(), order_id, purpose, wish.text_version, wish.language, utc_now())
        return bool(given)
    return bool(await db.fetch(_WITHDRAW, order_id, purpose, utc_now()))


async def withdraw_all(db: RawConnection, order_ids: list[UUID], at: datetime) -> None:
    """Whoever is forgotten is told no news."""
    await db.execute(_WITHDRAW_ALL, order_ids, at)


async def consents_of(db: RawConnection, order_id: UUID) -> list[ConsentView]:
    """All that were ever given with an order, oldest first."""
    return [
        ConsentView(
            purpose=row["purpose"],
            text_version=row["text_version"],
            language=row["language"],
            given_at_ms=to_ms(row["given_at"]) or 0,
            withdrawn_at_ms=to_ms(row["withdrawn_at"]),
        )
        for row in await db.fetch(_OF_ORDER, order_id)
    ]
