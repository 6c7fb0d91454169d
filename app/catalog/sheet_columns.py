"""The columns of a table of products: their heads in Vietnamese, the field behind each, and how a cell becomes its value and back. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.catalog.label import LabelFacts
from app.catalog.schemas import ProductDetails

Value = str | int | bool | date | None

_DAY_FORMS = ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y")
# Thousands as Vietnamese writes them, with or without the sign of the đồng.
_GROUPED = re.compile(r"\d{1,3}([. \u00a0]\d{3})+|\d+")
_YES, _NO = frozenset({"có", "co", "x", "yes", "true", "1", "đúng"}), frozenset({"", "không", "khong", "no", "false", "0", "sai"})
CATEGORIES: Mapping[str, str] = {
    "food": "Thực phẩm",
    "drink": "Đồ uống",
    "herbal": "Dược liệu",
    "craft": "Thủ công mỹ nghệ",
    "ornamental": "Sinh vật cảnh",
    "tourism": "Du lịch cộng đồng",
}


class CellProblem(ValueError):
    """A cell that cannot be what its column holds; `code` is the reason, worded by the page as `goods.cell_<code>`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Column:
    """`field` is a field of a product, or of its label with `label.` in front; `producer` and `code` find what a row is about."""

    field: str
    head: str
    parse: Callable[[str], Value]
    width: int = 18
    is_number: bool = False

    def written(self, product: ProductDetails) -> str | int:
        """The cell of a product: a number, or a text that stays a text."""
        if self.field == "producer":
            return product.producer_name
        if self.field.startswith("label."):
            return str(getattr(product.label, self.field.removeprefix("label.")))
        return _cell_of(getattr(product, self.field))


def _cell_of(value: Any) -> str | int:  # noqa: ANN401 - any field of a product
    match value:
        case bool():
            return "có" if value else "không"
        case int():
            return value
        case date():
            return value.strftime("%d/%m/%Y")
        case None:
            return ""
        case _:
            return CATEGORIES.get(value, str(value))


def _text(cell: str) -> Value:
    return cell


def _text_or_none(cell: str) -> Value:
    return cell or None


def _number(cell: str) -> Value:
    digits = cell.lower().removesuffix("đ").removesuffix("₫").removesuffix("vnd").strip()
    if not _GROUPED.fullmatch(digits):
        raise CellProblem("number")
    return int(re.sub(r"\D", "", digits))


def _stars(cell: str) -> Value:
    if cell == "":
        return None
    if cell.removesuffix("sao").strip() not in {"3", "4", "5"}:
        raise CellProblem("stars")
    return int(cell[0])


def _day(cell: str) -> Value:
    if cell == "":
        return None
    for form in _DAY_FORMS:
        try:
            return datetime.strptime(cell, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise CellProblem("day")


def _yes_or_no(cell: str) -> Value:
    if cell.lower() in _YES:
        return True
    if cell.lower() in _NO:
        return False
    raise CellProblem("yes_or_no")


def _on_unless_no(cell: str) -> Value:
    return True if cell == "" else _yes_or_no(cell)


def _category(cell: str) -> Value:
    if cell == "":
        return None
    wanted = cell.casefold()
    for key, words in CATEGORIES.items():
        if wanted in {key, words.casefold()}:
            return key
    raise CellProblem("category")


COLUMNS: tuple[Column, ...] = (
    Column("code", "Mã sản phẩm", _text, 16),
    Column("producer", "Chủ thể", _text, 28),
    Column("name", "Tên sản phẩm", _text, 32),
    Column("price_vnd", "Giá bán (đồng)", _number, 14, is_number=True),
    Column("unit", "Đơn vị bán", _text, 16),
    Column("weight_grams", "Nặng cả bao bì (gam)", _number, 14, is_number=True),
    Column("category", "Nhóm OCOP", _category, 18),
    Column("is_alcohol", "Là rượu, bia (có/không)", _yes_or_no, 12),
    Column("is_active", "Đang bán (có/không)", _on_unless_no, 12),
    Column("ocop_stars", "Hạng sao", _stars, 10, is_number=True),
    Column("certificate_number", "Số chứng nhận", _text_or_none, 18),
    Column("certified_on", "Ngày cấp", _day, 12),
    Column("certificate_expires_on", "Hết hạn", _day, 12),
    Column("story", "Câu chuyện", _text, 40),
    Column("story_video_url", "Đường dẫn video", _text_or_none, 24),
    Column("label.origin", "Xuất xứ", _text),
    Column("label.ingredients", "Thành phần", _text, 28),
    Column("label.net_weight", "Khối lượng tịnh", _text),
    Column("label.shelf_life", "Hạn sử dụng", _text),
    Column("label.storage", "Bảo quản", _text, 24),
    Column("label.usage", "Cách dùng", _text, 24),
    Column("label.warning", "Cảnh báo", _text, 24),
    Column("label.responsible_name", "Nơi chịu trách nhiệm", _text, 24),
    Column("label.responsible_address", "Địa chỉ nơi chịu trách nhiệm", _text, 28),
    Column("label.standard_number", "Số công bố", _text),
)
COLUMN_BY_FIELD: Mapping[str, Column] = {column.field: column for column in COLUMNS}
# Without these a row is no product.
NEEDED = ("code", "producer", "name", "price_vnd", "unit", "weight_grams")
assert {f"label.{name}" for name in LabelFacts.model_fields} <= COLUMN_BY_FIELD.keys()  # noqa: S101 - a column for every fact
