"""Draws the picture of a shared session: title, when, who, and a product. 1200 by 630 pixels, as chats ask for.

Runs in a process of its own (`python -m app.web.share_drawing`, a `Drawing` in, a JPEG out) for `share_pictures.py`, so it imports little. The type
is the pages' own: each of its files holds a part of the letters, so a line is drawn in runs, each with the file that has its letters.
"""

from __future__ import annotations

import io
import json
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from app.infra.child_limits import limit_this_process

WIDTH, HEIGHT = 1200, 630
# Part of every picture's name: another drawing is another picture.
VERSION = 1

_FONTS = Path(__file__).parent / "static" / "vendor" / "be-vietnam-pro"
_SUBSETS = ("vietnamese", "latin", "latin-ext")
_LATIN = _SUBSETS.index("latin")
_LIGHT, _BOLD = 400, 600
_MARGIN = 64
_PICTURE_SIDE = 420
_PAPER, _INK, _SOFT, _LEAF, _ON_LEAF = "#faf8f3", "#1b1f1a", "#4d554b", "#1f6b3a", "#ffffff"
_BAR_HEIGHT = 92
_TITLE_SIZES = (68, 58, 50, 44)
_TITLE_LINES = 4
_TITLE_CHARACTERS = 300
_LINE_CHARACTERS = 160
_MISSING = "\U0010ffff"
_MAX_PIXELS = 4_000_000


@dataclass(frozen=True, slots=True)
class Drawing:
    """What stands on the picture. `when` may be empty; a product's picture travels behind it."""

    title: str
    when: str
    who: str
    name: str


class _Type:
    """One size and weight of the type."""

    def __init__(self, size: int, weight: int) -> None:
        self.size = size
        self._files = [ImageFont.truetype(_FONTS / f"{subset}-{weight}.woff2", size) for subset in _SUBSETS]
        self._known: dict[str, int | None] = {}
        self._missing = [bytes(file.getmask(_MISSING)) for file in self._files]

    def file_of(self, letter: str) -> int | None:
        """Which file has a letter; None when none has."""
        if letter not in self._known:
            has = (number for number, file in enumerate(self._files) if bytes(file.getmask(letter)) != self._missing[number])
            self._known[letter] = _LATIN if letter.isspace() else next(has, None)
        return self._known[letter]

    def runs(self, text: str) -> Iterator[tuple[ImageFont.FreeTypeFont, str]]:
        """What can be written of a text, in pieces that are each in one file."""
        for number, letters in groupby(text, self.file_of):
            if number is not None:
                yield self._files[number], "".join(letters)

    def width(self, text: str) -> float:
        return sum(file.getlength(run) for file, run in self.runs(text))

    def write(self, draw: ImageDraw.ImageDraw, place: tuple[float, float], text: str, colour: str) -> None:
        """`place`: left end of the line that letters stand on."""
        left, base = place
        for file, run in self.runs(text):
            draw.text((left, base), run, font=file, fill=colour, anchor="ls")
            left += file.getlength(run)

    def lines(self, text: str, width: float, most: int) -> list[str] | None:
        """The text in lines of at most this width, broken between words, or within a word that is wider; None when it needs more lines."""
        lines = [""]
        for word in text.split():
            joined = f"{lines[-1]} {word}".strip()
            if self.width(joined) <= width:
                lines[-1] = joined
                continue
            if lines[-1]:
                lines.append("")
            for letter in word:
                if self.width(lines[-1] + letter) > width:
                    lines.append("")
                lines[-1] += letter
            if len(lines) > most:
                return None
        return lines if len(lines) <= most else None

    def cut(self, text: str, width: float, most: int) -> list[str]:
        """The text in lines, as much of it as fits."""
        if (whole := self.lines(text, width, most)) is not None:
            return whole
        kept = (self.lines(text, width, len(text) + 1) or [""])[:most]
        return [*kept[:-1], self.shortened(f"{kept[-1]} …", width)]

    def plain(self, text: str, most: int) -> str:
        """Composed letters in one line, those that the type has; marks that stand alone and what nobody sees are left out."""
        composed = unicodedata.normalize("NFC", text[: 4 * most])
        seen = (letter for letter in composed if letter.isspace() or unicodedata.category(letter)[0] not in "MC")
        return " ".join("".join(letter for letter in seen if self.file_of(letter) is not None).split())[:most]

    def shortened(self, text: str, width: float) -> str:
        """As much of a line as fits, with an ellipsis where something is left out."""
        if self.width(text) <= width:
            return text
        while text and self.width(f"{text}…") > width:
            text = text[:-1]
        return f"{text.rstrip()}…"


