"""The picture of a shared session: always a JPEG of the right size, whatever stands on it, and another one when something changes."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from app.web.share_drawing import Drawing, draw_share_picture

TITLES = ["", "Chợ", "Ắ" * 500, "một " * 300, "\U0001f525 漢字 \u202e\u0301\u0000", "a\nb\tc", "x" * 10_000, "Nghệ\u0323 thuâ\u0323t"]


def drawn(title: str, *, picture: bytes = b"", when: str = "Thứ Bảy 31/1 · 20:00") -> bytes:
    return draw_share_picture(Drawing(title, when, "Lan dẫn · Chợ phiên OCOP Hà Tĩnh", "Chợ OCOP trực tuyến"), picture)


def ink_in(content: bytes, box: tuple[int, int, int, int]) -> bool:
    """Whether anything dark stands in a part of the picture."""
    with Image.open(io.BytesIO(content)) as picture:
        return min(picture.convert("L").crop(box).tobytes()) < 100


@pytest.mark.parametrize("title", TITLES, ids=lambda title: ascii(title[:12]))
def test_any_title_is_drawn_within_the_picture(title: str) -> None:
    content = drawn(title)

    with Image.open(io.BytesIO(content)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (1200, 630))
    assert len(content) < 300_000
    assert not ink_in(content, (1150, 0, 1200, 530))
    assert not ink_in(content, (0, 0, 50, 530))


def test_vietnamese_letters_of_all_files_of_the_type_are_written() -> None:
    assert ink_in(drawn("Ệ", when=""), (64, 0, 200, 530))
    assert drawn("Chợ phiên", when="") != drawn("Ch phin", when="")


def test_letters_that_the_type_does_not_have_leave_no_boxes() -> None:
    assert drawn("Chợ 漢字\U0001f525 phiên") == drawn("Chợ phiên")


def test_a_product_stands_beside_the_words_and_a_broken_picture_does_no_harm() -> None:
    written = io.BytesIO()
    Image.new("RGB", (640, 480), "black").save(written, "JPEG")

    assert ink_in(drawn("Chợ phiên", picture=written.getvalue()), (800, 200, 1100, 400))
    assert drawn("Chợ phiên", picture=written.getvalue()[:200]) == drawn("Chợ phiên", picture=b"GIF89a") == drawn("Chợ phiên")
