"""Carriers' files: the columns that people chose, numbers as numbers, nobody's text a formula, and nobody named without a note of it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from app.carriers.fitting import fits, unfit
from app.carriers.mapping import Column, FileColumns
from app.carriers.old_districts import old_district, old_province
from app.carriers.parcels_to_send import NUMBERS, Addressee, GoodsLine, ParcelToSend, masked_value, value_of
from app.carriers.ready import READY
from app.carriers.writing import plain_text, rows_of, written
from tests.carriers.sending_house import Dispatch

LAN = Addressee("Nguyễn Thị Lan", "+84912345678", "Thôn 3", "Xã Hương Sơn", "Hà Tĩnh", 42, "Giao giờ hành chính")
PARCEL = ParcelToSend(
    parcel_id=UUID(int=1), code="P-K7M2PA", state="packed", addressee=LAN, weight_grams=850, size_cm=(20, 15, 10), cod_vnd=258_000,
    value_vnd=300_000, goods=(GoodsLine("Mật ong", 2, 400, "MO1"), GoodsLine("Cam", 1)),
)  # fmt: skip
GHN, GHTK = (each for each in READY if isinstance(each.content, FileColumns))


def _columns(*fields: str, **limits: Any) -> FileColumns:
    return FileColumns(columns=[Column.model_validate({"head": field, "field": field}) for field in fields], **limits)


def test_the_ready_columns_of_ghn_are_those_of_its_sheet_in_order() -> None:
    assert isinstance(GHN.content, FileColumns)
    assert [column.head for column in GHN.content.columns] == [
        *("Họ tên người nhận", "Số điện thoại người nhận", "Địa chỉ", "Gói cước", "Yêu cầu đơn hàng", "Tên sản phẩm", "Số lượng"),
        *("Khối lượng (gram)", "Chiều dài (cm)", "Chiều rộng (cm)", "Chiều cao (cm)", "Giá trị hàng hóa", "Khai giá (Có/Không)"),
        *("Tiền thu hộ (COD)", "Shop trả phí vận chuyển", "Gửi hàng tại bưu cục", "Mã hàng riêng của shop", "Ghi chú thêm"),
        *("Ca lấy hàng", "Giao thất bại thu tiền"),
    ]


def test_numbers_are_numbers_and_telephones_keep_their_zero_in_xlsx() -> None:
    assert isinstance(GHN.content, FileColumns)
    sheet = load_workbook(io.BytesIO(written("xlsx", rows_of(GHN.content, [PARCEL])))).worksheets[0]
    heads, row = list(sheet.iter_rows())

    by_head = {str(head.value): cell for head, cell in zip(heads, row, strict=True)}
    assert (by_head["Số điện thoại người nhận"].value, by_head["Số điện thoại người nhận"].data_type) == ("0912345678", "s")
    assert by_head["Số điện thoại người nhận"].number_format == "@"
    assert (by_head["Tiền thu hộ (COD)"].value, by_head["Tiền thu hộ (COD)"].data_type) == (258_000, "n")
    assert by_head["Khối lượng (gram)"].value == 850
    assert by_head["Địa chỉ"].value == "Thôn 3, Xã Hương Sơn, Hà Tĩnh"
    assert by_head["Tên sản phẩm"].value == "Mật ong x2, Cam x1"
    assert by_head["Mã hàng riêng của shop"].value == "P-K7M2PA"


def test_a_csv_has_a_mark_and_the_same_rows() -> None:
    content = written("csv", rows_of(_columns("phone", "cod_vnd", "ward"), [PARCEL]))

    assert content.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(content.decode("utf-8-sig")))) == [
        ["phone", "cod_vnd", "ward"],
        ["0912345678", "258000", "Xã Hương Sơn"],
    ]


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t=", "\r\n=", " =", "\uff1d", "|", "%"])
@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_nobodys_text_becomes_a_formula(begins: str, form: Any) -> None:
    evil = replace(PARCEL, addressee=replace(LAN, name=f"{begins}cmd|' /C calc'!A0", note=f"{begins}1+1"))
    content = written(form, rows_of(_columns("receiver_name", "note"), [evil]))

    if form == "csv":
        cells = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))[1]
    else:
        row = list(load_workbook(io.BytesIO(content)).worksheets[0].iter_rows())[1]
        assert all(cell.data_type == "s" for cell in row)
        cells = [str(cell.value) for cell in row]
    assert all(cell.startswith("'") for cell in cells)


@given(st.text(max_size=60))
def test_no_text_is_left_that_a_spreadsheet_would_run(text: str) -> None:
    assert plain_text(text)[:1] not in {"=", "+", "-", "@", "\t", "\r", "\n"}
    assert plain_text(plain_text(text)) == plain_text(text)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"weight_grams": 0}, "no_weight"),
        ({"weight_grams": 50_001}, "too_heavy"),
        ({"cod_vnd": 50_000_001}, "cod_too_high"),
        ({"addressee": None}, "receiver_erased"),
        ({"addressee": replace(LAN, ward="")}, "no_ward"),
        ({"addressee": replace(LAN, street="")}, "no_street"),
        ({"looks_at": "order_changed"}, "to_look_at"),
        ({"state": "handed_over"}, "not_to_send"),
    ],
)
def test_what_the_carrier_would_refuse_stays_out(change: dict[str, Any], problem: str) -> None:
    assert isinstance(GHN.content, FileColumns)
    found = unfit(replace(PARCEL, **change), GHN.content)

    assert problem in found
    assert not fits(found)


def test_a_parcel_with_everything_fits_and_hints_keep_none_out() -> None:
    assert isinstance(GHN.content, FileColumns)
    assert isinstance(GHTK.content, FileColumns)

    assert unfit(PARCEL, GHN.content) == []
    assert unfit(replace(PARCEL, size_cm=None, state="open", receivers_differ=True), GHN.content) == [
        "not_packed",
        "no_size",
        "receivers_differ",
    ]
    # the old district is not known, and said
    cam_lac = replace(PARCEL, addressee=replace(LAN, ward="Xã Cẩm Lạc"))
    assert unfit(cam_lac, GHTK.content) == ["no_old_district"]
    assert fits(unfit(cam_lac, GHTK.content))


def test_a_file_without_a_weight_asks_for_none() -> None:
    assert unfit(replace(PARCEL, weight_grams=0), _columns("receiver_name", "phone")) == []


@pytest.mark.parametrize(
    ("ward", "street", "district"),
    [
        ("Xã Hương Sơn", "Thôn 3", "Hương Sơn"),
        ("Xã Hương Khê", "Số 8", "Hương Khê"),
        ("Xã Cẩm Lạc", "Thôn 3, huyện Cẩm Xuyên", "Cẩm Xuyên"),
        ("Xã Cẩm Lạc", "thon 3 H. Cam Xuyen", "Cẩm Xuyên"),
        ("Xã Cẩm Lạc", "Thôn 3, Cẩm Xuyên", "Cẩm Xuyên"),
        ("Xã Cẩm Lạc", "đường Cẩm Xuyên", ""),
        ("Xã Cẩm Lạc", "huyện Cẩm Xuyên, huyện Kỳ Anh", ""),
        ("Xã Cẩm Lạc", "Thôn 3", ""),
        ("", "", ""),
    ],
)
def test_an_old_district_is_said_where_it_is_known_for_certain(ward: str, street: str, district: str) -> None:
    assert old_district(42, ward, street) == district


def test_numbered_districts_and_merged_provinces() -> None:
    assert old_district(79, "Phường Bến Thành", "12 Lê Lợi, Quận 1") == "Quận 1"
    assert old_district(79, "Phường Bến Thành", "12 Lê Lợi, Q. 1") == "Quận 1"
    assert old_district(79, "Phường Bến Thành", "Hẻm 12") == ""
    assert old_district(999, "Xã Lạ", "huyện Lạ") == ""
    assert old_province(42, "Hà Tĩnh") == "Hà Tĩnh"
    assert old_province(8, "Tuyên Quang") == ""


@pytest.mark.parametrize("field", ["receiver_name", "phone", "address_line", "street", "note"])
def test_a_look_names_nobody(field: Any) -> None:
    shown = str(masked_value(PARCEL, field))

    assert str(value_of(PARCEL, field)) != shown
    assert all(word not in shown for word in ("Nguyễn", "Lan", "0912345", "Thôn 3", "Giao giờ"))


def test_every_field_has_a_value_and_numbers_are_whole() -> None:
    for field in ("parcel_code", "receiver_name", "phone", "street", "ward", "province", "content", *NUMBERS):
        value = value_of(PARCEL, field)
        assert value != ""
        assert isinstance(value, int) == (field in NUMBERS)


# --- over HTTP ---


async def test_a_file_is_looked_at_masked_then_made_and_every_receiver_in_it_is_written_down(dispatch: Dispatch) -> None:
    light, heavy = await dispatch.parcels(2)
    await dispatch.market.stores.database.pool.execute("UPDATE parcels SET weight_grams = 60000 WHERE id = $1", UUID(heavy.parcel_id))
    wanted = {"mapping_id": str(GHN.mapping_id), "parcel_ids": [light.parcel_id, heavy.parcel_id]}

    looked = await dispatch.asks("POST", "carrier-files/preview", wanted)
    assert (
        looked["fitting"],
        [(each["code"], each["problems"][0], each["stays_out"]) for each in looked["unfit"] if each["stays_out"]],
    ) == (
        1,
        [(heavy.code, "too_heavy", True)],
    )
    assert "Lan" not in str(looked["rows"])
    assert await dispatch.audited("order.contact_read") == []

    answer = await dispatch.sends("POST", "carrier-files", wanted | {"form": "xlsx"})
    assert (answer.status_code, answer.headers["x-parcels"], answer.headers["x-left-out"]) == (200, "1", "1")
    assert answer.headers["cache-control"] == "no-store"
    rows = list(load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows(values_only=True))
    assert [row[0] for row in rows[1:]] == ["Nguyễn Thị Lan A"]
    assert rows[1][13] == light.receipt["total_vnd"]

    assert [each["reason"] for each in await dispatch.audited("order.contact_read")] == ["carrier_file"]
    (made,) = (await dispatch.asks("GET", "carrier-files"))["items"]
    assert (made["parcels"], made["mapping_version"], made["made_by"]) == (1, 0, "Trần Bảo Lan")


async def test_a_file_of_nothing_that_fits_is_refused_and_nobody_is_named(dispatch: Dispatch) -> None:
    (parcel,) = await dispatch.parcels(1, weighs=60_000)

    answer = await dispatch.sends("POST", "carrier-files", {"mapping_id": str(GHN.mapping_id), "parcel_ids": [parcel.parcel_id]})

    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_fits_carrier")
    assert answer.json()["details"]["problems"]["too_heavy"] == 1
    assert await dispatch.audited("order.contact_read") == []


async def test_columns_are_copied_changed_and_kept_in_versions(dispatch: Dispatch) -> None:
    items = (await dispatch.asks("GET", "carrier-mappings"))["items"]
    assert [each["is_ready"] for each in items] == [True] * 4
    ready = next(each for each in items if each["mapping_id"] == str(GHN.mapping_id))
    content = ready["content"] | {"columns": ready["content"]["columns"][:3]}
    copy = {"name": "GHN của ta", "carrier": "ghn", "content": content}

    made = await dispatch.asks("POST", "carrier-mappings", copy)
    path = f"carrier-mappings/{made['mapping_id']}"
    changed = await dispatch.asks("PUT", path, copy | {"name": "GHN khác", "seen_version": 1})
    again = await dispatch.asks("PUT", path, copy | {"name": "GHN khác", "seen_version": 1})
    late = await dispatch.sends("PUT", path, copy | {"name": "GHN cũ", "seen_version": 1})
    assert (made["version"], changed["version"], again["version"], late.status_code) == (1, 2, 2, 409)
    assert (late.json()["code"], late.json()["details"]) == ("carrier_mapping_changed", {"version": 2})

    refused = await dispatch.sends("PUT", f"carrier-mappings/{GHN.mapping_id}", copy | {"seen_version": 1})
    assert (refused.status_code, refused.json()["code"]) == (409, "carrier_mapping_is_ready")
    assert len((await dispatch.asks("DELETE", path))["items"]) == 4
    assert (await dispatch.sends("DELETE", path)).status_code == 404
    assert len(await dispatch.audited("carrier_mapping.saved")) == 2


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "file", "columns": []},
        {"kind": "file", "columns": [{"head": "x", "field": "password"}]},
        {"kind": "file", "columns": [{"head": "x", "field": "phone"}] * 61},
        {"kind": "tracking", "heads": {"state": "x"}, "states": {}},
        {"kind": "tracking", "heads": {"parcel_code": "x"}, "states": {}},
        {"kind": "tracking", "heads": {"parcel_code": "x", "state": "y"}, "states": {"z": "eaten"}},
        {"kind": "else"},
        None,
        [],
    ],
)
async def test_columns_that_say_nothing_or_too_much_are_refused(dispatch: Dispatch, content: object) -> None:
    answer = await dispatch.sends("POST", "carrier-mappings", {"name": "x", "carrier": "other", "content": content})

    assert answer.status_code == 422


async def test_parcels_of_others_are_not_found(dispatch: Dispatch) -> None:
    wanted = {"mapping_id": str(GHN.mapping_id), "parcel_ids": [str(uuid4())]}

    for path in ("carrier-files/preview", "carrier-files"):
        assert (await dispatch.sends("POST", path, wanted)).status_code == 404
    assert (await dispatch.sends("POST", "carrier-files", wanted, user=dispatch.market.host)).status_code == 403
