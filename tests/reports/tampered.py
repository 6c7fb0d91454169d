"""Exports that somebody laid hands on, each in its own way, and some that nobody did: what every verifier must agree about."""

from __future__ import annotations

import io
import json
import random
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.ledger.chain import Entry, body_of
from app.reports import verify
from tests.reports.exports import Export, a_course, export_of, ledger_text, random_ledger, signed

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
HERE = Path(__file__).parent
_A_LIFE: tuple[tuple[Any, ...], ...] = (("placed", 3), ("changed", -1), ("confirmed", 2), ("delivered", 2), ("paid", 2), ("returned", 1))
_COURSES: Mapping[str, tuple[tuple[Any, ...], ...]] = {
    "a life": (*_A_LIFE, ("returned", 1, 2), ("restocked", 1), ("refunded", 0, 1, 200)),
    "begins in the middle": (("confirmed", 1),),
    "placed twice": (("placed", 1), ("placed", 1)),
    "confirmed twice": (("placed", 1), ("confirmed", 1), ("confirmed", 1, 2)),
    "takes too much away": (("placed", 2), ("changed", -3)),
    "takes all away": (("placed", 2), ("changed", -2)),
    "changes what is over": (("placed", 2), ("cancelled", 2), ("changed", 1)),
    "about something else": (("placed", 2), ("changed", 1), ("confirmed", 2)),
    "returned before": (("placed", 2), ("returned", 1)),
    "returned too much": (*_A_LIFE, ("returned", 2, 2)),
    "wrong turn": (*_A_LIFE, ("returned", 1, 1)),
    "restocked too much": (*_A_LIFE, ("restocked", 2)),
    "refunded too much": (*_A_LIFE, ("refunded", 0, 1, 201)),
}


def _stated(entries: list[Entry], **other: object) -> Export:
    """A statement over these entries as they are, whether they can be or not."""
    bodies = [json.loads(body_of(entry)) for entry in entries]
    ledger = ledger_text(entries)
    statement = {
        "figures": verify.figures_of(bodies),
        "format": verify.FORMATS[-1],
        "last_hash": ledger.splitlines()[-1].partition(" ")[0],
        "last_seq": len(entries),
        "session": str(entries[0].session_id),
    }
    return signed(json.dumps(statement | other), ledger, KEY)


async def corpus() -> dict[str, bytes]:
    """Archives by what was done to them."""
    export = await export_of(random_ledger(1), KEY)
    found = {"untouched": export.zip_bytes()}
    for number in range(2, 8):
        found[f"untouched {number}"] = (await export_of(random_ledger(number, orders=12, steps=40), KEY)).zip_bytes()
    for number in (1, 2):
        found[f"made once {number}"] = (HERE / f"export_statement_{number}.zip").read_bytes()
    found |= {f"course: {name}": _stated(a_course(*facts)).zip_bytes() for name, facts in _COURSES.items()}
    found |= _digits(export) | _lines(export) | _dishonest(export) | _no_exports(export) | _twice()
    return found


def _digits(export: Export) -> dict[str, bytes]:
    chance = random.Random(5)  # noqa: S311 - the same places in every run
    found = {}
    for name in ("statement.json", "statement.sig", "ledger.txt"):
        text = export.files()[name].decode()
        places = [place for place, sign in enumerate(text) if sign.isdigit()]
        for place in chance.sample(places, 12):
            other = chance.choice("0123456789".replace(text[place], ""))
            found[f"digit {place} of {name}"] = _with(export, name, text[:place] + other + text[place + 1 :])
    return found


def _lines(export: Export) -> dict[str, bytes]:
    lines = export.ledger.splitlines(keepends=True)
    longer = ledger_text([*random_ledger(1), replace(random_ledger(1)[0], seq=len(lines) + 1, kind="delivered")])
    altered = {
        "appended, rightly chained": longer,
        "appended without line end": export.ledger + longer.splitlines()[-1],
        "appended word": export.ledger + "0",
        "appended empty line": export.ledger + "\n",
        "no line end": export.ledger[:-1],
        "nothing": "",
        "repeated first": lines[0] + export.ledger,
        "missing first": "".join(lines[1:]),
        "missing last": "".join(lines[:-1]),
        "swapped": "".join([lines[1], lines[0], *lines[2:]]),
        "a hash in capitals": lines[0].upper() + "".join(lines[1:]),
    }
    return {f"ledger: {what}": _with(export, "ledger.txt", ledger) for what, ledger in altered.items()}


def _dishonest(export: Export) -> dict[str, bytes]:
    """Signed with the right key over what is not so."""
    dearer = [
        replace(entry, lines=tuple(replace(line, unit_price_vnd=line.unit_price_vnd + 1) for line in entry.lines))
        for entry in random_ledger(1)
    ]
    content: dict[str, Any] = json.loads(export.statement)
    figures = content["figures"]
    other_figures = {
        "buyers": figures | {"buyers": figures["buyers"] + 1},
        "net": figures | {"ladder_vnd": figures["ladder_vnd"] | {"net": 1}},
        "totals": figures | {"totals": figures["totals"] | {"gifts\nOK: all is well": 5}},
        "none": None,
    }
    found = {
        f"figures: {name}": signed(json.dumps(content | {"figures": each}), export.ledger, KEY) for name, each in other_figures.items()
    }
    found["last_seq"] = signed(json.dumps(content | {"last_seq": 1}), export.ledger, KEY)
    found["last_hash"] = signed(json.dumps(content | {"last_hash": "00" * 32}), export.ledger, KEY)
    found["format"] = signed(json.dumps(content | {"format": "ocop-live statement 9"}), export.ledger, KEY)
    found["another session"] = signed(json.dumps(content | {"session": "00000000-0000-0000-0000-000000000009"}), export.ledger, KEY)
    found["dearer ledger"] = Export(export.statement, export.signature, ledger_text(dearer))
    found["wrong seq"] = _stated([replace(entry, seq=entry.seq + 1) for entry in random_ledger(3)])
    return {f"dishonest: {name}": each.zip_bytes() for name, each in found.items()}


def _no_exports(export: Export) -> dict[str, bytes]:
    packed = export.zip_bytes()
    return {
        "no export: empty": b"",
        "no export: text": b"this is no archive",
        "no export: cut": packed[: len(packed) // 2],
        "no export: broken": packed[:60] + b"\xff" * 10 + packed[70:],
        "no export: no ledger": packed.replace(b"ledger.txt", b"ledgen.txt"),
        "no export: no hex": Export(export.statement, "not hex\n", export.ledger).zip_bytes(),
        "no export: no text": Export(export.statement, export.signature, export.ledger, {"ledger.txt": b"\xff\xfe"}).zip_bytes(),
        "no export: no json": signed("{", export.ledger, KEY).zip_bytes(),
        "no export: a list": signed("[]", export.ledger, KEY).zip_bytes(),
        "no export: deep": signed("[" * 100_000, export.ledger, KEY).zip_bytes(),
        "no export: nothing said": signed("{}", export.ledger, KEY).zip_bytes(),
    }


def _twice() -> dict[str, bytes]:
    packed = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(packed, "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("ledger.txt", "shown to people")
        archive.writestr("ledger.txt", "shown to the verifier")
    return {"a file twice": packed.getvalue()}


def _with(export: Export, name: str, text: str) -> bytes:
    return Export(export.statement, export.signature, export.ledger, {name: text.encode()}).zip_bytes()