def draw_share_picture(drawing: Drawing, picture: bytes = b"") -> bytes:
    """The JPEG. Letters that the type does not have are left out; what is too long is cut, never squeezed."""
    sheet = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    draw = ImageDraw.Draw(sheet)
    room = WIDTH - 2 * _MARGIN
    if (product := _product(picture)) is not None:
        sheet.paste(product, (WIDTH - _MARGIN - _PICTURE_SIDE, (HEIGHT - _BAR_HEIGHT - _PICTURE_SIDE) // 2))
        room -= _PICTURE_SIDE + _MARGIN
    _write_title(draw, drawing, room)
    draw.rectangle((0, HEIGHT - _BAR_HEIGHT, WIDTH, HEIGHT), fill=_LEAF)
    name = _Type(34, _BOLD)
    name.write(draw, (_MARGIN, HEIGHT - 34), name.shortened(name.plain(drawing.name, _LINE_CHARACTERS), WIDTH - 2 * _MARGIN), _ON_LEAF)
    written = io.BytesIO()
    sheet.save(written, "JPEG", quality=86, optimize=True, progressive=True)
    return written.getvalue()


def _write_title(draw: ImageDraw.ImageDraw, drawing: Drawing, room: int) -> None:
    when, who = _Type(38, _BOLD), _Type(32, _LIGHT)
    below = [
        (face, line, colour)
        for face, text, most, colour in ((when, drawing.when, 1, _LEAF), (who, drawing.who, 2, _SOFT))
        for line in face.cut(face.plain(text, _LINE_CHARACTERS), room, most)
        if line
    ]
    title, lines = _fitting(drawing.title, room)
    leading = round(title.size * 1.28)
    height = leading * len(lines) + sum(face.size * 3 // 2 for face, _, _ in below) + (20 if below else 0)
    base = (HEIGHT - _BAR_HEIGHT - height) // 2 + title.size
    for line in lines:
        title.write(draw, (_MARGIN, base), line, _INK)
        base += leading
    base += 20 - leading + title.size // 2
    for face, line, colour in below:
        base += face.size * 3 // 2
        face.write(draw, (_MARGIN, base), line, colour)


def _fitting(title: str, room: int) -> tuple[_Type, list[str]]:
    """The largest size in which a title fits; in the smallest it is cut."""
    for size in _TITLE_SIZES[:-1]:
        face = _Type(size, _BOLD)
        if (lines := face.lines(face.plain(title, _TITLE_CHARACTERS), room, _TITLE_LINES - 1)) is not None:
            return face, lines
    face = _Type(_TITLE_SIZES[-1], _BOLD)
    return face, face.cut(face.plain(title, _TITLE_CHARACTERS), room, _TITLE_LINES)


def _product(picture: bytes) -> Image.Image | None:
    """The picture as a square with round corners on paper; None where there is none that can be read."""
    if not picture:
        return None
    try:
        with Image.open(io.BytesIO(picture), formats=("JPEG",)) as opened:
            if opened.width * opened.height > _MAX_PIXELS:
                return None
            square = ImageOps.fit(opened.convert("RGB"), (_PICTURE_SIDE, _PICTURE_SIDE), Image.Resampling.LANCZOS)
    except (OSError, ValueError, SyntaxError):
        return None
    corners = Image.new("L", square.size, 0)
    ImageDraw.Draw(corners).rounded_rectangle((0, 0, *square.size), radius=28, fill=255)
    paper = Image.new("RGB", square.size, _PAPER)
    paper.paste(square, mask=corners)
    return paper


def pack(drawing: Drawing, picture: bytes) -> bytes:
    """One line of JSON, then the product's picture."""
    return json.dumps(asdict(drawing)).encode() + b"\n" + picture


def main() -> None:
    limit_this_process()
    line, _, picture = sys.stdin.buffer.read().partition(b"\n")
    sys.stdout.buffer.write(draw_share_picture(Drawing(**json.loads(line)), picture))


if __name__ == "__main__":
    main()
