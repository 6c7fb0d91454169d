"""The form of a settlement's line: what it says about one order, as canonical text, and the hash over all of them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.ledger.course import Good
from app.settlement.standing import Standing


@dataclass(frozen=True, slots=True)
class SettledOrder:
    """What a settlement says about an order: what is new since the one before. `entries`: the ledger's entries that it comes from, those of
    the order within the settlement's range; none when only a fee is new. `under`: the settlement by whose rules its money counts, None for this
    one's; no part of the line's text.
    """

    session_id: UUID
    order_id: UUID
    code: str
    entries: tuple[int, ...]
    news: Standing
    under: int | None = None


def canonical(content: object) -> str:
    """JSON with sorted keys and no spaces, UTF-8: what is hashed is what is stored."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def body_of_line(line: SettledOrder) -> str:
    """Zeros are left out."""
    goods = [
        {
            "offer": None if good.offer_id is None else str(good.offer_id),
            "product": str(good.product_id),
            "units": _kept(line.news.units.get(good, Counter())),
            "unit_price_vnd": good.unit_price_vnd,
            "vnd": _kept(figures),
        }
        for good, figures in line.news.vnd.items()
        if any(figures.values()) or any(line.news.units.get(good, Counter()).values())
    ]
    return canonical(
        {
            "code": line.code,
            "entries": list(line.entries),
            "goods": goods,
            "order": str(line.order_id),
            "order_vnd": _kept(line.news.of_order),
            "session": str(line.session_id),
        }
    )


def line_of(body: str, producer_id: UUID) -> SettledOrder:
    """The line that `body_of_line` wrote."""
    fields: dict[str, Any] = json.loads(body)
    news = Standing(of_order=Counter(fields["order_vnd"]))
    for each in fields["goods"]:
        offer_id = None if each["offer"] is None else UUID(each["offer"])
        good = Good(offer_id, UUID(each["product"]), producer_id, each["unit_price_vnd"])
        news.units[good], news.vnd[good] = Counter(each["units"]), Counter(each["vnd"])
    return SettledOrder(UUID(fields["session"]), UUID(fields["order"]), fields["code"], tuple(fields["entries"]), news)


def digest_of_lines(bodies: Iterable[str]) -> str:
    """SHA-256 over the bodies in order, a line feed after each, in hex."""
    found = hashlib.sha256()
    for body in bodies:
        found.update(body.encode() + b"\n")
    return found.hexdigest()


def _kept(figures: Counter[str]) -> dict[str, int]:
    return {name: figure for name, figure in figures.items() if figure}
