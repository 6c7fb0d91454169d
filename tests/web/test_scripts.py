"""The browser's modules: small, free of ways to write markup, their texts known, their imports found."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from app.carriers import schemas as carriers
from app.carriers.fitting import Hint, Stop
from app.carriers.mapping import TrackingFact
from app.carriers.parcels_to_send import Field as ColumnField
from app.carriers.states import CARRIER_STATES
from app.catalog.completeness import LISTING_ITEMS
from app.catalog.label import LabelFacts, ProductCategory
from app.catalog.sheet_schemas import RowOutcome
from app.desk.queues import OUTCOMES, QUEUES
from app.fulfilment.buyer_schemas import CancelReason
from app.fulfilment.money_kinds import Matter
from app.ledger.kinds import LATER_KINDS
from app.orders.price_rules import HalfPriceReason
from app.web.modules import SCRIPTS_DIR, modules_of
from app.web.texts import texts_for

MODULES = sorted(SCRIPTS_DIR.glob("*.js"))
MOST_LINES = 300
MARKUP = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|dangerouslySetInnerHTML|\beval\(|new Function|srcdoc")
ENTRIES = [
    "board.js",
    "desk.js",
    "goods.js",
    "goods_import.js",
    "goods_photos.js",
    "goods_producer.js",
    "goods_product.js",
    "home.js",
    "host_edit.js",
    "host_sessions.js",
    "login.js",
    "report.js",
    "staff.js",
    "viewer.js",
]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_module_is_short_and_never_writes_markup(module: Path) -> None:
    source = module.read_text(encoding="utf-8")

    assert source.startswith("// ")
    assert source.count("\n") <= MOST_LINES
    assert MARKUP.search(source) is None


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_module_of_a_page_is_found_once(entry: str) -> None:
    found = modules_of(entry)

    assert found[-1].address == f"/static/js/{entry}"
    assert len(found) == len(set(found))
    assert all(module.code for module in found)


def test_the_video_library_is_fetched_only_where_it_is_needed() -> None:
    assert not any("hls" in module.address for module in modules_of("viewer.js"))


def test_modules_say_only_texts_that_exist() -> None:
    known = texts_for("vi").keys()

    asked = {key for module in MODULES for key in re.findall(r"say\(\s*\"([a-z0-9_.]+)\"", module.read_text(encoding="utf-8"))}

    assert asked
    assert asked - known == set()


@pytest.mark.parametrize(
    ("prefix", "values"),
    [
        ("session.", ["draft", "scheduled", "live", "ended", "closed"]),
        ("host.platform_", ["tiktok", "facebook", "youtube", "other"]),
        ("source.", ["measured", "imported", "derived"]),
        ("desk.state_", ["placed", *LATER_KINDS]),
        ("desk.do_", ["confirmed", "handed_over", "delivered", "returned", "refunded", "later"]),
        ("desk.reason_", ["no_answer", "wrong_number", "refused", "duplicate", "out_of_stock", "not_confirmed", "hold_over"]),
        ("desk.reason_", get_args(CancelReason)),
        ("order.", get_args(CancelReason)),
        ("order.next_", ["placed_cod", "placed_transfer", *LATER_KINDS]),
        ("desk.matter_", get_args(Matter)),
        ("desk.reason_", ["too_dear", "not_delivered"]),
        ("carriers.state_", CARRIER_STATES),
        ("carriers.unfit_", [*get_args(Stop), *get_args(Hint)]),
        ("carriers.fate_", get_args(carriers.RowFate)),
        ("carriers.problem_", get_args(carriers.Problem)),
        ("carriers.answer_", get_args(carriers.CarrierAnswer.model_fields["state"].annotation)),
        ("carriers.field_", get_args(ColumnField)),
        ("carriers.fact_", get_args(TrackingFact)),
        ("carriers.pickup_", carriers.Pickup.model_fields),
        ("carriers.view_", ["send", "reports", "columns", "connection"]),
        ("parcels.leave_", get_args(carriers.HandOverProblem)),
        ("parcels.carrier_", ["vnpost", "viettel_post", "ghn", "ghtk", "jt", "own", "other"]),
        ("carriers.parcel_", ["open", "packed", "handed_over"]),
        ("desk.queue_", QUEUES),
        ("desk.call_", [*OUTCOMES, "again", "undone"]),
        ("desk.do_call_", OUTCOMES),
        ("desk.asks_", ["times", "reasons"]),
        ("desk.bulk_do_", ["confirmed", "delivered", "cancelled", "assign", "handed_over"]),
        ("goods.item_", LISTING_ITEMS),
        ("host.half_price_", get_args(HalfPriceReason)),
        ("goods.row_", get_args(RowOutcome)),
        ("goods.sheet_", ["not_a_table", "too_large", "too_many_rows", "old_excel", "encoding", "missing_columns"]),
        ("goods.cell_", ["needed", "number", "stars", "day", "yes_or_no", "category", "formula", "video", "not_valid"]),
        ("goods.cell_", ["producer_unknown", "producer_ambiguous", "duplicate_code", "code_taken"]),
        ("goods.category_", ["none", *get_args(ProductCategory)]),
        ("goods.label_", LabelFacts.model_fields),
        ("goods.field_", ["name", "price", "unit", "weight"]),
        ("producer.", ["company", "cooperative", "cooperative_group", "household"]),
        ("form.", ["name_missing", "phone_missing", "province_missing", "ward_missing", "street_missing"]),
        ("login.", ["username_missing", "password_missing"]),
    ],
)
def test_texts_that_are_put_together_exist(prefix: str, values: list[str]) -> None:
    assert {prefix + value for value in values} <= texts_for("vi").keys()
