"""Makes screenshots small enough for the README, with the standard library alone."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB = 2
_BYTES_PER_PIXEL = 3
# Six bits per channel: nobody sees the difference, and flat surfaces of a page then compress far better.
_SIX_BITS = bytes((value & 0xFC) | (value >> 6) for value in range(256))


def smaller_png(picture: bytes) -> bytes:
    """The same picture with 6 bits per channel, its rows unfiltered and packed as tightly as zlib can. Raises `ValueError` unless 8-bit RGB."""
    chunks = list(_chunks(picture))
    header = next(body for kind, body in chunks if kind == b"IHDR")
    width, height, depth, colour = struct.unpack(">IIBB", header[:10])
    if (depth, colour) != (8, _RGB):
        raise ValueError(f"a picture of depth {depth} and colour type {colour} was not expected")
    raw = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    rows = (row.translate(_SIX_BITS) for row in _unfiltered(raw, width * _BYTES_PER_PIXEL, height))
    packed = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(_SIGNATURE)
    while place < len(picture):
        (size,) = struct.unpack(">I", picture[place : place + 4])
        yield picture[place + 4 : place + 8], picture[place + 8 : place + 8 + size]
        place += 12 + size


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _unfiltered(raw: bytes, stride: int, height: int) -> Iterator[bytes]:
    """Undo the five row filters of PNG (each byte is stored as its difference to left, above, their mean, or the Paeth guess)."""
    above = bytearray(_BYTES_PER_PIXEL + stride)
    for number in range(height):
        start = number * (stride + 1)
        # A margin of one pixel stands for "left of the first".
        line = bytearray(_BYTES_PER_PIXEL) + raw[start + 1 : start + 1 + stride]
        _undo(raw[start], line, above)
        yield bytes(line[_BYTES_PER_PIXEL:])
        above = line


def _undo(kind: int, line: bytearray, above: bytearray) -> None:
    for place in range(_BYTES_PER_PIXEL, len(line)):
        left, up = line[place - _BYTES_PER_PIXEL], above[place]
        if kind == 1:
            guess = left
        elif kind == 2:
            guess = up
        elif kind == 3:
            guess = (left + up) // 2
        elif kind == 4:
            guess = _paeth(left, up, above[place - _BYTES_PER_PIXEL])
        else:
            return
        line[place] = (line[place] + guess) & 0xFF


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))
