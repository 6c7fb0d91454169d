"""Rows of claims: how they are read, written and told. Every function works inside a transaction of the caller."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from app.infra.clock import to_ms
from app.infra.database import RawConnection
from app.infra.sealing import Envelopes, SealUnreadable, WrappedKey
from app.orders.contacts import Pseudonyms, normalise_phone
from app.orders.errors import InvalidPhone
from app.orders.holds import HeldLine
from app.protocol.claims import ClaimLine, ClaimState, ClaimView
from app.protocol.server_events import ClaimChanged
from app.sessions.outbox import Told, event_to_tell, tell_room_raw

_SELECT = "SELECT c.*, o.code AS order_code FROM comment_claims c LEFT JOIN orders o ON o.id = c.order_id"
OPEN_OF_DEVICE = f"{_SELECT} WHERE c.session_id = $1 AND c.device_id = $2 AND c.state = 'held'"
LAST_OF_DEVICE = f"{_SELECT} WHERE c.session_id = $1 AND c.device_id = $2 ORDER BY c.said_at DESC, c.id DESC LIMIT 1"
OF_DEVICE = f"{_SELECT} WHERE c.session_id = $1 AND c.device_id = $2 ORDER BY c.said_at DESC, c.id DESC LIMIT 20"
ONE = f"{_SELECT} WHERE c.id = $1 AND c.session_id = $2"
LOCK_ONE = f"{ONE} FOR UPDATE OF c"
LATEST = f"{_SELECT} WHERE c.session_id = $1 ORDER BY c.state = 'held' DESC, c.said_at DESC, c.id LIMIT $2"
HELD_OVER_SESSIONS = """
SELECT c.*, o.code AS order_code, s.title AS session_title FROM comment_claims c JOIN sessions s ON s.id = c.session_id
LEFT JOIN orders o ON o.id = c.order_id
WHERE c.state = 'held' AND s.organisation_id = $1 AND (NOT s.is_rehearsal OR $3) AND ($2::uuid[] IS NULL OR c.session_id = ANY($2::uuid[]))
ORDER BY c.asked_at NULLS FIRST, c.until_at, c.id LIMIT $4
"""
OF_ORDER = f"{_SELECT} WHERE c.session_id = $1 AND (c.order_id = $2 OR c.follows_order_id = $2) ORDER BY c.said_at DESC, c.id LIMIT 20"
BY_HOLD = f"{_SELECT} WHERE c.hold_id = ANY($1::uuid[]) ORDER BY c.id FOR UPDATE OF c"
_INSERT = """
INSERT INTO comment_claims (id, session_id, comment_id, device_id, source, author, words, lines, state, follows_order_id, hold_id, said_at,
  held_at, until_at, phone_masked, phone_digest, key_id, wrapped_key, sealed, asks_desk)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $10::uuid IS NOT NULL)
"""
_HOLD_ANEW = """
UPDATE comment_claims SET lines = $2::jsonb, state = $3, hold_id = $4, held_at = $5, until_at = $6, decided_at = NULL, decided_by = NULL,
  asked_at = NULL WHERE id = $1
"""
_SAY_ANEW = """
UPDATE comment_claims SET comment_id = $2, words = $3, said_at = $4, phone_masked = coalesce($5, phone_masked),
  phone_digest = coalesce($6, phone_digest), key_id = coalesce($7, key_id), wrapped_key = CASE WHEN $7 IS NULL THEN wrapped_key ELSE $8 END,
  sealed = CASE WHEN $7 IS NULL THEN sealed ELSE $9 END WHERE id = $1
"""
_ASK_DESK = "UPDATE comment_claims SET asks_desk = true WHERE id = $1 AND follows_order_id IS NOT NULL"
_ASKED = "UPDATE comment_claims SET asked_at = $2, until_at = $3, asks_desk = follows_order_id IS NOT NULL WHERE id = $1"
_DECIDE = """
UPDATE comment_claims SET state = $2, order_id = $3, decided_at = $4, decided_by = $5, until_at = NULL,
  key_id = CASE WHEN $6 THEN NULL ELSE key_id END, wrapped_key = CASE WHEN $6 THEN NULL ELSE wrapped_key END,
  sealed = CASE WHEN $6 THEN NULL ELSE sealed END
