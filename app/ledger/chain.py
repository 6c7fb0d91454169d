"""The form of a ledger entry: its canonical text, and the hash chain over it.

`hash(n) = SHA-256(hash(n-1) ‖ body(n))`, `hash(0) = SHA-256("ocop-live ledger " + session id)`.
`body` is JSON with sorted keys, no spaces, UTF-8; the text that was hashed is the text that is stored and exported.

A body that says no version `v` is of version 1: lines of flash offers alone. Version 2 has goods without an offer (`"offer":null`), sold at
their normal price, and lines that are no goods: `{"amount_vnd":…,"kind":"shipping"}`. Version 3 has differences, whose quantities and
amounts may be negative; sums of money that no goods stand behind, `{"amount_vnd":…,"kind":"money"}`; and `turn`, when an order has had
entries of the same kind before. What version 1 or 2 can say is still written so.

The entry `placed` of an order that a comment asked for says `"source":"comment"`, in any version: it moves no sum. Without it the order came
from one of our pages: from a flash offer, where a line has one, or from the shelf.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Any
from uuid import UUID

from app.ledger.kinds import NEWER_BODIES, EntryKind

_LINE_KINDS = {2: {"goods", "shipping"}, 3: {"goods", "money", "shipping"}}


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One line of goods of the order the entry is about. Prices in whole VND; no offer: sold at its normal price.

    In an entry `changed` the quantity is a difference and may be negative.
    """

    offer_id: UUID | None
    product_id: UUID
    producer_id: UUID
    quantity: int
    unit_price_vnd: int

    @property
    def amount_vnd(self) -> int:
        return self.quantity * self.unit_price_vnd


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact about an order. Carries its lines, so that every figure is a fold over entries alone.

    `money_vnd`: money for goods that is told without lines, of a later payment or a refund. `turn`: the how manieth of its kind it is for
    this order. `source`: where an order was placed, told when it was not one of our pages.
    """

    session_id: UUID
    seq: int
    kind: EntryKind
    order_id: UUID
    buyer_token: str
    happened_at_ms: int
    lines: tuple[EntryLine, ...]
    reason: str = ""
    shipping_vnd: int = 0
    money_vnd: int = 0
    turn: int = 1
    source: str = ""

    @property
    def amount_vnd(self) -> int:
        """The goods alone, which is what revenue means everywhere."""
        return sum(line.amount_vnd for line in self.lines) + self.money_vnd

    @property
    def total_vnd(self) -> int:
        """What the buyer pays: goods and shipping."""
        return self.amount_vnd + self.shipping_vnd

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)


def genesis_hash(session_id: UUID) -> bytes:
    """What the first entry's hash is chained to."""
    return hashlib.sha256(f"ocop-live ledger {session_id}".encode()).digest()


def chain(previous_hash: bytes, body: str) -> bytes:
    return hashlib.sha256(previous_hash + body.encode()).digest()


def body_of(entry: Entry) -> str:
    """The canonical text of an entry: what `json.dumps` writes with sorted keys and no spaces, but in a fifth of the time."""
    lines = ",".join(
        f'{{"amount_vnd":{line.amount_vnd},"offer":"{line.offer_id}","producer":"{line.producer_id}",'
        f'"product":"{line.product_id}","quantity":{line.quantity},"unit_price_vnd":{line.unit_price_vnd}}}'
        for line in entry.lines
    )
    version = ""
    # a search in the text costs a tenth of a look at each line
    if entry.shipping_vnd or '"offer":"None"' in lines:
        version = ',"v":2'
        lines = lines.replace('"offer":"None"', '"offer":null')
    if entry.turn > 1 or entry.money_vnd or entry.kind in NEWER_BODIES:
        version = f',"turn":{entry.turn},"v":3' if entry.turn > 1 else ',"v":3'
    if version:
        others = {"money": entry.money_vnd, "shipping": entry.shipping_vnd}
        lines = ",".join(filter(None, (lines, *(f'{{"amount_vnd":{vnd},"kind":"{kind}"}}' for kind, vnd in others.items() if vnd))))
    source = f',"source":{encode_basestring(entry.source)}' if entry.source else ""
    return (
        f'{{"at_ms":{entry.happened_at_ms},"buyer":{encode_basestring(entry.buyer_token)},"kind":"{entry.kind}","lines":[{lines}],'
        f'"order":"{entry.order_id}","reason":{encode_basestring(entry.reason)},"seq":{entry.seq},"session":"{entry.session_id}"{source}{version}}}'
    )


def entry_of(body: str) -> Entry:
    """The entry that `body_of` wrote. Raises `ValueError` for a body of a version that this code does not know."""
    fields = json.loads(body)
    goods: list[dict[str, Any]] = fields["lines"]
    others: dict[str, int] = {}
    if "v" in fields:
        goods, others = _parts_of(fields)
    return Entry(
        session_id=UUID(fields["session"]),
        seq=fields["seq"],
        kind=fields["kind"],
        order_id=UUID(fields["order"]),
        buyer_token=fields["buyer"],
        happened_at_ms=fields["at_ms"],
        lines=tuple(
            EntryLine(
                None if line["offer"] is None else UUID(line["offer"]),
                UUID(line["product"]),
                UUID(line["producer"]),
                line["quantity"],
                line["unit_price_vnd"],
            )
            for line in goods
        ),
        reason=fields["reason"],
        shipping_vnd=others.get("shipping", 0),
        money_vnd=others.get("money", 0),
        turn=fields.get("turn", 1),
        source=fields.get("source", ""),
    )


def _parts_of(fields: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The lines of goods of a body that names its version, and the sums of its other lines by their kind."""
    kinds = {line.get("kind", "goods") for line in fields["lines"]}
    if not kinds <= _LINE_KINDS.get(fields["v"], set()):
        raise ValueError(f"a ledger body of version {fields['v']} with lines {sorted(kinds)} is newer than this code")
    others: dict[str, int] = {}
    for line in fields["lines"]:
        if "kind" in line:
            others[line["kind"]] = others.get(line["kind"], 0) + line["amount_vnd"]
    return [line for line in fields["lines"] if "kind" not in line], others


def first_break(session_id: UUID, rows: Sequence[tuple[int, str, bytes]]) -> int | None:
    """Check a whole ledger given as (seq, body, hash): the first seq that does not fit, or None when all is in order."""
    previous = genesis_hash(session_id)
    for position, (seq, body, stored) in enumerate(rows, start=1):
        previous = chain(previous, body)
        if seq != position or stored != previous or entry_of(body).seq != seq:
            return position
    return None
