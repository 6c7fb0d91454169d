"""The standard description: what counts, what a group of goods does not need, and that a certificate counts only while it holds."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args

import pytest

from app.catalog.completeness import LISTING_ITEMS, CertificateState, Described, asked_of, certificate_state, completeness_of
from app.catalog.label import LabelFacts, ProductCategory

TODAY = date(2026, 11, 28)
WHOLE_LABEL = LabelFacts(**dict.fromkeys(LabelFacts.model_fields, "có"))


def described(**changes: Any) -> Described:
    usual: dict[str, Any] = {
        "name": "Mật ong hoa rừng",
        "producer_has_tax_code": True,
        "category": "food",
        "label": WHOLE_LABEL,
        "certificate_number": "215/QĐ-UBND",
        "certified_on": date(2025, 9, 23),
        "certificate_expires_on": date(2028, 9, 23),
        "picture_count": 2,
        "story": "Ba mươi hộ nuôi ong dưới tán rừng Hương Sơn, mỗi năm chỉ quay mật hai lần, vào mùa hoa.",
    }
    return Described(**usual | changes)


def test_a_whole_description_has_a_hundred_and_nothing_missing() -> None:
    assert completeness_of(described(), on=TODAY).model_dump() == {"score": 100, "missing": ()}


def test_an_empty_one_lacks_everything_but_the_name() -> None:
    nothing = described(
        producer_has_tax_code=False, category=None, label=LabelFacts(), certificate_number=None, certified_on=None,
        certificate_expires_on=None, picture_count=0, story="",
    )  # fmt: skip

    assert completeness_of(nothing, on=TODAY).missing == tuple(item for item in LISTING_ITEMS if item != "name")
    assert completeness_of(nothing, on=TODAY).score == 5


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"picture_count": 1}, "pictures"),
        ({"story": "Ngon."}, "story"),
        ({"producer_has_tax_code": False}, "producer"),
        ({"certificate_number": None}, "certificate"),
        ({"certificate_expires_on": date(2026, 11, 27)}, "certificate"),
        ({"certified_on": date(2026, 11, 29)}, "certificate"),
        ({"label": WHOLE_LABEL.model_copy(update={"responsible_address": ""})}, "responsible"),
        *(
            ({"label": WHOLE_LABEL.model_copy(update={item: ""})}, item)
            for item in ("origin", "ingredients", "net_weight", "shelf_life", "storage", "usage", "warning")
        ),
    ],
)
def test_each_item_is_asked_for(changes: dict[str, Any], missing: str) -> None:
    found = completeness_of(described(**changes), on=TODAY)

    assert found.missing == (missing,)
    assert found.score < 100


def test_what_a_group_does_not_need_is_not_missing() -> None:
    bare = LabelFacts(origin="Hà Tĩnh", usage="Xem", warning="Không", responsible_name="Hộ ông Dũng", responsible_address="Xóm 5")

    assert completeness_of(described(category="tourism", label=bare), on=TODAY).score == 100
    assert set(completeness_of(described(category="food", label=bare), on=TODAY).missing) == {
        "ingredients",
        "net_weight",
        "shelf_life",
        "storage",
    }
    assert all("name" in asked_of(category) for category in get_args(ProductCategory))


@pytest.mark.parametrize(
    ("on", "state"),
    [
        (date(2025, 9, 22), "not_yet"),
        (date(2025, 9, 23), "valid"),
        (date(2028, 7, 25), "valid"),
        (date(2028, 7, 26), "lapsing"),
        (date(2028, 9, 23), "lapsing"),
        (date(2028, 9, 24), "lapsed"),
    ],
)
def test_a_certificate_is_said_to_lapse_sixty_days_before(on: date, state: CertificateState) -> None:
    assert certificate_state(date(2025, 9, 23), date(2028, 9, 23), on=on) == state
    assert certificate_state(None, None, on=on) == "none"
