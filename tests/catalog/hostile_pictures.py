"""Pictures as phones make them, and files that only look like pictures; made here, byte by byte where that is the point."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable

import pillow_heif
from PIL import Image, TiffImagePlugin

ORIENTATION, GPS_INFO, MAKE = 0x0112, 0x8825, 0x010F
SECRET_PLACE = "Nha rieng cua chi Hoa"


def a_picture(width: int = 1600, height: int = 1200) -> Image.Image:
    """Red in its upper left quarter, blue elsewhere: one sees which way it stands."""
    picture = Image.new("RGB", (width, height), (30, 60, 200))
    picture.paste((220, 30, 30), (0, 0, width // 2, height // 2))
    return picture


def written(picture: Image.Image, format_name: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, format_name, **options)
    return file.getvalue()


def jpeg_with_position(*, orientation: int = 1, picture: Image.Image | None = None) -> bytes:
    """A photo that says where it was taken, and by which camera."""
    shown = picture or a_picture()
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[MAKE] = SECRET_PLACE
    gps = exif.get_ifd(GPS_INFO)
    gps[1], gps[2] = "N", (TiffImagePlugin.IFDRational(18), TiffImagePlugin.IFDRational(20), TiffImagePlugin.IFDRational(33))
    gps[29] = "2026:11:28"
    return written(shown, "JPEG", exif=exif, comment=SECRET_PLACE.encode(), quality=92)


def stored_turned(orientation: int) -> bytes:
    """The same scene as every camera stores it when it is held that way: upright again only by its EXIF orientation."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    scene = a_picture(400, 300)
    return jpeg_with_position(orientation=orientation, picture=scene.transpose(undo[orientation]) if orientation in undo else scene)


def png_bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A few kilobytes that would unpack to 7.5 gigabytes."""
    rows = zlib.compress(bytes(1 + 3 * width) * 4, 9)
    return png([(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", rows)])


def png_text_bomb() -> bytes:
    """A small picture with a compressed text of a hundred megabytes."""
    text = b"Comment\0\0" + zlib.compress(bytes(100_000_000), 9)
    pixels = zlib.compress(b"".join(bytes(1 + 3 * 8) for _ in range(8)))
    return png([(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)), (b"zTXt", text), (b"IDAT", pixels)])


def png(chunks: Iterable[tuple[bytes, bytes]]) -> bytes:
    body = b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in [*chunks, (b"IEND", b"")]
    )
    return b"\x89PNG\r\n\x1a\n" + body


def png_of_16_bits() -> bytes:
    """Grey in 16 bits, dark on the left, bright on the right."""
    values = struct.pack("<400H", *([0x2000] * 200 + [0xE000] * 200))
    return written(Image.frombytes("I;16", (400, 10), values * 10), "PNG")


def heic(picture: Image.Image | None = None, **options: object) -> bytes:
    """As an iPhone writes its photos."""
    pillow_heif.register_heif_opener()
    return written(picture or a_picture(), "HEIF", **options)


def animated(format_name: str) -> bytes:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    return written(frames[0], format_name, save_all=True, append_images=frames[1:], duration=100)


GIF_AND_SCRIPT = b"GIF89a/*\x01\x00\x01\x00\x00\x00\x00*/=alert(document.domain)//;"
SVG_WITH_SCRIPT = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><title>x</title><script>alert(1)</script>"
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(200)
HEIC_FILM = b"\x00\x00\x00\x18ftyphevc\x00\x00\x00\x00msf1hevc" + bytes(200)
ZIP = b"PK\x03\x04" + bytes(100)
