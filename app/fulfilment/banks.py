"""Banks that take transfers by VietQR, with the BIN that a code names them by (`banks.csv`, as NAPAS publishes them)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

_FILE = Path(__file__).with_name("banks.csv")


@dataclass(frozen=True, slots=True)
class Bank:
    """`code` is how people call it, `name` how the law does."""

    bin: str
    code: str
    name: str


@cache
def banks() -> Mapping[str, Bank]:
    """By BIN, the largest first."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        found = [Bank(row["bin"], row["code"], row["name"]) for row in csv.DictReader(file)]
    return MappingProxyType({bank.bin: bank for bank in found})
