"""From an uploaded file to pictures that are ours: looked at by content, turned upright, without metadata, in three widths and formats.

Runs in a process of its own (`python -m app.catalog.picture_encoding`, bytes in, bytes out) for `pictures.py`, so it imports little.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from app.infra.child_limits import limit_this_process

WIDTHS = (320, 640, 1280)
# A phone's largest usual photo has 50 million pixels. Known from the file's head, before anything is decoded.
MAX_PIXELS = 64_000_000
MAX_SIDE = 16_000
# Text in a PNG is thrown away; a bomb of it shall not be unpacked first.
PngImagePlugin.MAX_TEXT_CHUNK = 256 * 1024
PngImagePlugin.MAX_TEXT_MEMORY = 1024 * 1024
Image.MAX_IMAGE_PIXELS = MAX_PIXELS

FORMATS: dict[str, tuple[str, dict[str, object]]] = {
    "avif": ("AVIF", {"quality": 58, "speed": 8, "max_threads": 1}),
    "webp": ("WEBP", {"quality": 78, "method": 4}),
    "jpeg": ("JPEG", {"quality": 80, "progressive": True, "optimize": True}),
}

_ACCEPTED = ("JPEG", "PNG", "WEBP")
_HEIC = "HEIF"
# Phones put a second picture behind the first ("MPO") or beside it; the first, or the one that is named as such, is the photo.
_SEVERAL_IN_ONE = frozenset({"MPO", _HEIC})
_HEADS: Sequence[tuple[bytes, str]] = (
    (b"GIF8", "gif"), (b"%PDF", "pdf"), (b"PK\x03\x04", "zip"), (b"BM", "bmp"), (b"II*\x00", "tiff"), (b"MM\x00*", "tiff"),
    (b"\x1f\x8b", "gzip"), (b"8BPS", "psd"),
)  # fmt: skip
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1"})
_FILM_BRANDS = frozenset({b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"})


class Refused(Exception):
    """Why a file is no use; `code` is the error's code in `errors.py`."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


@dataclass(frozen=True, slots=True)
class EncodedFile:
    """One file of a picture."""

    format: str
    width: int
    height: int
    content: bytes


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """A picture upright, with its size as it came and its files."""

    width: int
    height: int
    files: tuple[EncodedFile, ...]


def encode_picture(content: bytes) -> EncodedPicture:
    """All files of a picture; never wider than the picture is. Raises `Refused`.

    What stands behind the picture in the file (another file, a script, a film) is left behind with the metadata: only pixels are kept.
    """
    is_heic = _look_at_head(content)
    try:
        return _encode(content, _heic_formats() if is_heic else _ACCEPTED)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused("picture_too_many_pixels", max_pixels=MAX_PIXELS) from error
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, LookupError, TypeError, OverflowError, RuntimeError) as error:
        # Whatever a decoder stumbles over is the file's fault.
        raise Refused("picture_broken") from error


def _heic_formats() -> tuple[str, ...]:
    """Photos of iPhones. The decoder is fetched for them alone: a child that reads a JPEG shall start at once."""
    import pi_heif  # type: ignore[import-untyped]  # noqa: PLC0415 - see above

    pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
    return (_HEIC,)


def _look_at_head(content: bytes) -> bool:
    """True for HEIC, False for the other formats that are taken. Raises `Refused`."""
    head = content[:32]
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return False
    if head[4:8] == b"ftyp":
        if head[8:12] in _HEIC_BRANDS:
            return True
        if head[8:12] in _FILM_BRANDS:
            raise Refused("picture_animated")
        raise Refused("picture_not_supported", found="avif" if head[8:12] in {b"avif", b"avis"} else "video")
    for beginning, found in _HEADS:
        if head.startswith(beginning):
            raise Refused("picture_not_supported", found=found)
    text = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"<"):
        raise Refused("picture_not_supported", found="svg" if b"<svg" in text else "html")
    raise Refused("picture_not_supported", found="unknown")