WHERE id = $1
"""
FORGET_PHONES = """
UPDATE comment_claims SET key_id = NULL, wrapped_key = NULL, sealed = NULL, phone_digest = NULL, phone_masked = NULL
WHERE state <> 'held' AND num_nonnulls(sealed, phone_digest, phone_masked) > 0 AND said_at < now() - make_interval(days => $1)
"""
# Evidence of what was said is kept in the archive, as long as that says.
EMPTY_WITH_COMMENTS = """
UPDATE comment_claims k SET author = '', words = '' FROM comments c
WHERE c.id = k.comment_id AND c.text = '' AND k.words <> '' AND k.state <> 'held'
"""
_ABOUT = b"claim\0"


@dataclass(frozen=True, slots=True)
class SealedPhone:
    """A phone number as a claim keeps it; all None without one."""

    masked: str | None = None
    digest: bytes | None = None
    key_id: str | None = None
    wrapped_key: bytes | None = None
    sealed: bytes | None = None

    @property
    def columns(self) -> tuple[object, ...]:
        return self.masked, self.digest, self.key_id, self.wrapped_key, self.sealed


class Phones:
    """Seals the numbers that comments name, and opens them for whoever may see them."""

    def __init__(self, envelopes: Envelopes, pseudonyms: Pseudonyms) -> None:
        self._envelopes = envelopes
        self.pseudonyms = pseudonyms

    def seal(self, claim_id: UUID, numbers: Sequence[str]) -> SealedPhone:
        """The first of these numbers that a courier can call."""
        for number in numbers:
            try:
                phone = normalise_phone(number)
            except InvalidPhone:
                continue
            key = self._envelopes.new_key()
            sealed = key.seal(phone.encode(), about=_ABOUT + claim_id.bytes)
            return SealedPhone(f"•••{phone[-3:]}", self.pseudonyms.phone_digest(phone), key.wrapped.key_id, key.wrapped.wrapped, sealed)
        return SealedPhone()

    def open(self, row: asyncpg.Record) -> str | None:
        """E.164, or None when there is none, or none any more."""
        if row["sealed"] is None:
            return None
        try:
            key = self._envelopes.open_key(WrappedKey(row["key_id"], row["wrapped_key"]))
            return key.open(row["sealed"], about=_ABOUT + row["id"].bytes).decode()
        except SealUnreadable:
            return None


def lines_in(row: asyncpg.Record) -> list[ClaimLine]:
    return [ClaimLine.model_validate(line) for line in json.loads(row["lines"])]


def view_of(row: asyncpg.Record) -> ClaimView:
    return ClaimView(
        id=row["id"],
        comment_id=row["comment_id"],
        author=row["author"],
        words=row["words"],
        source=row["source"],
        said_at_ms=to_ms(row["said_at"]) or 0,
        state=row["state"],
        lines=tuple(lines_in(row)),
        until_ms=to_ms(row["until_at"]),
        is_change=row["follows_order_id"] is not None,
        phone_masked=row["phone_masked"],
        order_id=row["order_id"],
        follows_order_id=row["follows_order_id"],
        order_code=row["order_code"],
        asked_at_ms=to_ms(row["asked_at"]),
    )


def with_outcomes(lines: Sequence[ClaimLine], held: Sequence[HeldLine]) -> list[ClaimLine]:
    """The lines as they came out of being held."""
    by_product = {each.product_id: each for each in held}
    return [
        line.model_copy(update={"outcome": each.outcome, "offer_id": each.offer_id, "unit_price_vnd": each.unit_price_vnd})
        for line in lines
        if (each := by_product.get(line.product_id)) is not None
    ]


def state_after(lines: Sequence[ClaimLine]) -> ClaimState:
    return "held" if any(line.outcome == "held" for line in lines) else "sold_out"


def _written(lines: Sequence[ClaimLine]) -> str:
    return json.dumps([line.model_dump(mode="json") for line in lines], ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClaim:
    """A claim as it is first written."""

    id: UUID
    session_id: UUID
    comment_id: UUID
    device_id: UUID
    source: str
    author: str
    words: str
    said_at: datetime
    follows_order_id: UUID | None
    phone: SealedPhone


async def insert_claim(
    db: RawConnection, new: NewClaim, lines: Sequence[ClaimLine], *, hold_id: UUID, now: datetime, until: datetime
) -> None:
    state = state_after(lines)
    about = (new.id, new.session_id, new.comment_id, new.device_id, new.source, new.author, new.words, _written(lines), state)
    held = (new.follows_order_id, hold_id, new.said_at, now, until if state == "held" else None)
    await db.execute(_INSERT, *about, *held, *new.phone.columns)


async def hold_anew(
    db: RawConnection, claim_id: UUID, lines: Sequence[ClaimLine], *, hold_id: UUID, now: datetime, until: datetime
) -> None:
    state = state_after(lines)
    await db.execute(_HOLD_ANEW, claim_id, _written(lines), state, hold_id, now, until if state == "held" else None)


async def ask_desk(db: RawConnection, claim_id: UUID) -> None:
    """Its writer wants something else now: an order that the claim follows is to be confirmed again."""
    await db.execute(_ASK_DESK, claim_id)


async def note_asked(db: RawConnection, claim_id: UUID, now: datetime, until: datetime) -> None:
    """Its writer was asked, and has until then; the order that it follows, if it does, is to be confirmed again."""
    await db.execute(_ASKED, claim_id, now, until)


async def say_anew(db: RawConnection, claim_id: UUID, comment_id: UUID, words: str, said_at: datetime, phone: SealedPhone) -> None:
    """A newer comment of the same buyer went into the claim."""
    await db.execute(_SAY_ANEW, claim_id, comment_id, words, said_at, *phone.columns)


async def decide(
    db: RawConnection, claim_id: UUID, state: ClaimState, *, now: datetime, by: UUID | None, order_id: UUID | None = None
) -> None:
    """Nothing is held for it from now on. Its phone is forgotten, unless it only expired: the desk may hold it anew."""
    await db.execute(_DECIDE, claim_id, state, order_id, now, by, state != "expired")


async def tell_claim(db: RawConnection, claim_id: UUID, session_id: UUID) -> ClaimView:
    """Have the board and the claim's writer told how it stands now, after COMMIT."""
    row = await db.fetchrow(ONE, claim_id, session_id)
    if row is None:
        raise LookupError(claim_id)
    view = view_of(row)
    await tell_room_raw(db, session_id, [event_of(view, row["device_id"])])
    return view


def event_of(view: ClaimView, device_id: UUID) -> Told:
    return event_to_tell(ClaimChanged(claim=view, device=device_id))


def product_of(row: Any, quantity: int, variant: str) -> ClaimLine:  # noqa: ANN401 - a record
    """A line for a product of the run-down, before anything is held."""
    return ClaimLine(
        product_id=row["product_id"], code=row["code"], product_name=row["name"], quantity=quantity, variant=variant, outcome="not_sold"
    )
