"""Papers for packing: scanners read them, people read Vietnamese on them, nothing runs over their edge, and whoever printed is known."""

from __future__ import annotations

import io
import json

import pypdfium2
import pytest
import zxingcpp

from app.errors import Forbidden
from app.fulfilment.persons import erase_contacts
from app.parcels import drawing
from app.parcels.drawing import FONTS, FontSpoilt, font_file
from app.parcels.errors import ParcelNotFound, ReceiverErased
from app.parcels.paper_work import paper
from app.parcels.papers import PAPERS
from app.parcels.prints import ParcelPrints
from app.parcels.reaching import ParcelReaches
from app.parcels.schemas import ParcelSizes, Printed
from app.parcels.states import TIMES, new_code
from tests.desk.builders import a_colleague
from tests.orders.builders import a_market
from tests.parcels.builders import ROWS, Table

PHONE = "+84912345678"
LONGEST = "Nguyễn Thị Quỳnh Lượng " * 20
A_LINE = {"quantity": 2, "product": "Bưởi Phúc Trạch", "unit": "quả", "code": "SP2345678", "price": "45.000 ₫", "amount": "90.000 ₫"}
A_PARCEL = {
    "seller": "Chợ phiên xã Hương Sơn",
    "seller_phone": "0239 3 855 555",
    "code": "P-K7M2PA",
    "name": "Nguyễn Thị Quỳnh Lượng",
    "phone": "0912 345 678",
    "address": "Ngõ 9, Xã Hương Sơn, Tỉnh Hà Tĩnh",
    "note": "Gọi trước",
    "cod": "90.000 ₫",
    "value": "90.000 ₫",
    "weight": "1.250 g",
    "sizes": "",
    "orders": ["K7M2PAE"],
    "lines": [A_LINE],
}
A_LISTED = {"code": "P-K7M2PA", "orders": ["K7M2PAE"], "goods": ["2 quả"], "where": "N. T. L.", "weight": "1 g", "cod": ""}
A_PACKER = {
    "name": "HTX Mật ong",
    "made": "28/11/2026 19:00",
    "sums": "1 kiện",
    "products": [{**A_LINE, "parcels": 1, "scannable": True}],
    "parcels": [A_LISTED],
}


@pytest.fixture
def prints(table: Table) -> ParcelPrints:
    return ParcelPrints(table.database, rows=ROWS, reaches=ParcelReaches(table.database))


def pages(file: bytes) -> list[str]:
    """What the text of each page says."""
    document = pypdfium2.PdfDocument(io.BytesIO(file))
    return [page.get_textpage().get_text_bounded() for page in document]


def scanned(file: bytes, page: int = 0) -> set[tuple[str, str]]:
    picture = pypdfium2.PdfDocument(io.BytesIO(file))[page].render(scale=4).to_pil()
    return {(found.text, str(found.format)) for found in zxingcpp.read_barcodes(picture)}


def ink_beyond_the_edge(file: bytes) -> list[int]:
    """Pages with something dark within a millimetre of their edge."""
    wrong = []
    for number, page in enumerate(pypdfium2.PdfDocument(io.BytesIO(file))):
        picture = page.render(scale=2).to_pil().convert("L")
        inner = picture.crop((6, 6, picture.width - 6, picture.height - 6))
        blank = picture.copy()
        blank.paste(255, (6, 6, 6 + inner.width, 6 + inner.height))
        if blank.getextrema()[0] < 128:
            wrong.append(number)
    return wrong


# --- paper ---


def test_a_scanner_reads_every_code_from_label_slip_and_pick_list() -> None:
    codes = [new_code() for _ in range(5)]
    labels = paper("labels", json.dumps([A_PARCEL | {"code": code} for code in codes]).encode())

    assert [scanned(labels, number) for number in range(5)] == [{(code, "QR Code"), (code, "Code 128")} for code in codes]
    assert scanned(paper("slips", json.dumps([A_PARCEL]).encode())) == {("P-K7M2PA", "QR Code")}
    assert scanned(paper("pick-list", json.dumps([A_PACKER]).encode())) == {("SP2345678", "Code 128")}


def test_people_read_vietnamese_with_all_its_marks_and_the_sum_to_collect() -> None:
    (label,) = pages(paper("labels", json.dumps([A_PARCEL]).encode()))

    for words in ("Nguyễn Thị Quỳnh Lượng", "0912 345 678", "Xã Hương Sơn", "90.000 ₫", "Bưởi Phúc Trạch", "K7M2PAE", "1.250 g"):
        assert words in label
    assert "KHÔNG THU HỘ" in pages(paper("labels", json.dumps([A_PARCEL | {"cod": ""}]).encode()))[0]


