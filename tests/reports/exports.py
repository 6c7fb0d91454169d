"""Exports of invented ledgers, signed like real ones but without a database; and the verifier run on them."""

from __future__ import annotations

import contextlib
import io
import random
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.infra.clock import utc_now
from app.ledger.chain import Entry, EntryLine, body_of, chain, genesis_hash
from app.ledger.course import Content, Course, Good, course_of, lines_of
from app.ledger.kinds import LATER_KINDS, EntryKind, may_follow
from app.reports import statement, verify
from app.reports.folding import FoldedLedger, empty_fold, extend_fold
from app.reports.queries import SessionFacts

KINDS = sorted(LATER_KINDS)


def random_ledger(seed: int, *, orders: int = 6, steps: int = 14) -> list[Entry]:
    """A course of orders as the service could have written it: three products of two producers, four offers, some sold without an offer and
    some with a shipping fee."""
    chance = random.Random(seed)  # noqa: S311 - invented orders, no secrets
    session_id = UUID(int=chance.getrandbits(128))
    producers = [UUID(int=chance.getrandbits(128)) for _ in range(2)]
    products = [(UUID(int=chance.getrandbits(128)), producer) for producer in (*producers, producers[0])]
    offers = [(UUID(int=chance.getrandbits(128)), *products[number % 3], chance.randrange(1_000, 400_000)) for number in range(4)]
    orders_placed: list[UUID] = []
    courses: dict[UUID, Course] = {}
    entries: list[Entry] = []
    for number in range(orders + steps):
        if number < orders or not orders_placed:
            lines = tuple(
                EntryLine(offer_id, product_id, producer_id, chance.randrange(1, 5), price_vnd)
                for offer_id, product_id, producer_id, price_vnd in chance.sample(offers, chance.randrange(1, 4))
            )
            if chance.randrange(2):
                lines += (EntryLine(None, *products[0], chance.randrange(1, 5), 400_000),)
            order_id, buyer = UUID(int=chance.getrandbits(128)), f"{chance.randrange(4):016x}"
            shipping_vnd = chance.choice((0, 0, 25_000, 40_000))
            entry = Entry(session_id, len(entries) + 1, "placed", order_id, buyer, 1, lines, shipping_vnd=shipping_vnd)
            orders_placed.append(order_id)
            courses[order_id] = course_of([entry])
            entries.append(entry)
            continue
        order_id = chance.choice(orders_placed)
        course = courses[order_id]
        possible = [kind for kind in KINDS if may_follow(kind, course.had)] + ["refunded"] * ("paid" in course.had)
        if not possible:
            continue
        kind = chance.choice(possible)
        content = a_content(chance, course, kind, products)
        if content is not None:
            reason = chance.choice(("", "no_answer", "hold_over"))
            about = (content.lines, reason, content.shipping_vnd, content.money_vnd)
            entry = Entry(session_id, len(entries) + 1, kind, order_id, course.buyer_token, 60_000 * number, *about, course.turns[kind] + 1)
            course.add(entry)
            entries.append(entry)
    return entries


def a_course(*facts: tuple[Any, ...]) -> list[Entry]:
    """Entries of one order of goods at 100, given as (kind, units, turn, money beside them); whether they can be or not."""
    entries = []
    for seq, (kind, quantity, *more) in enumerate(facts, start=1):
        lines = (EntryLine(UUID(int=1), UUID(int=2), UUID(int=3), quantity, 100),) if quantity else ()
        turn, money_vnd = [*more, 1, 0][:2] if not more else [*more, 0][:2]
        entries.append(Entry(UUID(int=9), seq, kind, UUID(int=5), "b", 0, lines, money_vnd=money_vnd, turn=turn))
    return entries


def a_content(chance: random.Random, course: Course, kind: EntryKind, products: Sequence[tuple[UUID, UUID]]) -> Content | None:
    """What such an entry may say about the order: all that is left for it, or some part."""
    if kind == "changed":
        difference = Counter[Good]()
        for good, quantity in course.ordered.items():
            difference[good] = chance.randrange(-quantity, 3)
        difference[Good(None, *chance.choice(products), chance.choice((90_000, 400_000)))] += chance.randrange(3)
        after = course.ordered.copy()
        after.update(difference)
        fee_vnd = chance.choice((0, 15_000, -course.shipping_vnd))
        return Content(lines_of(difference), fee_vnd) if lines_of(difference) and sum(after.values()) else None
    if kind == "returned" and course.kept and chance.randrange(2):
        good = chance.choice(sorted(course.kept, key=str))
        return course.part_returned(Counter({good: chance.randrange(1, course.kept[good] + 1)}))
    refundable_vnd = course.refundable.total_vnd
    if kind == "refunded" and refundable_vnd > 0 and (chance.randrange(2) or not may_follow(kind, course.had)):
        return course.refund_of(chance.randrange(1, refundable_vnd + 1))
    return course.whole(kind) if may_follow(kind, course.had) else None


def ledger_text(entries: Sequence[Entry]) -> str:
    """As the export writes it: each line with the hash over itself and the one before."""
    lines, previous = [], genesis_hash(entries[0].session_id)
    for entry in entries:
        previous = chain(previous, body_of(entry))
        lines.append(f"{previous.hex()} {body_of(entry)}\n")
    return "".join(lines)


async def folded(entries: Sequence[Entry]) -> FoldedLedger:
    fold, previous, rows = empty_fold(entries[0].session_id), genesis_hash(entries[0].session_id), []
    for entry in entries:
        previous = chain(previous, body_of(entry))
        rows.append((entry.seq, body_of(entry), previous, entry.amount_vnd))
    await extend_fold(fold, rows)
    return fold


@dataclass
class Export:
    """The three files that the verifier reads."""

    statement: str
    signature: str
    ledger: str
    extra: dict[str, bytes] = field(default_factory=dict)

    def files(self) -> dict[str, bytes]:
        own = {"statement.json": self.statement, "statement.sig": self.signature, "ledger.txt": self.ledger}
        return {name: text.encode() for name, text in own.items()} | self.extra

    def zip_bytes(self) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.files().items():
                archive.writestr(name, content)
        return packed.getvalue()

    def verdict(self, folder: Path, *arguments: str) -> tuple[int, str]:
        """Exit code and output of the verifier on this export as a folder."""
        for name, content in self.files().items():
            (folder / name).write_bytes(content)
        return run_verifier(str(folder), *arguments)


def run_verifier(*arguments: str) -> tuple[int, str]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = verify.main(arguments)
    return code, said.getvalue()


def signed(body: str, ledger: str, key: Ed25519PrivateKey) -> Export:
    signature = key.sign(body.encode()).hex()
    return Export(body, f"{signature}\n{key.public_key().public_bytes_raw().hex()}\n", ledger)


async def export_of(entries: Sequence[Entry], key: Ed25519PrivateKey) -> Export:
    """An export as the service makes it."""
    fold = await folded(entries)
    now = utc_now()
    facts = SessionFacts(entries[0].session_id, "Chợ phiên", "closed", UUID(int=7), "Đoàn xã", "Lan", now, now, len(entries), now)
    body = statement._body(facts, fold, number=1, last_hash=fold.last_hash)
    return signed(body, ledger_text(entries), key)
