"""What simulated viewers are called, what they say and where their parcels go. Every choice comes from the caller's `random.Random`."""

from __future__ import annotations

import random
from dataclasses import dataclass

from app.catalog.addresses import provinces, wards_of
from app.catalog.schemas import WardView
from app.rehearsal.market import product_by_name
from app.rehearsal.voices_comments import COMMENTS, EMOJI, PLACES, PRODUCT_COMMENTS, Moment

__all__ = ["COMMENT_MAX_CHARACTERS", "DemoBuyer", "Moment", "buyer_for", "comment_for", "nickname_for"]

COMMENT_MAX_CHARACTERS = 200
SPOKEN_MAX_CHARACTERS = 60

_FAMILY_NAMES = (
    *("Nguyễn",) * 9, *("Trần",) * 4, *("Lê",) * 3, *("Phạm",) * 2, "Phan", "Võ", "Hồ", "Đặng", "Bùi", "Dương", "Hoàng", "Đinh",
    "Hà", "Thái", "Lưu", "Cao", "Mai", "Nghiêm", "Uông", "Biện", "Tôn", "Đậu", "Kiều", "Trịnh",
)  # fmt: skip
_WOMEN = (
    "Thị Lan", "Thị Hương", "Thị Hoa", "Thị Mai", "Thị Hồng Nhung", "Thị Thu Hà", "Thị Bích Ngọc", "Thị Kim Oanh", "Thị Thanh Huyền",
    "Thị Phương Thảo", "Thị Minh Nguyệt", "Thị Tuyết", "Thị Lài", "Thị Hiền", "Thị Nga", "Thị Quỳnh Trang", "Thị Diệu Linh", "Thị Hà My",
    "Thị Vân Anh", "Thị Khánh Ly", "Thị Yến", "Thị Hạnh", "Thị Cẩm Tú", "Ngọc Anh", "Thùy Dung", "Bảo Châu", "Thị Xuân", "Thị Liên",
)  # fmt: skip
_MEN = (
    "Văn Hùng", "Văn Minh", "Đức Anh", "Quốc Bảo", "Mạnh Cường", "Xuân Trường", "Hữu Phước", "Văn Thành", "Trọng Nghĩa", "Công Danh",
    "Đình Khôi", "Tuấn Kiệt", "Văn Sơn", "Quang Huy", "Đức Thắng", "Viết Dũng", "Sỹ Nam", "Khắc Hiếu", "Anh Tuấn", "Văn Lợi",
    "Hoàng Long", "Minh Quân", "Hải Đăng", "Văn Tài", "Bá Lộc", "Đăng Khoa",
)  # fmt: skip
_NICKNAMES = (
    "Lan Hương", "Thu Hà", "Minh", "Cô Hoa", "Chú Tám", "Bé Na", "Mẹ Bống", "Mẹ Tôm", "Mẹ Sóc", "Bố Ken", "Hùng", "Hạnh", "O Lài",
    "O Thương", "Bác Ba", "Chị Mai", "Anh Dũng", "Quỳnh", "Trang", "Linh", "Thảo", "Ngọc Ánh", "Hà My", "Tuấn", "Sơn", "Yến", "Nga",
    "Vân Anh", "Phương", "Đức", "Khánh Ly", "Bà Nội Bi", "Dì Tư", "Huyền", "Bảo Châu", "Nhung", "Hải", "Kim Oanh", "Thúy", "Cậu Út",
    "Mẹ Cà Rốt", "Diệu Linh", "Thanh", "Dì Năm", "Thầy Giáo Làng", "Long", "Bích Ngọc", "Cô Giáo Thảo", "Hiền", "Tú Anh", "Nam",
)  # fmt: skip
_STREETS = (
    "Phan Đình Phùng", "Trần Phú", "Nguyễn Du", "Lê Lợi", "Hải Thượng Lãn Ông", "Nguyễn Công Trứ", "Hà Huy Tập", "Xuân Diệu", "Quang Trung",
    "Nguyễn Trãi", "Lê Duẩn", "Võ Nguyên Giáp", "Hai Bà Trưng", "Lý Tự Trọng", "Ngô Quyền", "Huy Cận", "Điện Biên Phủ", "Lý Thường Kiệt",
)  # fmt: skip
_HAMLETS = (
    "Đông Hà",
    "Tân Tiến",
    "Trung Sơn",
    "Bình Minh",
    "Hòa Bình",
    "Nam Giang",
    "Đại Đồng",
    "Yên Mỹ",
    "Xuân Thủy",
    "Phú Lộc",
    "Hồng Lam",
)

