"""Cells of statements and couriers' lists: amounts and days as banks write them, and which column is which.

Pure functions; what cannot be read for certain is a problem of its row, never a guess.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone

from app.catalog.sheet_reading import FORMULA
from app.fulfilment.money_schemas import FileColumns
from app.protocol.amounts import EARLIEST, LATEST, VND_MAX

VIETNAM = timezone(timedelta(hours=7))
_HEAD_AMONG = 40
_CURRENCY = re.compile(r"(?i)vn[dđ]|đồng|dong|₫|đ$")
_GROUPED = re.compile(r"\d{1,3}(?:([.,' \u00a0\u202f])\d{3})(?:\1\d{3})*|\d+")
_DAY = re.compile(r"(?<!\d)(?:(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})|(\d{4})[/.-](\d{1,2})[/.-](\d{1,2}))(?!\d)")
_CLOCK = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?::(\d{2}))?(?!\d)")

# What heads are called, glued and in capitals without marks. The first kind that claims a head has it; `=` wants the whole head.
_HEADS: Mapping[str, tuple[str, ...]] = {
    "reference": (
        *("SOTHAMCHIEU", "MATHAMCHIEU", "THAMCHIEU", "REFERENCE", "REFNO", "=REF", "MAGIAODICH", "MAGD", "SOGD", "SOGIAODICH"),
        *("SOCHUNGTU", "SOCT", "SOBUTTOAN", "BUTTOAN", "TRANSACTIONID", "TRANSACTIONNO", "DOCNO", "TRANSNO"),
    ),
    "date": ("NGAY", "DATE", "THOIGIAN", "=TIME"),
    "fee": ("PHI", "FEE", "CUOC"),
    "debit": ("GHINO", "PHATSINHNO", "=NO", "DEBIT", "TIENRA", "RUTRA", "NODEBIT", "WITHDRAW"),
    "amount": (
        *("GHICO", "PHATSINHCO", "=CO", "CREDIT", "TIENVAO", "COCREDIT", "DEPOSIT", "SOTIEN", "AMOUNT", "GIATRI"),
        *("THUHO", "DATHU", "THUCTHU", "=COD", "TIENCOD"),
    ),
    "words": (
        *("NOIDUNG", "DIENGIAI", "MOTA", "DESCRIPTION", "REMARK", "CHITIET", "DETAIL", "NARRATIVE"),
        *("MADON", "MADH", "DONHANG", "MAHANGRIENG", "ORDERCODE", "CLIENTORDER", "CUSTOMERREF", "=ORDER"),
    ),
}


def amount_of(cell: str) -> int:
    """Whole VND with its sign: `1.234.567 đ`, `+258,000.00`, `(120.000)`. Raises `ValueError` for half a đồng and for what is no amount."""
    text = _CURRENCY.sub("", unicodedata.normalize("NFKC", cell).strip()).strip()
    is_negative = text.startswith(("-", "\u2212")) or (text.startswith("(") and text.endswith(")"))
    text = text.strip("()+-\u2212 ")
    if found := re.fullmatch(r"(.+?)[.,](\d{1,2})", text):
        whole, part = found[1], found[2]
        # `12.34`: neither a group of thousands nor nothing behind the comma.
        if part.strip("0"):
            raise ValueError("no whole VND")
        text = whole
    if _GROUPED.fullmatch(text) is None or not text.isascii():
        raise ValueError("no amount")
    amount = int(re.sub(r"\D", "", text)[:16])
    if amount > VND_MAX:
        raise ValueError("too much")
    return -amount if is_negative else amount


def moment_of(cell: str) -> datetime:
    """A day, and the time if there is one, in Vietnam: `28/11/2026`, `2026-11-28 13:52:01`. The day comes before the month. Raises `ValueError`."""
    day = _DAY.search(cell)
    if day is None:
        raise ValueError("no day")
    year, month, date = (day[4], day[5], day[6]) if day[4] else (day[3], day[2], day[1])
    clock = _CLOCK.search(cell)
    hour, minute, second = (clock[1], clock[2], clock[3] or "0") if clock else ("0", "0", "0")
    full_year = int(year) + (2000 if len(year) == 2 else 0)
    moment = datetime(full_year, int(month), int(date), int(hour), int(minute), int(second), tzinfo=VIETNAM)
    if not EARLIEST <= moment < LATEST:
        raise ValueError("no day of ours")
    return moment


def is_formula(cell: str) -> bool:
    return cell.startswith(FORMULA)


def find_head(rows: Sequence[Sequence[str]]) -> int:
    """The row that names the columns: banks put their own name, the account and the period above it."""
    return max(range(min(len(rows), _HEAD_AMONG)), key=lambda place: (len(_named(rows[place])), -place), default=0)


def guess_columns(heads: Sequence[str]) -> FileColumns:
    """Which column says what, by what it is called; None where none is called so."""
    return FileColumns(**_named(heads))


def _named(heads: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, head in enumerate(heads):
        plain = _plain(head)
        # A long text is no head, whatever it mentions.
        kind = None if not plain or len(plain) > 60 else next((kind for kind, names in _HEADS.items() if _is_called(plain, names)), None)
        if kind is not None and kind not in found:
            found[kind] = place
    return found


def _is_called(plain: str, names: Sequence[str]) -> bool:
    return any(plain == name[1:] if name.startswith("=") else name in plain for name in names)


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text[:200]).upper().replace("\u0110", "D")
    return "".join(char for char in decomposed if "A" <= char <= "Z" or "0" <= char <= "9")
