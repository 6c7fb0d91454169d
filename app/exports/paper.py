"""Flowing text, tables, bars and curves down A4 pages, with a foot on each: what a printed report is drawn with.

Lengths in mm, type in points. Nothing is cut at the end of a page: a part that does not fit begins on the next one, a table goes on there
under its heads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.parcels.drawing import Paper

A4: Final = (210.0, 297.0)
LEFT: Final = 16.0
WIDTH: Final = A4[0] - 2 * LEFT
_TOP: Final = 16.0
_BOTTOM: Final = A4[1] - 18.0
_LINE_OF_POINT: Final = 25.4 / 72 * 1.3

Colour = tuple[int, int, int]
INK: Final[Colour] = (27, 33, 28)
SOFT: Final[Colour] = (92, 100, 94)
LEAF: Final[Colour] = (28, 107, 58)
AMBER: Final[Colour] = (176, 106, 0)
RED: Final[Colour] = (140, 29, 22)
PALE: Final[Colour] = (241, 238, 229)


@dataclass(frozen=True, slots=True)
class PrintedColumn:
    """A column of a printed table: head, share of the width, and whether it holds figures."""

    head: str
    share: float
    right: bool = False


class Sheets:
    """A4 pages with a place `y` where the next thing comes."""

    def __init__(self) -> None:
        self.paper = Paper(A4)
        self.y = 0.0
        self.page()

    def page(self) -> None:
        self.paper.add_page()
        self.y = _TOP

    def room(self, height: float) -> None:
        """Go to the next page unless so much is left on this one."""
        if self.y + height > _BOTTOM:
            self.page()

    def text(  # noqa: PLR0913 - how it is set
        self, words: str, *, size: float = 9, style: str = "", colour: Colour = INK, x: float = LEFT, width: float = WIDTH, lines: int = 60
    ) -> None:
        """A paragraph, over as many lines as it takes."""
        height = self.lines_of(words, size=size, style=style, width=width, most=lines) * size * _LINE_OF_POINT
        self.room(height)
        self.paper.set_text_color(*colour)
        self.y = self.paper.words(words, x=x, y=self.y, width=width, size=size, style=style, lines=lines)
        self.paper.set_text_color(*INK)

    def lines_of(self, words: str, *, size: float, style: str, width: float, most: int) -> int:
        return min(most, max(1, self.paper.lines_needed(words, size=size, style=style, width=width)))

    def gap(self, height: float) -> None:
        self.y += height

    def section(self, title: str, *, room: float = 30) -> None:
        """A title that never stands alone at the foot of a page."""
        self.gap(6)
        self.room(room)
        self.text(title, size=14, style="B")
        self.gap(1.5)

    def box(self, *, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        self.paper.set_fill_color(*colour)
        self.paper.rect(x, y, width, height, style="F")

    def table(self, columns: Sequence[PrintedColumn], rows: Sequence[Sequence[str]], *, size: float = 8, lines: int = 3) -> None:
        """Figures to the right, words over up to `lines` lines; the heads stand on every page."""
        whole = sum(column.share for column in columns)
        widths = [column.share / whole * WIDTH for column in columns]
        self._heads(columns, widths, size)
        for row in rows:
            needed = [
                self.lines_of(cell, size=size, style="", width=width - 2, most=lines) for cell, width in zip(row, widths, strict=True)
            ]
            height = max(needed) * size * _LINE_OF_POINT + 1.6
            if self.y + height > _BOTTOM:
                self.page()
                self._heads(columns, widths, size)
            self._cells(row, columns, widths, size=size, lines=lines, style="")
            self.y += height
            self._rule(self.y)

    def _heads(self, columns: Sequence[PrintedColumn], widths: Sequence[float], size: float) -> None:
        heads = [column.head for column in columns]
        needed = max(self.lines_of(head, size=size, style="B", width=width - 2, most=3) for head, width in zip(heads, widths, strict=True))
        height = needed * size * _LINE_OF_POINT + 2
        self.room(height + 12)
        self.box(x=LEFT, y=self.y, width=WIDTH, height=height, colour=PALE)
        self._cells(heads, columns, widths, size=size, lines=3, style="B")
        self.y += height

    def _cells(
        self, cells: Sequence[str], columns: Sequence[PrintedColumn], widths: Sequence[float], *, size: float, lines: int, style: str
    ) -> None:
        x = LEFT
        for cell, column, width in zip(cells, columns, widths, strict=True):
            self.paper.words(cell, x=x + 1, y=self.y + 0.8, width=width - 2, size=size, style=style, lines=lines, right=column.right)
            x += width

    def _rule(self, y: float) -> None:
        self.paper.set_draw_color(224, 220, 207)
        self.paper.rule(y, left=LEFT, right=LEFT + WIDTH)
        self.paper.set_draw_color(0, 0, 0)

    def curves(
        self, left: Sequence[float], right: Sequence[float], *, marks: Sequence[str], heads: tuple[str, str], height: float = 48
    ) -> None:
        """Two curves over the same moments, each with a scale of its own: the first as a line, the second as bars. `marks` stand below."""
        self.room(height + 14)
        self.paper.set_text_color(*LEAF)
        self.paper.words(f"{heads[0]}, 0-{_short(max(left, default=0))}", x=LEFT, y=self.y, width=WIDTH / 2, size=8, style="B")
        self.paper.set_text_color(*AMBER)
        self.paper.words(
            f"{heads[1]}, 0-{_short(max(right, default=0))}",
            x=LEFT + WIDTH / 2,
            y=self.y,
            width=WIDTH / 2,
            size=8,
            style="B",
            right=True,
        )
        self.paper.set_text_color(*INK)
        top, bottom = self.y + 5, self.y + 5 + height
        self._rule(top)
        self._rule((top + bottom) / 2)
        self._rule(bottom)
        step = WIDTH / max(1, len(left))
        most = max(right, default=0) or 1
        for number, value in enumerate(right):
            if value > 0:
                self.box(
                    x=LEFT + number * step,
                    y=bottom - value / most * height,
                    width=max(0.15, step * 0.7),
                    height=value / most * height,
                    colour=(233, 196, 138),
                )
        most = max(left, default=0) or 1
        points = [(LEFT + (number + 0.5) * step, bottom - value / most * height) for number, value in enumerate(left)]
        self.paper.set_draw_color(*LEAF)
        self.paper.set_line_width(0.5)
        if len(points) > 1:
            self.paper.polyline(points)
        self.paper.set_draw_color(0, 0, 0)
        for number, mark in enumerate(marks):
            self.paper.words(mark, x=LEFT + number * (WIDTH - 12) / max(1, len(marks) - 1), y=bottom + 1, width=12, size=7)
        self.y = bottom + 6

    def finish(self, foot: str, of: str) -> bytes:
        """The file, with a foot and `of` (as `Trang {page}/{pages}`) on every page."""
        pages = self.paper.pages_count
        for page in range(1, pages + 1):
            self.paper.page = page
            # each page remembers a font of its own
            self.paper.set_font("be-vietnam-pro", "B", 5)
            self.paper.set_text_color(*SOFT)
            y = A4[1] - 12
            self.paper.words(foot, x=LEFT, y=y, width=WIDTH - 30, size=7)
            self.paper.words(of.format(page=page, pages=pages), x=LEFT + WIDTH - 30, y=y, width=30, size=7, right=True)
        self.paper.page = pages
        return bytes(self.paper.output())


def _short(value: float) -> str:
    return f"{value:,.0f}".replace(",", ".")