def _encode(content: bytes, formats: tuple[str, ...]) -> EncodedPicture:
    with Image.open(io.BytesIO(content), formats=formats) as opened:
        width, height = opened.size
        if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
            raise Refused("picture_too_many_pixels", width=width, height=height, max_pixels=MAX_PIXELS)
        if getattr(opened, "is_animated", False) and opened.format not in _SEVERAL_IN_ONE:
            raise Refused("picture_animated")
        # A JPEG is decoded at a half, a quarter or an eighth, whichever is still large enough.
        opened.draft("RGB", (WIDTHS[-1], WIDTHS[-1]))
        opened.load()
        upright = ImageOps.exif_transpose(opened)
    plain = _plain(upright)
    # Sides change places where the picture was turned.
    full = (width, height) if (plain.width > plain.height) == (width > height) else (height, width)
    files = [file for wanted in _widths_for(plain.width) for file in _files_of(plain, wanted)]
    return EncodedPicture(*full, tuple(files))


def _widths_for(width: int) -> list[int]:
    smaller = [wanted for wanted in WIDTHS if wanted < width]
    return [*smaller, min(width, WIDTHS[-1])] if len(smaller) < len(WIDTHS) else smaller


def _plain(picture: Image.Image) -> Image.Image:
    """Eight bits of sRGB per colour on white, in a new picture that knows nothing of the file it came from."""
    profile = picture.info.get("icc_profile")
    if picture.mode.startswith("I") or picture.mode == "F":
        # 16 bits of grey; taken as they are they would all be white.
        picture = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
        profile = None
    if picture.mode in {"P", "PA", "LA", "La", "RGBa", "1"} or "transparency" in picture.info:
        picture = picture.convert("RGBA")
    if picture.mode == "RGBA":
        white = Image.new("RGB", picture.size, "white")
        white.paste(picture, mask=picture.getchannel("A"))
        picture = white
    converted = _from_profile(picture, profile) or picture.convert("RGB")
    return Image.frombytes("RGB", converted.size, converted.tobytes())


def _from_profile(picture: Image.Image, profile: bytes | None) -> Image.Image | None:
    """In sRGB by the picture's own colour profile, so that nothing looks dull without it; None where there is no use of one."""
    if not profile:
        return None
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(picture, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


def _files_of(picture: Image.Image, width: int) -> list[EncodedFile]:
    size = (width, max(1, round(picture.height * width / picture.width)))
    small = picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    files = []
    for name, (format_name, options) in FORMATS.items():
        written = io.BytesIO()
        small.save(written, format_name, **options)
        files.append(EncodedFile(name, *size, written.getvalue()))
    return files


def pack(picture: EncodedPicture) -> bytes:
    """One line of JSON that says what follows, then the files one after the other."""
    files = [asdict(file) | {"content": len(file.content)} for file in picture.files]
    head = {"width": picture.width, "height": picture.height, "files": files}
    return json.dumps(head).encode() + b"\n" + b"".join(file.content for file in picture.files)


def unpack(packed: bytes) -> EncodedPicture:
    """The other way round. Raises `Refused` when the child has refused, `ValueError` for anything else than its answer."""
    line, _, rest = packed.partition(b"\n")
    head = json.loads(line)
    if "refused" in head:
        raise Refused(head["refused"], **head["details"])
    files = []
    for each in head["files"]:
        content, rest = rest[: each["content"]], rest[each["content"] :]
        files.append(EncodedFile(each["format"], each["width"], each["height"], content))
    return EncodedPicture(head["width"], head["height"], tuple(files))


def main() -> None:
    limit_this_process()
    try:
        answer = pack(encode_picture(sys.stdin.buffer.read()))
    except Refused as refusal:
        answer = json.dumps({"refused": refusal.code, "details": refusal.details}).encode() + b"\n"
    sys.stdout.buffer.write(answer)


if __name__ == "__main__":
    main()