# Three digits each; a phone is prefix + one digit + 000 + three digits, a tail that reads as made up yet passes `phonenumbers`.
_MOBILE_PREFIXES = ("090", "091", "093", "094", "096", "097", "098")

# People of Hà Tĩnh buy most, then the big cities where they have gone to work; the rest of the country shares what is left.
_HOME = 42
_BIG_CITIES = (1, 79, 40, 48, 75)


@dataclass(frozen=True, kw_only=True)
class DemoBuyer:
    """An invented buyer: a two-level address with real codes and a phone in the national form with ten digits."""

    name: str
    phone: str
    province_code: int
    ward_code: int
    street: str


def comment_for(moment: Moment, rng: random.Random, product: str | None = None) -> str:
    """One comment for this moment, at most 200 characters.

    `product` is the product's name as the page shows it; without it only templates that name no product are used.
    """
    spoken, own_lines = _spoken_form(product)
    templates = COMMENTS[moment]
    if own_lines and moment == "watch" and rng.random() < 0.4:
        templates = own_lines
    elif spoken is None:
        templates = tuple(template for template in templates if "{product}" not in template)
    text = rng.choice(templates).format(product=spoken, place=rng.choice(PLACES), count=rng.choice((1, 1, 2, 2, 2, 3)))
    return _typed_by_hand(text[0].upper() + text[1:], rng)[:COMMENT_MAX_CHARACTERS]


def _spoken_form(product: str | None) -> tuple[str | None, tuple[str, ...]]:
    """What people call the product and the lines that only fit this one; a long foreign name is not repeated."""
    if product is None:
        return None, ()
    known = product_by_name(product)
    if known is not None:
        return known.spoken, PRODUCT_COMMENTS.get(known.key, ())
    return (product if 0 < len(product) <= SPOKEN_MAX_CHARACTERS else None), ()


def _typed_by_hand(text: str, rng: random.Random) -> str:
    """Thumbs on a phone: sometimes no capital (proper names of two words keep theirs), now and then an emoji."""
    second_word = text.partition(" ")[2]
    if rng.random() < 0.35 and not second_word[:1].isupper():
        text = text[0].lower() + text[1:]
    return f"{text} {rng.choice(EMOJI)}" if rng.random() < 0.18 else text


def nickname_for(rng: random.Random) -> str:
    """A display name such as "Lan Hương", "Minh ở Đồng Lộc" or "Thảo 92"."""
    name = rng.choice(_NICKNAMES)
    kind = rng.random()
    if kind < 0.45:
        return name
    if kind < 0.8 or name.count(" ") > 1:
        return f"{name} ở {rng.choice(PLACES)}"
    return f"{name} {rng.randint(70, 99)}"


def buyer_for(rng: random.Random) -> DemoBuyer:
    """A plausible buyer with a valid mobile number and an existing commune; nobody real is meant."""
    province = _province_for(rng)
    ward = rng.choice(wards_of(province))
    name = f"{rng.choice(_FAMILY_NAMES)} {rng.choice(_WOMEN if rng.random() < 0.62 else _MEN)}"
    phone = f"{rng.choice(_MOBILE_PREFIXES)}{rng.randrange(10)}000{rng.randrange(1000):03d}"
    return DemoBuyer(name=name, phone=phone, province_code=province, ward_code=ward.code, street=_street_for(ward, rng))


def _province_for(rng: random.Random) -> int:
    share = rng.random()
    if share < 0.45:
        return _HOME
    return rng.choice(_BIG_CITIES if share < 0.8 else [province.code for province in provinces()])


def _street_for(ward: WardView, rng: random.Random) -> str:
    """A town address in a ward (phường), a hamlet in a commune (xã)."""
    if ward.kind != "phường":
        return rng.choice((f"Xóm {rng.randint(1, 12)}", f"Thôn {rng.choice(_HAMLETS)}", f"Thôn {rng.randint(1, 9)}"))
    street = rng.choice(_STREETS)
    number = rng.randint(2, 298)
    return rng.choice(
        (
            f"Số {number} đường {street}",
            f"Số {rng.randint(2, 60)}, ngõ {number} đường {street}",
            f"Tổ dân phố {rng.randint(1, 14)}, đường {street}",
        )
    )
