"""Reads a CSV file of places, says of every row whether it can be taken, and what it would change. Stores nothing."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from app.catalog.gazetteer import PROVINCE_KINDS, WARD_KINDS, Gazetteer, UnitVersion, kind_of
from app.catalog.place_names import kept_spelling
from app.infra.startup import StartupError

MAX_BYTES = 5_000_000
MAX_ROWS = 20_000
NAME_MAX_CHARACTERS = 80
DECISION_MAX_CHARACTERS = 80
NEEDED_COLUMNS = ("code", "name", "valid_from")
COLUMNS = (*NEEDED_COLUMNS, "province_code", "valid_to", "decision", "withdrawn")

_FIRST_DAY, _LAST_DAY = date(2025, 7, 1), date(2100, 12, 31)
_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_SPOKEN_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_NAME_LETTERS = re.compile(r"[A-Za-z0-9đĐ' -]")


class UnreadablePlacesFile(StartupError):
    """The file as a whole cannot be read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the row that ends in this line of the file cannot be taken."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a row changes, in words, and the version to store."""

    line: int
    text: str
    version: UnitVersion


@dataclass(frozen=True, slots=True)
class FileCheck:
    """The outcome for a whole file; it may be imported when there is no problem."""

    file_name: str
    file_sha256: str
    rows: int
    problems: tuple[Problem, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    version: UnitVersion


def check_places_file(path: Path, known: Gazetteer) -> FileCheck:
    """Check every row against the rules and against what is `known`. Raises `UnreadablePlacesFile`."""
    content = _content_of(path)
    rows: list[_Row] = []
    problems: list[Problem] = []
    seen: dict[tuple[bool, int, date], int] = {}
    table = list(_cells_of(path, content))
    for line, cells in table:
        found: list[str] = []
        version = _version_of(cells, found)
        if version is not None and (first := seen.setdefault(version.key, line)) != line:
            found.append(f"the same code and valid_from as line {first}")
        if version is not None and version.is_withdrawn and known.stored(version.key) is None:
            found.append(f"there is nothing to withdraw: no version of {version.code} begins on {version.valid_from}")
        problems += [Problem(line, text) for text in found]
        if version is not None and not found:
            rows.append(_Row(line, version))
    problems += _misfits(rows, known)
    bad = {problem.line for problem in problems}
    changes = [Change(row.line, text, row.version) for row in rows if row.line not in bad and (text := _change_of(row.version, known))]
    return FileCheck(
        path.name.encode(errors="replace").decode(),
        hashlib.sha256(content).hexdigest(),
        len(table),
        tuple(sorted(problems, key=lambda each: each.line)),
        tuple(changes),
    )


def _content_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadablePlacesFile(f"{path} cannot be read ({error.strerror or error}).") from error
    if len(content) > MAX_BYTES:
        raise UnreadablePlacesFile(f"{path} is larger than {MAX_BYTES // 1_000_000} MB; split it.")
    return content


def _cells_of(path: Path, content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells by column; comma or semicolon, as spreadsheets write it."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadablePlacesFile(f'{path} is not UTF-8; save it as "CSV UTF-8".') from error
    header = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if header.count(";") > header.count(",") else ",")
    try:
        columns = [name.strip().lower() for name in next(reader, [])]
        if set(NEEDED_COLUMNS) - set(columns) or set(columns) - set(COLUMNS) or len(set(columns)) < len(columns):
            raise UnreadablePlacesFile(
                f"{path}: the first line must name the columns {', '.join(NEEDED_COLUMNS)}, and of {', '.join(COLUMNS[3:])} those that are used; "
                f"it is: {', '.join(columns)[:200] or 'empty'}."
            )
        for number, row in enumerate(reader, start=1):
            if number > MAX_ROWS:
                raise UnreadablePlacesFile(f"{path} has more than {MAX_ROWS:,} rows; split it.")
            if any(cell.strip() for cell in row):
                yield reader.line_num, _by_column(columns, row)
    except csv.Error as error:
        raise UnreadablePlacesFile(f"{path}, line {reader.line_num}: {error}.") from error


def _by_column(columns: list[str], row: list[str]) -> dict[str, str]:
    cells = {name: row[index].strip() if index < len(row) else "" for index, name in enumerate(columns)}
    return cells | {"": " ".join(cell for cell in row[len(columns) :] if cell.strip())}


def _version_of(cells: dict[str, str], problems: list[str]) -> UnitVersion | None:
    """The version that a row describes; what is wrong is added to `problems`. None when it cannot even be named."""
    if cells[""]:
        problems.append(f"more cells than columns: {cells[''][:80]!r} (put names with commas in quotes)")
    province_code = _code(cells.get("province_code", ""), 99, "province_code", problems) if cells.get("province_code") else None
    is_province = not cells.get("province_code")
    code = _code(cells["code"], 99 if is_province else 99_999, "code", problems)
    first = _day(cells["valid_from"], "valid_from", problems)
    last = _day(cells["valid_to"], "valid_to", problems) if cells.get("valid_to") else None
    if first and last and last < first:
        problems.append(f"valid_to {last} is before valid_from {first}")
    name = _name(cells["name"], WARD_KINDS if not is_province else PROVINCE_KINDS, problems)
    decision = " ".join(cells.get("decision", "").split())
    if len(decision) > DECISION_MAX_CHARACTERS or not decision.isprintable():
        problems.append(f"decision must be one line of at most {DECISION_MAX_CHARACTERS} characters")
    withdrawn = cells.get("withdrawn", "").lower()
    if withdrawn not in {"", "yes", "no"}:
        problems.append(f"withdrawn is {withdrawn[:20]!r}; it must be yes, no or empty")
    if code is None or first is None or (province_code is None and not is_province):
        return None
    return UnitVersion(code, province_code, name, first, last, decision, withdrawn == "yes")


def _code(cell: str, largest: int, column: str, problems: list[str]) -> int | None:
    # a spreadsheet drops leading zeros, so only the value counts
    if re.fullmatch(r"[0-9]{1,5}", cell) and 0 < int(cell) <= largest:
        return int(cell)
    hint = ""
    if column == "code" and largest == 99 and re.fullmatch(r"[0-9]{3,5}", cell):
        hint = "; a ward needs its province_code"
    problems.append(f"{column} is {cell[:20]!r}; it must be a number from 1 to {largest}{hint}")
    return None


def _day(cell: str, column: str, problems: list[str]) -> date | None:
    iso, spoken = _ISO_DAY.fullmatch(cell), _SPOKEN_DAY.fullmatch(cell)
    parts = iso.groups() if iso else spoken.groups()[::-1] if spoken else None
    try:
        day = date(*map(int, parts)) if parts else None
    except ValueError:
        day = None
    if day is None or not _FIRST_DAY <= day <= _LAST_DAY:
        problems.append(f"{column} is {cell[:20]!r}; it must be a day such as 2026-09-20 or 20/9/2026, not before {_FIRST_DAY}")
        return None
    return day


def _name(cell: str, kinds: dict[str, str], problems: list[str]) -> str:
    name = kept_spelling(cell)
    if not name or len(name) > NAME_MAX_CHARACTERS:
        problems.append(f"name must have 1 to {NAME_MAX_CHARACTERS} characters")
        return name
    prefix = next((kind for kind in kinds if name.startswith(f"{kind} ")), None)
    if prefix is None:
        problems.append(f"name is {name[:40]!r}; it must begin with one of {', '.join(kinds)}")
        return name
    for char in unicodedata.normalize("NFD", name):
        if not _NAME_LETTERS.match(char) and not "\u0300" <= char <= "\u036f":
            problems.append(f"name has {char!r} (U+{ord(char):04X}), which no Vietnamese name has")
            return name
    if uncapped := [word for word in name.removeprefix(prefix).split() if word[0].islower()]:
        problems.append(f"name is {name!r}; {uncapped[0]!r} lacks a capital")
    return name


def _misfits(rows: list[_Row], known: Gazetteer) -> list[Problem]:
    """Rows that do not fit together with each other and with what is known, looked at on every day on which something changes."""
    changed = {row.version.unit: row.line for row in rows}
    after = known.with_versions(row.version for row in rows)
    days = {row.version.valid_from for row in rows}
    days |= {row.version.valid_to + timedelta(days=1) for row in rows if row.version.valid_to}
    problems: dict[tuple[int, str], Problem] = {}
    for day in sorted(days):
        for line, text in _misfits_on(day, after, changed):
            # the first day is enough
            problems.setdefault((line, text.partition(" on ")[0]), Problem(line, text))
    return list(problems.values())


def _misfits_on(day: date, after: Gazetteer, changed: dict[tuple[bool, int], int]) -> Iterator[tuple[int, str]]:
    named: dict[tuple[int | None, str], tuple[bool, int]] = {}
    units = after.units_on(day)
    orphans: dict[int, int] = {}
    for unit, version in units.items():
        twin = named.setdefault((version.province_code, version.name), unit)
        if twin != unit and (line := changed.get(unit) or changed.get(twin)):
            yield line, f"{version.name} would be there twice on {day}: codes {twin[1]} and {unit[1]}"
        if version.province_code is not None and (True, version.province_code) not in units:
            if line := changed.get(unit):
                yield line, f"there is no province {version.province_code} on {day}"
            orphans[version.province_code] = orphans.get(version.province_code, 0) + 1
    for province_code, count in orphans.items():
        if line := changed.get((True, province_code)):
            yield line, f"{count} units would be left without their province {province_code} on {day}"


def _change_of(version: UnitVersion, known: Gazetteer) -> str | None:
    """What storing this version changes; None when it is known as it is."""
    stored = known.stored(version.key)
    if stored == version:
        return None
    kind = kind_of(version.name, PROVINCE_KINDS if version.province_code is None else WARD_KINDS)
    until = f" to {version.valid_to}" if version.valid_to else ""
    what = f"{version.code} {version.name} from {version.valid_from}{until}"
    if version.is_withdrawn:
        return f"{what}: withdrawn"
    if stored is not None:
        return f"{what}: corrected, was {_told(stored, version)}"
    before = known.version_on(version.unit, version.valid_from)
    if before is None:
        return f"{what}: a new {kind}"
    return f"{what}: so far {_told(before, version)}"


def _told(old: UnitVersion, new: UnitVersion) -> str:
    """The old version, with as much as differs."""
    parts = [old.name]
    if old.province_code != new.province_code:
        parts.append(f"in province {old.province_code}")
    if old.valid_to != new.valid_to:
        parts.append(f"to {old.valid_to}" if old.valid_to else "without an end")
    if old.decision != new.decision:
        parts.append(f"by {old.decision or 'no decision'}")
    return " ".join([*parts, *(["(withdrawn)"] if old.is_withdrawn else [])])