@pytest.mark.parametrize("kind", PAPERS)
@pytest.mark.parametrize("words", [LONGEST, "W" * 400, "🐝 蜂蜜 \u202e abc", ""])
def test_whatever_people_are_called_nothing_runs_over_the_edge(kind: str, words: str) -> None:
    line = A_LINE | {"product": words, "unit": words, "quantity": 999_999}
    parcel = A_PARCEL | {"name": words, "address": words, "note": words, "seller": words, "lines": [line] * 12, "orders": ["K7M2PAE"] * 20}
    row = A_LISTED | {"goods": [words] * 9, "where": words, "orders": ["K7M2PAE"] * 20}
    packer = A_PACKER | {"name": words, "products": [line | {"parcels": 9, "scannable": False}] * 40, "parcels": [row] * 40}

    file = paper(kind, json.dumps([parcel if kind in {"labels", "slips"} else packer]).encode())

    assert ink_beyond_the_edge(file) == []
    assert len(pages(file)) <= 8


def test_the_check_of_the_edge_finds_ink_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing.Paper, "_broken", lambda _, text, __: [text])
    monkeypatch.setattr(drawing.Paper, "_cut", lambda _, text, __: text)

    assert ink_beyond_the_edge(paper("labels", json.dumps([A_PARCEL | {"name": LONGEST}]).encode())) == [0]


def test_a_spoilt_font_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [font_file(style).is_file() for style in FONTS] == [True, True]
    monkeypatch.setattr(drawing, "FONTS", {"": (FONTS[""][0], "0" * 64)})

    with pytest.raises(FontSpoilt):
        font_file("")


# --- whose ---


async def test_labels_name_receivers_and_each_look_is_written_down_before(table: Table, prints: ParcelPrints) -> None:
    one = await table.parcel(await table.order(phone=PHONE, street="Ngõ 9 phố Kín", note="Nhà có chó"))
    other = await table.parcel(await table.order())
    await table.packing.measure(table.lan, one.parcel_id, ParcelSizes(weight_grams=1_250, length_cm=30, width_cm=20, height_cm=15))

    label, _ = pages(await prints.addressed(table.lan, Printed(parcel_ids=[one.parcel_id, other.parcel_id]), "labels"))

    for words in ("Nguyễn Thị Lan", "0912 345 678", "Ngõ 9 phố Kín", "Nhà có chó", one.code, "258.000 ₫", f"30 {TIMES} 20 {TIMES} 15 cm"):
        assert words in label
    rows = await table.database.pool.fetch("SELECT subject_id, user_id, details FROM audit_entries WHERE action = 'order.contact_read'")
    assert {row["subject_id"] for row in rows} == {str(each.orders[0].order_id) for each in (one, other)}
    assert {row["user_id"] for row in rows} == {table.lan.id}
    assert all(json.loads(row["details"])["reason"] == "packing" for row in rows)


async def test_lists_name_nobody_and_say_what_to_fetch_from_whom(table: Table, prints: ParcelPrints) -> None:
    parcel = await table.parcel(await table.order(phone=PHONE, street="Ngõ 9 phố Kín"))
    await table.scan(parcel)

    picks = await prints.picks(table.lan, Printed(state="open"))
    texts = pages(await prints.packing_list(table.lan, Printed(state="open"))) + pages(
        await prints.pick_list(table.lan, Printed(state="open"))
    )

    assert [(each.producer_name, [(row.product_name, row.quantity) for row in each.products]) for each in picks.producers] == [
        ("HTX Mật ong", [("Mật ong", 1)])
    ]
    assert parcel.code in texts[0]
    assert not [words for words in ("Nguyễn Thị", "Ngõ 9", "345 678") if words in " ".join(texts)]
    assert await table.audited("order.contact_read") == 0


async def test_nobody_prints_what_is_not_theirs_nor_whose_data_is_erased(table: Table, prints: ParcelPrints) -> None:
    order_id = await table.order()
    parcel = await table.parcel(order_id)
    stranger = await a_colleague(table.database, await a_market(table.database), "Ai")

    with pytest.raises(ParcelNotFound):
        await prints.addressed(stranger, Printed(parcel_ids=[parcel.parcel_id]), "labels")
    async with table.database.pool.acquire() as db:
        await erase_contacts(db, [order_id])
    with pytest.raises(ReceiverErased):
        await prints.addressed(table.lan, Printed(parcel_ids=[parcel.parcel_id]), "slips")
    assert await table.audited("order.contact_read") == 0


async def test_only_who_may_has_receivers_printed(table: Table, prints: ParcelPrints) -> None:
    parcel = await table.parcel(await table.order())
    producer = await a_colleague(table.database, table.node.market, "Chủ thể", role="producer")
    await table.database.pool.execute("UPDATE parcels SET producer_id = $1", table.node.market.producer_id)
    login = "INSERT INTO producer_logins (user_id, producer_id, created_by) VALUES ($1, $2, $1)"
    await table.database.pool.execute(login, producer.id, table.node.market.producer_id)

    assert (await table.lists.read(producer, parcel.parcel_id)).code == parcel.code
    with pytest.raises(Forbidden):
        await prints.addressed(producer, Printed(parcel_ids=[parcel.parcel_id]), "labels")
