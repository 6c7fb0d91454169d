#!/usr/bin/env python3
"""Checks an exported session without trusting whoever made it: hash chain, every figure, signature. Needs Python 3.11+ alone.

    python3 verify.py EXPORT.zip [--key HEX]      (or the unpacked folder)

`--key` is the organisation's public key as you know it from elsewhere; without it the key inside the export is used and shown.
Says "OK" and exits 0, says in one line what does not fit and exits 1, or exits 2 when this is no export.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Point = tuple[int, int, int, int]
Entry = dict[str, Any]
Entries = list[Entry]
# What a ledger entry says with no "v" is version 1. Lines that are no goods name their kind.
LINE_KINDS: dict[int, set[str]] = {1: set(), 2: {"shipping"}, 3: {"shipping", "money"}}
# Statements of before called net what was delivered, collected or not.
FORMATS = ("ocop-live statement 1", "ocop-live statement 2")
FILES = ("statement.json", "statement.sig", "ledger.txt")
# The next three lines are written by `make gen` from app/ledger/kinds.py.
UNITS_TAKEN = {"placed": 1, "changed": 1, "cancelled": -1, "expired": -1, "restocked": -1}
RUNGS = ("placed", "confirmed", "delivered", "paid")
AGAIN = ("changed", "delivery_failed", "paid", "returned", "restocked", "refunded")

# --- Ed25519, verification only (RFC 8032, section 5.1) ---------------------------------------------------------------
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def recover_x(y: int, sign: int) -> int | None:
    """The x of a point with this y, or None when there is none."""
    xx = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(xx, (P + 3) // 8, P)
    x = x if (x * x - xx) % P == 0 else x * SQRT_M1 % P
    if (x * x - xx) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def point_from(data: bytes) -> Point | None:
    """A point in extended coordinates from its 32 bytes, or None."""
    sign, y = divmod(int.from_bytes(data, "little"), 2**255)
    x = recover_x(y, sign) if len(data) == 32 and y < P else None
    return None if x is None else (x, y, 1, x * y % P)


def add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(scalar: int, point: Point) -> Point:
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


BASE = point_from((4 * pow(5, -1, P) % P).to_bytes(32, "little")) or (0, 1, 1, 0)


def signature_fits(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (64 bytes) is that of `message` under the public key `key` (32 bytes)."""
    a, r = point_from(key), point_from(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or a is None or r is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    (x1, y1, z1, _), (x2, y2, z2, _) = times(s, BASE), add(r, times(k, a))
    return (x1 * z2 - x2 * z1) % P == 0 and (y1 * z2 - y2 * z1) % P == 0


# --- the figures, from the ledger alone -------------------------------------------------------------------------------
class DoesNotFit(Exception):
    """What is wrong, in one line."""


def read_ledger(text: str, session: str) -> tuple[Entries, str]:
    """Entries in order; every line is `<hash> <body>`, and each hash covers the one before it and the body as it stands."""
    previous = hashlib.sha256(f"ocop-live ledger {session}".encode()).digest()
    entries: Entries = []
    *lines, rest = text.split("\n")
    if rest:
        raise DoesNotFit(f"ledger entry {len(lines) + 1} is not a whole line")
    for number, line in enumerate(lines, start=1):
        stored, _, body = line.partition(" ")
        previous = hashlib.sha256(previous + body.encode()).digest()
        if stored != previous.hex():
            raise DoesNotFit(f"ledger entry {number} was changed, or one before it is missing: its hash does not fit")
        entry = json.loads(body)
        if entry["seq"] != number or entry["session"] != session:
            raise DoesNotFit(f"ledger entry {number} carries seq {entry['seq']!r} of session {entry['session']!r}")
        if not {each["kind"] for each in entry["lines"] if "kind" in each} <= LINE_KINDS.get(entry.get("v", 1), {None}):
            raise DoesNotFit(f"ledger entry {number} is written in a form that is newer than this program")
        if any(each["amount_vnd"] != each["quantity"] * each["unit_price_vnd"] for each in goods(entry)):
            raise DoesNotFit(f"ledger entry {number}: an amount is not quantity times unit price")
        entries.append(entry)
    return entries, previous.hex()


# An entry's lines are goods, or name their kind: money that is told without goods, and the shipping fee, which is counted apart.
def goods(entry: Entry) -> Entries:
    return [line for line in entry["lines"] if "kind" not in line]


def others_vnd(entry: Entry, kind: str) -> int:
    return sum(line["amount_vnd"] for line in entry["lines"] if line.get("kind") == kind)


def goods_vnd(entry: Entry) -> int:
    amounts: list[int] = [line["amount_vnd"] for line in goods(entry)]
    return sum(amounts) + others_vnd(entry, "money")


def shipping_vnd(entry: Entry) -> int:
    return others_vnd(entry, "shipping")


def count(figures: Counter[str], kind: str, lines: Entries, *, orders: int = 1) -> None:
    units, amount_vnd = (sum(line[name] for line in lines) for name in ("quantity", "amount_vnd"))
    figures.update({f"orders_{kind}": orders, f"units_{kind}": units, f"revenue_{kind}_vnd": amount_vnd})


def figures_of(entries: Entries, statement_format: str = FORMATS[-1]) -> dict[str, Any]:
    """Totals, per product, per producer, units taken per offer (or product without one), buyers, the ladder of goods and that of fees."""
    totals, taken = Counter[str](), Counter[str]()
    products, producers = (defaultdict[str, Counter[str]](Counter) for _ in range(2))
    for entry in entries:
        kind, lines = entry["kind"], goods(entry)
        count(totals, kind, lines, orders=0 if "turn" in entry else 1)
        totals[f"revenue_{kind}_vnd"] += others_vnd(entry, "money")
        totals[f"shipping_{kind}_vnd"] += shipping_vnd(entry)
        for of, name in ((products, "product"), (producers, "producer")):
            for key in {line[name] for line in lines}:
                count(of[key], kind, [line for line in lines if line[name] == key])
        for line in lines:
            taken[line["offer"] or line["product"]] += UNITS_TAKEN.get(kind, 0) * line["quantity"]
    return {
        "buyers": len({entry["buyer"] for entry in entries if entry["kind"] == "placed"}),
        "ladder_vnd": ladder_of(entries, goods_vnd, statement_format),
        "ladder_shipping_vnd": ladder_of(entries, shipping_vnd, statement_format),
        "producers": {key: dict(value) for key, value in producers.items()},
        "products": {key: dict(value) for key, value in products.items()},
        "taken": dict(taken),
        "totals": dict(totals),
    }


def ladder_of(entries: Entries, amount_of: Callable[[Entry], int], statement_format: str) -> dict[str, int]:
    """Placed → confirmed → delivered → collected → net of returns, in VND. Paid or delivered implies confirmed."""
    amounts = defaultdict[str, Counter[str]](Counter)
    for entry in entries:
        amounts[entry["order"]][entry["kind"]] += amount_of(entry)
        amounts[entry["order"]]["confirms"] += entry["kind"] in RUNGS[1:]
    for of in amounts.values():
        of["confirmed"] = of["placed"] + of["changed"] if of["confirms"] else 0
        of["net"] = max(0, of["delivered"] - max(of["returned"], of["refunded"]))
        if statement_format != FORMATS[0]:
            # what nobody has paid for is not net, and what was paid before its delivery is not collected yet
            of["net"] = max(0, min(of["delivered"] - of["returned"], of["paid"] - of["refunded"]))
            of["paid"] = max(0, min(of["delivered"], of["paid"]))
    return {step: sum(of[step] for of in amounts.values()) for step in (*RUNGS, "net")}


class Order:
    """What an order is about by now, entry by entry; refuses what cannot have been."""

    def __init__(self) -> None:
        self.turns, self.fee_vnd = Counter[str](), 0
        self.units = defaultdict[str, Counter[tuple[Any, ...]]](Counter)
        self.money = Counter[str]()

    def add(self, entry: Entry) -> None:
        """Raise DoesNotFit when the entry does not follow from those before it."""
        kind, ordered = entry["kind"], self.units["ordered"]
        lines = Counter[tuple[Any, ...]]()
        for line in goods(entry):
            lines[line["offer"], line["product"], line["producer"], line["unit_price_vnd"]] += line["quantity"]
        self.turns[kind] += 1
        self.require(entry.get("turn", 1) == self.turns[kind], entry, f"is not the order's entry {entry.get('turn', 1)} of its kind")
        self.require(("placed" in self.turns) and (kind in AGAIN or self.turns[kind] == 1), entry, "cannot follow")
        if UNITS_TAKEN.get(kind, 0) > 0:
            ended = any(UNITS_TAKEN.get(each, 0) < 0 and each not in AGAIN for each in self.turns)
            self.require(not ended and "delivered" not in self.turns, entry, "changes an order that is over")
            ordered.update(lines)
            self.fee_vnd += shipping_vnd(entry)
            self.require(min([*ordered.values(), self.fee_vnd]) >= 0 < sum(ordered.values()), entry, "takes more away than there was")
        elif kind not in AGAIN:
            self.require(+lines == +ordered and shipping_vnd(entry) == self.fee_vnd, entry, "is about something else than the order")
        self.units[kind].update(lines)
        self.money[kind] += goods_vnd(entry) + shipping_vnd(entry)
        self.require(
            self.units["returned"] <= (ordered if "delivered" in self.turns else Counter()), entry, "returns what was not delivered"
        )
        self.require(self.units["restocked"] <= self.units["returned"], entry, "puts back what did not come back")
        self.require(self.money["refunded"] <= self.money["paid"], entry, "gives back more than was paid")

    @staticmethod
    def require(is_so: bool, entry: Entry, otherwise: str) -> None:
        if not is_so:
            raise DoesNotFit(f"ledger entry {entry['seq']}, {entry['kind']}, {otherwise}")


def check_orders(entries: Entries) -> None:
    """Go through every order; its body must follow from its own entries."""
    orders = defaultdict[str, Order](Order)
    for entry in entries:
        orders[entry["order"]].add(entry)


def first_difference(stated: Any, counted: Any, where: str = "") -> str | None:
    """Where two figures differ, in words; None when they agree."""
    # a statement of before says nothing of what came later: then there is none of it
    if isinstance(stated or {}, dict) and isinstance(counted, dict):
        stated = stated or {}
        found = (first_difference(stated.get(k), counted.get(k), f"{where}.{k}".lstrip(".")) for k in sorted({*stated, *counted}))
        return next((difference for difference in found if difference), None)
    return None if (stated or 0) == (counted or 0) else f"{where}: the statement says {stated}, the ledger gives {counted}"


def texts_of(export: Path) -> list[str]:
    """Statement, signature and ledger, from the ZIP file or from a folder."""
    if export.is_dir():
        return [(export / name).read_bytes().decode() for name in FILES]
    with zipfile.ZipFile(export) as archive:
        if len(set(archive.namelist())) < len(archive.namelist()):
            raise DoesNotFit("a file is in the archive twice")
        return [archive.read(name).decode() for name in FILES]


def check(texts: Sequence[str], known_key: bytes | None) -> str:
    """Raise DoesNotFit, or return the line that says what was found."""
    statement_text, signature_text, ledger_text = texts
    signature, key = (bytes.fromhex(part) for part in signature_text.split())
    if known_key is not None and key != known_key:
        raise DoesNotFit(f"signed by key {key.hex()}, not by the key you gave")
    if not signature_fits(key, statement_text.encode(), signature):
        raise DoesNotFit("the signature does not belong to this statement")
    statement = json.loads(statement_text)
    entries, last_hash = read_ledger(ledger_text, statement["session"])
    if len(entries) != statement["last_seq"]:
        raise DoesNotFit(f"the statement covers entries up to {statement['last_seq']}, the ledger has {len(entries)}")
    if last_hash != statement["last_hash"]:
        raise DoesNotFit("the ledger is another one than the statement was signed over: its last hash differs")
    if statement["format"] not in FORMATS:
        raise DoesNotFit("the statement is written in a form that is newer than this program")
    check_orders(entries)
    if difference := first_difference(statement["figures"], figures_of(entries, statement["format"])):
        raise DoesNotFit(difference)
    placed, net = (statement["figures"]["ladder_vnd"][step] for step in ("placed", "net"))
    trust = "the key you gave" if known_key is not None else f"key {key.hex()} (compare it with the published one)"
    return f"OK: {len(entries)} entries, chain unbroken, placed {placed} VND, net {net} VND, signed by {trust}"


def main(arguments: Sequence[str]) -> int:
    """Exit code 0 = all fits, 1 = something does not, 2 = not an export."""
    parser = argparse.ArgumentParser(description="Checks an exported session: hash chain, every figure, signature.")
    parser.add_argument("export", nargs="?", default=".", type=Path, help="the ZIP file, or its unpacked folder")
    parser.add_argument("--key", type=bytes.fromhex, metavar="HEX", help="the organisation's public key")
    given = parser.parse_args(arguments)
    try:
        print(check(texts_of(given.export), given.key))
    except DoesNotFit as problem:
        print("DOES NOT FIT:", " ".join(str(problem).split()))
        return 1
    except Exception as problem:  # noqa: BLE001 - whatever a file that is no export does to its reader
        print(f"NOT AN EXPORT: {problem!r}")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
