"""A viewer does not pass for the organiser, the host or their help; nobody loses an honest name."""

from __future__ import annotations

import random

import pytest

from app.live.posing import poses_as_staff
from app.protocol.text import clean_text
from app.rehearsal import voices

POSING = (
    *("Ban tổ chức", "BAN TỔ CHỨC", "ban to chuc", "Bàn Tô Chưc", "B a n  t ổ c h ứ c", "Ban.Tổ.Chức", "BanTổChức", "Ban tổ chức Hà Tĩnh"),
    *("Ban tổ chứcc", "Ban  Tổ\u200b Chức ⭐", "BTC", "B.T.C", "Ban TC", "QTV", "Ban quản trị"),
    *("Quản trị", "Quản trị viên", "quantri", "Quản Trị ✅", "Quàn Tri", "quản lý"),
    *(
        "Admin",
        "ADMIN",
        "Adm1n",
        "@dmin",
        "A.d.m.i.n",
        "A d m i n",
        "Ad-min",
        "ad_min",
        "Addmiiinnn",
        "aadmin",
        "admin123",
        "Àdmín",
        "Adrnin",
    ),
    *(
        "\u0410dmin",
        "\u0391dmin",
        "\U0001d400\U0001d41d\U0001d426\U0001d422\U0001d427",
        "\uff21\uff44\uff4d\uff49\uff4e",
        "ⓐⓓⓜⓘⓝ",
        "🅰🅳🅼🅸🅽",
        "🇦🇩🇲🇮🇳",
        "ᴀᴅᴍɪɴ",
        "a\u200bd\u200bm\u200bi\u200bn",
        "Administrator",
    ),
    *("Host", "H0st", "host Lan", "Hosst", "\u041dost", "h o s t", "MC", "MC Linh", "Người dẫn", "Nguoi dan", "Người dẫn chương trình"),
    *(
        "Hỗ trợ",
        "Hổ trợ",
        "ho tro",
        "Hỗ trợ khách hàng",
        "HoTro24h",
        "CSKH",
        "Chăm sóc khách hàng",
        "Nhân viên",
        "Tổng đài",
        "Support",
        "Supp0rt",
    ),
    *(
        "Official",
        "0fficial",
        "Off1cial",
        "OCOP Hà Tĩnh Official",
        "OCOP chính thức",
        "Chính thức",
        "Staff",
        "moderator",
        "Admin người dân",
    ),
)
HONEST = (
    *("Hồ Trọng Nghĩa", "Nhỏ Trọng", "Diệu Hạnh", "Dieu Hanh", "Minh Quân Trí", "Người dân Hà Tĩnh", "Tống Đại", "Nhân Viễn", "Trí Quân"),
    *(
        "Lan Hương",
        "Thảo 92",
        "Minh ở Đồng Lộc",
        "Khách 1234",
        "Ban Mai",
        "Bạn Tôi",
        "Tổ Chim",
        "Phở Hostel",
        "Mỹ Linh",
        "Adam",
        "Shop Lan",
    ),
    *("Đỗ Minh", "Hồ Trà My", "Cẩm Tú", "Mộc Châu", "Hạnh", "O Lài", "Sỹ Nam", "Quan Lý", "Hồ Quân Lý", "Thị Hà My", "Trần Thị Ban"),
)
ORGANISATION = "Chợ phiên OCOP Hà Tĩnh"


@pytest.mark.parametrize("name", POSING)
def test_names_of_those_who_run_the_session_are_seen_through(name: str) -> None:
    assert poses_as_staff(clean_text(name))


@pytest.mark.parametrize("name", HONEST)
def test_honest_names_that_look_alike_are_left_alone(name: str) -> None:
    assert not poses_as_staff(clean_text(name), organisation_name=ORGANISATION)


@pytest.mark.parametrize("name", [ORGANISATION, "cho phien ocop ha tinh", "Chợ  phiên O.C.O.P Hà Tĩnh", "CHỢ PHIÊN 0C0P HÀ TĨNH"])
def test_the_organisation_has_its_name_for_itself(name: str) -> None:
    assert poses_as_staff(clean_text(name), organisation_name=ORGANISATION)


def test_the_names_of_a_whole_crowd_are_left_alone() -> None:
    rng = random.Random(20261128)  # noqa: S311 - which names a crowd has is no secret
    names = {voices.nickname_for(rng) for _ in range(3_000)} | {voices.buyer_for(rng).name for _ in range(3_000)}

    assert [name for name in sorted(names) if poses_as_staff(name, organisation_name=ORGANISATION)] == []
