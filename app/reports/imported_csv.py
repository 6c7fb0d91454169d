"""Reads a file of figures from other platforms: separators and numbers as Vietnamese and English spreadsheets write them. Pure."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping
from typing import get_args

from app.reports.imported_schemas import MOST, EnteredFigure, Figure, ImportPreview, Platform, RowError

ROWS_MAX = 100
TOLD_MAX = 300
_FOUND_MAX = 60
_HEADS = {
    "platform": {"platform", "nen tang"},
    "figure": {"figure", "chi so"},
    "value": {"value", "gia tri", "so"},
    "source": {"source", "nguon"},
}
_FIGURE_WORDS: Mapping[str, Figure] = {
    "tiep can": "impressions",
    "luot hien thi": "impressions",
    "reach": "impressions",
    "luot xem": "views",
    "dong nhat": "viewers_peak",
    "luot thich": "likes",
    "thich": "likes",
    "binh luan": "comments",
    "chia se": "shares",
    "nguoi theo doi moi": "new_followers",
    **{name: name for name in get_args(Figure)},
}
_PLATFORM_WORDS: Mapping[str, Platform] = {"noi khac": "other", **{name: name for name in get_args(Platform)}}
# Whole numbers, perhaps in groups of three.
_NUMBER = re.compile(r"\d+|\d{1,3}(?:([.,\u00a0 ])\d{3})(?:\1\d{3})*", re.ASCII)


def read_figures(text: str) -> ImportPreview:
    """What a file says, and what is wrong in which row; at most `ROWS_MAX` rows are read."""
    lines = text.lstrip("\ufeff").replace("\0", "")
    head_line = lines.split("\n", 1)[0]
    separator = max(";\t,", key=head_line.count)
    try:
        rows = list(csv.reader(io.StringIO(lines, newline=""), delimiter=separator))
    except csv.Error:
        return ImportPreview(figures=(), errors=(_error(1, "row", "head_missing", head_line),))
    columns = _columns(rows[0] if rows else [])
    if missing := [name for name in _HEADS if name not in columns]:
        return ImportPreview(figures=(), errors=tuple(_error(1, name, "head_missing", head_line) for name in missing))
    reader = _Reader(columns)
    for number, row in enumerate(rows[1:], start=2):
        if any(cell.strip() for cell in row):
            reader.read(number, row)
    return ImportPreview(figures=tuple(reader.figures.values()), errors=tuple(reader.errors[:ROWS_MAX]))


class _Reader:
    def __init__(self, columns: Mapping[str, int]) -> None:
        self._columns = columns
        self.figures: dict[tuple[str, str], EnteredFigure] = {}
        self.errors: list[RowError] = []

    def read(self, number: int, row: list[str]) -> None:
        if len(self.figures) >= ROWS_MAX:
            self.errors.append(_error(number, "row", "too_many", ""))
            return
        cells = {name: row[at].strip() if at < len(row) else "" for name, at in self._columns.items()}
        platform, figure = _PLATFORM_WORDS.get(_plain(cells["platform"])), _FIGURE_WORDS.get(_plain(cells["figure"]))
        found = [
            *([_error(number, "platform", "unknown", cells["platform"])] if platform is None else []),
            *([_error(number, "figure", "unknown", cells["figure"])] if figure is None else []),
            *([_error(number, "source", "empty", "")] if not cells["source"] else []),
            *([_error(number, "source", "too_long", cells["source"])] if len(cells["source"]) > TOLD_MAX else []),
        ]
        value = 0
        if _NUMBER.fullmatch(cells["value"]) is None:
            found.append(_error(number, "value", "not_a_number", cells["value"]))
        elif len(digits := re.sub(r"\D", "", cells["value"])) > len(str(MOST)) or int(digits) > MOST:
            found.append(_error(number, "value", "too_large", cells["value"]))
        else:
            value = int(digits)
        if platform is not None and figure is not None and (platform, figure) in self.figures:
            found.append(_error(number, "figure", "twice", cells["figure"]))
        self.errors += found
        if not found and platform is not None and figure is not None:
            self.figures[platform, figure] = EnteredFigure(platform=platform, figure=figure, value=value, told=cells["source"])


def _columns(head: list[str]) -> dict[str, int]:
    plain = [_plain(cell) for cell in head]
    return {name: plain.index(found[0]) for name, words in _HEADS.items() if (found := [cell for cell in plain if cell in words])}


def _plain(text: str) -> str:
    spread = unicodedata.normalize("NFD", text.strip().lower().replace("đ", "d"))
    return " ".join("".join(char for char in spread if not unicodedata.combining(char)).split())


def _error(row: int, column: object, code: object, found: str) -> RowError:
    return RowError.model_validate({"row": row, "column": column, "code": code, "found": found[:_FOUND_MAX]})
