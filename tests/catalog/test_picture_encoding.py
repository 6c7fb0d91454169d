"""What becomes of an uploaded file: upright, without metadata, in three widths and formats; or refused by what it is, not by its name."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from app.catalog.picture_encoding import MAX_PIXELS, EncodedPicture, Refused, encode_picture, pack, unpack
from tests.catalog import hostile_pictures as hostile


def opened(encoded: EncodedPicture, file_format: str, width: int) -> Image.Image:
    (content,) = [file.content for file in encoded.files if (file.format, file.width) == (file_format, width)]
    return Image.open(io.BytesIO(content)).convert("RGB")


def is_red(pixel: object) -> bool:
    assert isinstance(pixel, tuple)
    red, _, blue = pixel
    return bool(red > 180 and blue < 90)


def test_a_photo_comes_in_three_widths_and_formats_smallest_first() -> None:
    encoded = encode_picture(hostile.written(hostile.a_picture(), "JPEG", quality=92))

    assert (encoded.width, encoded.height) == (1600, 1200)
    assert [(file.width, file.height, file.format) for file in encoded.files] == [
        (width, width * 3 // 4, name) for width in (320, 640, 1280) for name in ("avif", "webp", "jpeg")
    ]
    assert [Image.open(io.BytesIO(file.content)).format for file in encoded.files[:3]] == ["AVIF", "WEBP", "JPEG"]


def test_a_picture_is_never_made_larger_than_it_is() -> None:
    small, middle = (encode_picture(hostile.written(hostile.a_picture(width, 300), "PNG")) for width in (200, 700))

    assert {file.width for file in small.files} == {200}
    assert {file.width for file in middle.files} == {320, 640, 700}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_stands_upright_however_the_phone_was_held(orientation: int) -> None:
    encoded = encode_picture(hostile.stored_turned(orientation))

    assert (encoded.width, encoded.height) == (400, 300)
    for file_format in ("avif", "webp", "jpeg"):
        shown = opened(encoded, file_format, 320)
        assert shown.size == (320, 240)
        corners = [is_red(shown.getpixel(place)) for place in ((20, 20), (300, 20), (20, 220), (300, 220))]
        assert corners == [True, False, False, False]


def test_no_file_says_where_or_by_whom_the_photo_was_taken() -> None:
    uploaded = hostile.jpeg_with_position()
    assert hostile.SECRET_PLACE.encode() in uploaded
    assert Image.open(io.BytesIO(uploaded)).getexif().get_ifd(hostile.GPS_INFO)

    encoded = encode_picture(uploaded)

    for file in encoded.files:
        kept = Image.open(io.BytesIO(file.content))
        assert dict(kept.getexif()) == {}, file.format
        assert hostile.SECRET_PLACE.encode() not in file.content
        assert b"2026:11:28" not in file.content
        assert not {"exif", "xmp", "comment", "icc_profile"} & kept.info.keys(), (file.format, kept.info.keys())


def test_what_hangs_behind_the_picture_in_the_file_is_left_behind() -> None:
    uploaded = hostile.written(hostile.a_picture(), "JPEG") + hostile.HTML + hostile.ZIP

    encoded = encode_picture(uploaded)

    assert all(hostile.HTML not in file.content and b"PK\x03\x04" not in file.content for file in encoded.files)


@pytest.mark.parametrize(
    ("content", "code", "found"),
    [
        (hostile.SVG_WITH_SCRIPT, "picture_not_supported", "svg"),
        (b"\xef\xbb\xbf \n" + hostile.SVG_WITH_SCRIPT, "picture_not_supported", "svg"),
        (hostile.HTML, "picture_not_supported", "html"),
        (hostile.GIF_AND_SCRIPT, "picture_not_supported", "gif"),
        (hostile.animated("GIF"), "picture_not_supported", "gif"),
        (hostile.ZIP, "picture_not_supported", "zip"),
        (b"%PDF-1.7\n", "picture_not_supported", "pdf"),
        (b"MZ\x90\x00" + bytes(100), "picture_not_supported", "unknown"),
        (b"", "picture_not_supported", "unknown"),
        (hostile.HEIC, "picture_broken", None),
        (hostile.HEIC_FILM, "picture_animated", None),
        (hostile.animated("PNG"), "picture_animated", None),
        (hostile.animated("WEBP"), "picture_animated", None),
        (b"\xff\xd8\xff\xe0" + hostile.HTML, "picture_broken", None),
        (b"\x89PNG\r\n\x1a\n" + hostile.HTML, "picture_broken", None),
        (b"RIFF\x00\x00\x00\x00WEBP" + hostile.HTML, "picture_broken", None),
    ],
)
def test_what_is_no_picture_of_ours_is_refused_by_its_content(content: bytes, code: str, found: str | None) -> None:
    with pytest.raises(Refused) as refusal:
        encode_picture(content)

    assert refusal.value.code == code
    assert refusal.value.details.get("found") == found


def test_a_photo_of_an_iphone_is_taken_and_loses_what_it_knows() -> None:
    exif = Image.Exif()
    exif[0x010F], exif.get_ifd(0x8825)[2] = "Apple", (18.0, 20.0, 30.0)
    encoded = encode_picture(hostile.heic(exif=exif))

    assert (encoded.width, encoded.height) == (1600, 1200)
    assert is_red(opened(encoded, "jpeg", 640).getpixel((10, 10)))
    assert all(b"Apple" not in file.content for file in encoded.files)


def test_the_photo_among_several_in_one_file_is_taken() -> None:
    assert {file.width for file in encode_picture(hostile.heic(save_all=True, append_images=[Image.new("RGB", (64, 64))])).files} == {
        320,
        640,
        1280,
    }


@pytest.mark.slow
def test_a_bomb_in_an_iphones_format_is_refused_by_its_head() -> None:
    with pytest.raises(Refused) as refusal:
        encode_picture(hostile.heic(Image.new("RGB", (8_200, 8_200)), quality=1))

    assert refusal.value.code == "picture_too_many_pixels"


def test_a_bomb_is_refused_by_its_head() -> None:
    bomb = hostile.png_bomb()
    assert len(bomb) < 100_000

    with pytest.raises(Refused) as refusal:
        encode_picture(bomb)

    assert (refusal.value.code, refusal.value.details["max_pixels"]) == ("picture_too_many_pixels", MAX_PIXELS)


def test_a_bomb_of_text_inside_a_small_picture_is_not_unpacked() -> None:
    with pytest.raises(Refused) as refusal:
        encode_picture(hostile.png_text_bomb())

    assert refusal.value.code == "picture_broken"


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9, 0.99])
def test_a_photo_that_did_not_arrive_whole_is_refused(share: float) -> None:
    whole = hostile.written(hostile.a_picture(), "JPEG", quality=95)

    with pytest.raises(Refused) as refusal:
        encode_picture(whole[: int(len(whole) * share)])

    assert refusal.value.code == "picture_broken"


def test_colours_of_print_and_16_bits_of_grey_become_what_a_screen_shows() -> None:
    printed = encode_picture(hostile.written(hostile.a_picture().convert("CMYK"), "JPEG", quality=95))
    grey = encode_picture(hostile.png_of_16_bits())

    assert is_red(opened(printed, "jpeg", 640).getpixel((20, 20)))
    shown = opened(grey, "jpeg", 320)
    row = shown.convert("L").tobytes()[320 * 4 : 320 * 5]
    dark, bright = row[40], row[280]
    assert (abs(dark - 0x20) < 12, abs(bright - 0xE0) < 12) == (True, True)


def test_what_is_transparent_becomes_white() -> None:
    glass = Image.new("RGBA", (400, 400), (0, 0, 0, 0))

    shown = opened(encode_picture(hostile.written(glass, "PNG")), "jpeg", 320)

    assert shown.getpixel((160, 160)) == (255, 255, 255)


def test_the_picture_behind_a_phones_picture_is_no_animation() -> None:
    two = hostile.written(hostile.a_picture(), "MPO", save_all=True, append_images=[hostile.a_picture(160, 120)])

    assert encode_picture(two).width == 1600


def test_what_the_child_says_is_understood() -> None:
    encoded = encode_picture(hostile.written(hostile.a_picture(500, 500), "PNG"))

    assert unpack(pack(encoded)) == encoded
