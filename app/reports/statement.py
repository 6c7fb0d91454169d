"""The closing statement: every figure of a session's ledger up to one entry, signed by the organisation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from app.infra.clock import to_ms, utc_now
from app.infra.database import RawConnection
from app.reports import queries
from app.reports.errors import LedgerBroken, StatementNotDue
from app.reports.folding import FoldedLedger
from app.reports.signing import Signature, Signer
from app.reports.summaries import read_fold
from app.sessions.errors import SessionNotFound

FORMAT = "ocop-live statement 2"

_LAST = """
SELECT number, body, signature, public_key, last_seq FROM closing_statements WHERE session_id = $1 ORDER BY number DESC LIMIT 1
"""
_AT = "SELECT number, body, signature, public_key, last_seq FROM closing_statements WHERE session_id = $1 AND last_seq = $2"
_INSERT = """
INSERT INTO closing_statements (session_id, number, body, signature, public_key, last_seq, signed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING RETURNING number
"""
# the ledger's lock keeps entries from being added between the fold and the signature
_LOCK = "SELECT last_seq, last_hash FROM ledgers WHERE session_id = $1 FOR UPDATE"


@dataclass(frozen=True, slots=True)
class Statement:
    """A signed text. `body` is exactly what was signed."""

    number: int
    body: str
    signed: Signature
    last_seq: int


async def last_statement(db: RawConnection, session_id: UUID) -> Statement | None:
    return _statement(await db.fetchrow(_LAST, session_id))


async def statement_at(db: RawConnection, session_id: UUID, last_seq: int) -> Statement | None:
    """The statement over the ledger up to that entry, if it was signed then."""
    return _statement(await db.fetchrow(_AT, session_id, last_seq))


def _statement(row: asyncpg.Record | None) -> Statement | None:
    return None if row is None else Statement(row["number"], row["body"], Signature(row["signature"], row["public_key"]), row["last_seq"])


async def write_statement(db: RawConnection, session_id: UUID, signer: Signer) -> Statement:
    """The statement over the ledger as it is now; the last one when nothing was added since. Must run inside a transaction.

    Raises `SessionNotFound`, `StatementNotDue` before the session is closed, `LedgerBroken` when the chain does not fit,
    `ReportBeingPrepared` while the stored fold is far behind.
    """
    facts = await queries.session_facts(db, session_id)
    if facts is None:
        raise SessionNotFound(details={"session_id": str(session_id)})
    if facts.state != "closed":
        raise StatementNotDue(details={"state": facts.state})
    head = await db.fetchrow(_LOCK, session_id)
    last_seq = head["last_seq"] if head else 0
    last = await last_statement(db, session_id)
    if last is not None and last.last_seq == last_seq:
        return last
    folded = await read_fold(db, session_id, to=last_seq)
    if folded.broken_at or folded.whole.last_seq != last_seq:
        raise LedgerBroken(details={"seq": folded.broken_at or folded.whole.last_seq + 1})
    number = 1 if last is None else last.number + 1
    body = _body(facts, folded, number=number, last_hash=folded.last_hash)
    signed = await signer.sign(db, facts.organisation_id, body)
    row = (session_id, number, body, signed.signature, signed.public_key, last_seq, utc_now())
    if await db.fetchval(_INSERT, *row) is None:
        # a session that never had an offer has no ledger to lock: somebody else signed the same at the same moment
        return await write_statement(db, session_id, signer)
    return Statement(number, body, signed, last_seq)


def _body(facts: queries.SessionFacts, folded: FoldedLedger, *, number: int, last_hash: bytes) -> str:
    return json.dumps(
        {
            "figures": _figures(folded),
            "first_seq": 1 if folded.entries else 0,
            "format": FORMAT,
            "last_hash": last_hash.hex(),
            "last_seq": folded.whole.last_seq,
            "number": number,
            "organisation": {"id": str(facts.organisation_id), "name": facts.organisation_name},
            "session": str(facts.id),
            "signed_at_ms": to_ms(utc_now()),
            "started_at_ms": to_ms(facts.started_at),
            "ended_at_ms": to_ms(facts.ended_at),
            "title": facts.title,
        },
        ensure_ascii=False,
        indent=1,
        sort_keys=True,
    )


def _figures(folded: FoldedLedger) -> dict[str, object]:
    ladder = folded.whole
    return {
        "buyers": ladder.buyer_count,
        "ladder_vnd": {step.name: step.amount_vnd for step in folded.steps.steps()},
        "ladder_shipping_vnd": {step.name: step.shipping_vnd for step in folded.steps.steps()},
        "producers": _sorted(ladder.producers),
        "products": _sorted(ladder.products),
        "taken": dict(ladder.taken),
        "totals": dict(ladder.totals),
    }


def _sorted(figures: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    return {key: dict(figures[key]) for key in sorted(figures)}
