"""Drawing on paper: text in Vietnamese that fits, QR codes and barcodes as vectors. Used by the child process that makes PDF files only.

Lengths are in mm, sizes of type in points. The font is our own copy (fonts/, OFL), checked by its hash before anything is drawn with it.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import segno
from barcode import Code128
from fpdf import FPDF
from fpdf.fonts import TTFFont

FONTS: Final = MappingProxyType(
    {
        "": ("BeVietnamPro-Regular.ttf", "cd1ef6e9d7db28ad5cdb88a65ccbe693870e60d340b791f349d248342b4fe4c3"),
        "B": ("BeVietnamPro-Bold.ttf", "7f738fe5c43c8872807b20e2d30d42163618de8a4daf7f48a939adac32c16847"),
    }
)
FONT_FOLDER: Final = Path(__file__).parent / "fonts"
_FAMILY: Final = "be-vietnam-pro"
# Of a line to the size of its type: stacked marks need the room.
_LINE: Final = 1.3
_MM_PER_POINT: Final = 25.4 / 72
_DARK: Final = re.compile("1+")


class FontSpoilt(Exception):
    """A file of the font is not the one that we chose."""


def font_file(style: str) -> Path:
    """Regular (`""`) or bold (`"B"`). Raises `FontSpoilt`."""
    name, digest = FONTS[style]
    path = FONT_FOLDER / name
    if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        raise FontSpoilt(name)
    return path


class Paper(FPDF):
    """A document of pages of one size. Signs that the font does not have are shown as `?`, however they came into a name."""

    def __init__(self, size: tuple[float, float]) -> None:
        super().__init__(unit="mm", format=size)
        self.set_auto_page_break(False)
        self.set_margin(0)
        self.c_margin = 0
        own: dict[str, TTFFont] = {}
        for style in FONTS:
            self.add_font(_FAMILY, style, font_file(style))
            font = self.fonts[_FAMILY + style]
            if not isinstance(font, TTFFont):
                raise FontSpoilt(style)
            own[style] = font
        self._signs = {style: frozenset(font.cmap) for style, font in own.items()}
        self._widths = {style: font.cw for style, font in own.items()}
        self.set_creator("ocop-live")

    def put_away(self) -> None:
        """Close what a document that is not written out has open."""
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()

    def printable(self, text: str, style: str) -> str:
        signs = self._signs[style]
        return "".join(sign if ord(sign) in signs else "?" for sign in text)

    def words(  # noqa: PLR0913 - where, how large, how much of it
        self,
        text: str,
        *,
        x: float,
        y: float,
        width: float,
        size: float,
        style: str = "",
        lines: int = 1,
        smallest: float | None = None,
        right: bool = False,
    ) -> float:
        """Write into a box `width` wide: smaller, down to `smallest`, until it fits into so many lines, then cut off with `…`.

        Returns where the next thing below may begin.
        """
        text = self.printable(" ".join(text.split()), style)
        while True:
            self.set_font(_FAMILY, style, size)
            broken = self._broken(text, width)
            if len(broken) <= lines or smallest is None or size <= smallest:
                break
            size = max(smallest, size - 0.5)
        height = size * _MM_PER_POINT * _LINE
        if len(broken) > lines:
            broken = [*broken[: lines - 1], self._cut(" ".join(broken[lines - 1 :]), width)]
        for number, line in enumerate(broken):
            left = x + width - self._wide(line) if right else x
            self.text(left, y + height * number + size * _MM_PER_POINT, line)
        return y + height * len(broken)

    def lines_needed(self, text: str, *, size: float, style: str, width: float) -> int:
        """Into how many lines `words` would break it."""
        self.set_font(_FAMILY, style, size)
        return len(self._broken(self.printable(" ".join(text.split()), style), width))

    def _wide(self, text: str) -> float:
        """As `get_string_width` says, in a tenth of its time: no shaping, no markup."""
        widths = self._widths[self.font_style]
        return sum(widths[ord(sign)] for sign in text) * self.font_size / 1000

    def _broken(self, text: str, width: float) -> list[str]:
        lines: list[str] = []
        line = ""
        for word in text.split(" "):
            longer = f"{line} {word}" if line else word
            if self._wide(longer) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            rest = word
            while self._wide(rest) > width:
                fits = self._fitting(rest, width)
                lines.append(rest[:fits])
                rest = rest[fits:]
            line = rest
        return [*lines, line] if line else lines

    def _cut(self, text: str, width: float) -> str:
        if self._wide(text) <= width:
            return text
        return text[: self._fitting(text, width - self._wide("…"))].rstrip() + "…"

    def _fitting(self, text: str, width: float) -> int:
        """How many signs of it fit, at least one."""
        low, high = 1, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if self._wide(text[:middle]) <= width:
                low = middle
            else:
                high = middle - 1
        return low

    def rule(self, y: float, *, left: float, right: float) -> None:
        self.set_line_width(0.2)
        self.line(left, y, right, y)

    def qr(self, content: str, *, x: float, y: float, size: float) -> None:
        """A square with its quiet zone around it, `size` wide."""
        rows = _qr_rows(content)
        module = size / len(rows)
        for number, row in enumerate(rows):
            self._runs(row, x=x, y=y + number * module, module=module, height=module)

    def barcode(self, content: str, *, x: float, y: float, width: float, height: float) -> None:
        """Code 128, of letters, digits and dashes, with ten modules of quiet on both sides."""
        bars = f"{'0' * 10}{Code128(content).build()[0]}{'0' * 10}"
        self._runs(bars, x=x, y=y, module=width / len(bars), height=height)

    def _runs(self, modules: str, *, x: float, y: float, module: float, height: float) -> None:
        """Dark modules side by side are one rectangle: no hair lines between them, and a fourth of the file. All of a row are one path."""
        unit, top = self.k, (self.h - y - height) * self.k
        path: list[str] = []
        for run in _DARK.finditer(modules):
            left, wide = x + run.start() * module, (run.end() - run.start()) * module
            path.append(f"{left * unit:.2f} {top:.2f} {wide * unit:.2f} {height * unit:.2f} re")
        self._out(" ".join([*path, "f"]))


@cache
def _qr_rows(content: str) -> tuple[str, ...]:
    # one mask for all: trying out which of eight is prettiest takes longer than the whole page
    matrix = segno.make(content, error="m", micro=False, mask=2).matrix_iter(border=4)
    return tuple("".join(str(int(bool(dark))) for dark in row) for row in matrix)
