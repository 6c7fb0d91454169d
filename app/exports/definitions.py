"""What every format says about itself: the facts on top, and the dictionary of all its columns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from app.exports.tables import SOURCES, Document, Language, Words, chosen

HEADS: Final[tuple[Words, ...]] = (
    ("Bảng", "Table"),
    ("Cột", "Column"),
    ("Mã cột", "Key"),
    ("Đơn vị", "Unit"),
    ("Nguồn", "Source"),
    ("Định nghĩa", "Definition"),
    ("Công thức", "Formula"),
    ("Tính trong", "Window"),
)


def facts_of(document: Document, language: Language) -> Iterator[tuple[str, str | datetime]]:
    """Whose figures, of which session, as of when; a licence where there is one."""
    yield chosen(document.subject, language), document.title
    yield chosen(("Đơn vị tổ chức", "Organisation"), language), document.organisation
    for words, value in document.facts:
        yield chosen(words, language), value
    yield chosen(("Số liệu lúc", "Figures as of"), language), document.as_of
    if document.licence:
        yield chosen(("Giấy phép", "Licence"), language), document.licence


def definition_rows(document: Document, language: Language) -> Iterator[tuple[str, ...]]:
    """One row per column of every table, under `HEADS`."""
    for table in document.tables:
        for column in table.columns:
            yield (
                chosen(table.title, language),
                column.head(language),
                f"{table.name}.{column.key}",
                chosen(column.unit, language),
                chosen(SOURCES[column.source], language),
                chosen(column.definition, language),
                chosen(column.formula, language),
                chosen(column.window, language),
            )


def dictionary(document: Document) -> list[dict[str, Any]]:
    """The same for programs, in both languages."""
    return [
        {
            "table": table.name,
            "title_vi": table.title[0],
            "title_en": table.title[1],
            "about_vi": table.about[0],
            "about_en": table.about[1],
            "columns": [
                {
                    "key": column.key,
                    "type": column.kind,
                    "label_vi": column.label[0],
                    "label_en": column.label[1],
                    "unit": column.unit[1],
                    "source": column.source,
                    "definition_vi": column.definition[0],
                    "definition_en": column.definition[1],
                    "formula": column.formula[1],
                    "formula_vi": column.formula[0],
                    "window": column.window[1],
                    "window_vi": column.window[0],
                }
                for column in table.columns
            ],
        }
        for table in document.tables
    ]
