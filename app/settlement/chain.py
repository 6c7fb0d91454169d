"""A producer's settlements as facts: agreed and paid, each chained to the one before with the ledger's own hash.

`hash(n) = SHA-256(hash(n-1) ‖ body(n))`, `hash(0) = SHA-256("ocop-live settlements " + producer id)`. Facts stand in a chain of their own:
a session's ledger says what became of orders, and its verifier and figures must not change with what people settle.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from app.ledger.chain import chain


@dataclass(frozen=True, slots=True)
class Settled:
    """A settlement as its facts tell it. `content` is what was agreed; `paid` what was noted as paid, None until then."""

    number: int
    content: dict[str, Any]
    agreed: asyncpg.Record
    paid: asyncpg.Record | None = None

    @property
    def payable_vnd(self) -> int:
        payable: int = self.content["sums"]["payable"]
        return payable

    @property
    def state(self) -> str:
        """`agreed`: to be paid; `paid`; `part_paid`: the next one begins with the rest; `carried`: nothing to pay, the next begins with it."""
        if self.paid is not None:
            return "part_paid" if self.left_vnd > 0 else "paid"
        return "agreed" if self.payable_vnd > 0 else "carried"

    @property
    def paid_content(self) -> dict[str, Any]:
        """What was noted as paid, with day and reference; empty until then."""
        return {} if self.paid is None else json.loads(self.paid["body"])

    @property
    def left_vnd(self) -> int:
        """What of it goes into the next one: what was not paid in full, or what nobody can be paid."""
        if self.paid is not None:
            return self.payable_vnd - int(self.paid["amount_vnd"])
        return min(0, self.payable_vnd)


def settlements_of(facts: Sequence[asyncpg.Record]) -> list[Settled]:
    """All settlements of a producer, the oldest first, from the chain in order."""
    paid = {row["settlement"]: row for row in facts if row["kind"] == "paid"}
    agreed = [row for row in facts if row["kind"] == "agreed"]
    return [Settled(row["settlement"], json.loads(row["body"]), row, paid.get(row["settlement"])) for row in agreed]


def opening_of(earlier: Sequence[Settled]) -> int:
    """What is carried into the next settlement: what is left of the earlier ones, less what these have carried themselves.

    One that is still to be paid leaves nothing.
    """
    return sum(each.left_vnd for each in earlier) - sum(int(each.content["sums"]["opening"]) for each in earlier)


def reached(earlier: Sequence[Settled]) -> dict[UUID, int]:
    """Up to which entry each session's ledger is settled."""
    found: dict[UUID, int] = {}
    for each in earlier:
        for covered in each.content["sessions"]:
            found[UUID(covered["session"])] = covered["to"]
    return found


def genesis(producer_id: UUID) -> bytes:
    """What the first fact's hash is chained to."""
    return hashlib.sha256(f"ocop-live settlements {producer_id}".encode()).digest()


def first_break(producer_id: UUID, facts: Sequence[asyncpg.Record]) -> int | None:
    """The number of the first fact that does not fit the chain, or None when all is in order."""
    previous = genesis(producer_id)
    for place, row in enumerate(facts, start=1):
        previous = chain(previous, row["body"])
        if row["number"] != place or row["hash"] != previous:
            return place
    return None
