"""Statements and couriers' lists: read in whatever form banks write them, judged before, booked once."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from app.catalog.sheet_reading import Unreadable
from app.fulfilment.file_cells import amount_of, find_head, guess_columns, moment_of
from app.fulfilment.table_reading import decoded, read_table
from tests.buyers import a_viewer, an_offer, an_order, path_of
from tests.live.market import Market

HEADS = "Ngày giao dịch;Số tham chiếu;Ghi nợ;Ghi có;Nội dung giao dịch"


# --- cells ---


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("258000", 258_000),
        ("258.000", 258_000),
        ("258,000", 258_000),
        ("258 000", 258_000),
        ("258\u00a0000", 258_000),
        ("258'000", 258_000),
        ("1.234.567", 1_234_567),
        ("1,234,567.00", 1_234_567),
        ("1.234.567,00", 1_234_567),
        ("258000.0", 258_000),
        ("258.000 đ", 258_000),
        ("258.000 VNĐ", 258_000),
        ("258,000 VND", 258_000),
        ("₫258.000", 258_000),
        ("258.000₫", 258_000),
        ("+258,000", 258_000),
        ("-258,000", -258_000),
        ("\u2212258.000", -258_000),
        ("(120.000)", -120_000),
        ("0", 0),
        ("12,34", None),
        ("258.000,5", None),
        ("1.23.456", None),
        ("1.234,567", None),
        ("258.0000", None),
        ("abc", None),
        ("", None),
        ("-", None),
        ("1e9", None),
        ("٢٥٨٠٠٠", None),
        ("9" * 30, None),
    ],
)
def test_an_amount_is_read_as_banks_write_it_or_not_at_all(cell: str, amount: int | None) -> None:
    if amount is None:
        with pytest.raises(ValueError, match=r"\w"):
            amount_of(cell)
    else:
        assert amount_of(cell) == amount


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("28/11/2026", datetime(2026, 11, 27, 17, tzinfo=UTC)),
        ("28-11-2026 13:52:01", datetime(2026, 11, 28, 6, 52, 1, tzinfo=UTC)),
        ("13:52:01 28/11/2026", datetime(2026, 11, 28, 6, 52, 1, tzinfo=UTC)),
        ("2026-11-28 13:52", datetime(2026, 11, 28, 6, 52, tzinfo=UTC)),
        ("28.11.26", datetime(2026, 11, 27, 17, tzinfo=UTC)),
        ("31/02/2026", None),
        ("11/28/2026", None),
        ("28/11", None),
        ("28/11/1926", None),
        ("28/11/2026 25:00", None),
        ("", None),
    ],
)
def test_a_day_is_read_with_the_day_first(cell: str, moment: datetime | None) -> None:
    if moment is None:
        with pytest.raises(ValueError, match=r"."):
            moment_of(cell)
    else:
        assert moment_of(cell) == moment


@given(st.text(max_size=60))
def test_any_cell_is_read_or_refused(cell: str) -> None:
    for read in (amount_of, moment_of):
        try:
            read(cell)
        except ValueError:
            continue


@pytest.mark.parametrize(
    ("heads", "columns"),
    [
        (HEADS.split(";"), {"date": 0, "reference": 1, "debit": 2, "amount": 3, "words": 4}),
        (["STT", "Ngày", "Mô tả", "Nợ", "Có", "Số dư"], {"date": 1, "words": 2, "debit": 3, "amount": 4}),
        (
            ["Transaction Date", "Reference No", "Debit", "Credit", "Balance", "Description"],
            {"date": 0, "reference": 1, "debit": 2, "amount": 3, "words": 5},
        ),
        (["Ngày GD/ Date", "Mã giao dịch", "Số tiền", "Diễn giải"], {"date": 0, "reference": 1, "amount": 2, "words": 3}),
        (
            ["Mã vận đơn", "Mã đơn hàng riêng", "Tiền thu hộ (COD)", "Phí dịch vụ", "Ngày đối soát"],
            {"words": 1, "amount": 2, "fee": 3, "date": 4},
        ),
        (["a", "b"], {}),
    ],
)
def test_columns_are_known_by_their_heads(heads: list[str], columns: dict[str, int]) -> None:
    assert guess_columns(heads).model_dump(exclude_none=True) == columns


def test_the_heads_are_found_below_what_banks_write_above_them() -> None:
    rows = [
        ["NGÂN HÀNG TMCP NGOẠI THƯƠNG VIỆT NAM"],
        ["Số tài khoản: 1031933430"],
        [],
        ["Từ ngày 01/11/2026"],
        HEADS.split(";"),
        ["28/11/2026"],
    ]

    assert find_head(rows) == 4


# --- files ---


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1258"])
def test_a_file_is_read_in_every_encoding_that_banks_use(encoding: str) -> None:
    text = "Ngày;Nội dung;Số tiền\n28/11/2026;Chuyển khoản;258.000\n"
    written = text
    if encoding == "cp1258":
        # Windows' Vietnamese page writes a tone as a sign of its own, after the letter.
        written = (
            "Nga\u0300y;No\u0323\u0302i dung;S\u00f4\u0301 ti\u00ea\u0300n\n28/11/2026;Chuy\u00ea\u0309n khoa\u0309n;258.000\n".replace(
                "o\u0323\u0302", "\u00f4\u0323"
            )
        )
    read = read_table(written.encode(encoding))

    assert guess_columns(read[0]).model_dump(exclude_none=True) == {"date": 0, "words": 1, "amount": 2}
    assert read[1] == ["28/11/2026", "Chuyển khoản", "258.000"]


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_a_file_is_read_with_any_separator_and_lines_above_that_have_none(separator: str) -> None:
    rows = [["Sao kê tài khoản"], ["Ngày", "Có", "Nội dung"], ["28/11/2026", '"1,000"' if separator != "," else "1000", "x"]]

    assert read_table("\r\n".join(separator.join(row) for row in rows).encode())[1] == ["Ngày", "Có", "Nội dung"]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xd0\xcf\x11\xe0old", b"PK\x03\x04broken", b"a;b\0c;d\n" * 20, b"x;y\n" * 5_100])
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable):
        read_table(content)


@given(st.binary(max_size=400))
def test_any_bytes_are_text_or_refused(content: bytes) -> None:
    try:
        assert "\0" not in decoded(content)
    except Unreadable:
        return


# --- over HTTP ---


async def _ordered(market: Market, count: int, **changes: Any) -> list[dict[str, Any]]:
    offer = await an_offer(market, total_quantity=50, per_viewer_limit=20)
    async with a_viewer(market) as viewer:
        answers = [await viewer.post(path_of(market, "orders"), json=an_order(offer, **changes)) for _ in range(count)]
    return [answer.json() for answer in answers]


async def _sent(market: Market, path: str, content: bytes) -> httpx2.Response:
    async with market.browser(market.organiser) as organiser:
        return await organiser.post(f"/api/v1/{path}", content=content, headers={"content-type": "application/octet-stream"})


async def _state(market: Market, receipt: dict[str, Any]) -> str:
    async with market.browser(market.host) as host:
        return str((await host.get(path_of(market, "orders", receipt["order_id"]))).json()["state"])


def _statement(*rows: str) -> bytes:
    return "\n".join(["Sao kê tài khoản 1031933430", HEADS, *rows, ";;;500.000;Cộng"]).encode()


async def test_a_statement_is_looked_at_then_booked_and_the_second_time_known(live_shop: Market) -> None:
    one, two, three = await _ordered(live_shop, 3, payment="transfer")
    memos = [f"OCOP{each['order_code']}" for each in (one, two, three)]
    content = _statement(
        f"28/11/2026;FT1;;39.000;CT {memos[0]} NGUYEN THI LAN",
        f"28/11/2026;FT2;;38.000;{memos[1]}",
        f"28/11/2026;FT3;;40.000;{memos[2]}",
        "28/11/2026;FT4;;77.000;chuyen tien",
        "28/11/2026;FT5;120.000;;Phi dich vu",
        f"28/11/2026;FT6;;39.000;lan nua {memos[0]}",
        "28/11/2026;FT7;;ba nghin;x",
        "ngay mai;FT8;;1.000;x",
    )

    preview = (await _sent(live_shop, "statements/preview", content)).json()
    untouched = await _state(live_shop, one)
    booked = (await _sent(live_shop, "statements", content)).json()
    again = (await _sent(live_shop, "statements", content)).json()
    async with live_shop.browser(live_shop.organiser) as organiser:
        work = (await organiser.get("/api/v1/money-work")).json()

    wanted = {"fits": 1, "under": 1, "over": 1, "unmatched": 1, "outgoing": 1, "repeated": 1, "bad": 2}
    assert preview["counts"] == wanted
    assert [row["problem"] for row in preview["rows"] if row["fate"] == "bad"] == ["amount", "date"]
    assert (preview["heads"], preview["columns"]["amount"]) == (HEADS.split(";"), 3)
    assert untouched == "placed"
    assert (booked["counts"], booked["is_whole"]) == (wanted, True)
    assert again["counts"] == {"known": 5, "outgoing": 1, "bad": 2}
    assert [await _state(live_shop, each) for each in (one, two, three)] == ["paid", "placed", "paid"]
    assert [(item["matter"], item["amount_vnd"]) for item in sorted(work["items"], key=lambda item: item["reference"])] == [
        ("under", 38_000),
        ("over", 40_000),
        ("unmatched", 77_000),
        ("repeated", 39_000),
    ]
    assert {item["words"] for item in work["items"]} >= {"chuyen tien"}


async def test_columns_may_be_chosen_where_heads_say_nothing(live_shop: Market) -> None:
    (receipt,) = await _ordered(live_shop, 1, payment="transfer")
    content = f"a,b,c,d\n28/11/2026,x,39000,OCOP{receipt['order_code']}\n".encode()

    refused = await _sent(live_shop, "statements/preview", content)
    chosen = await _sent(live_shop, "statements/preview?date=0&amount=2&words=3", content)

    assert (refused.status_code, refused.json()["details"]["reason"]) == (400, "missing_money_columns")
    assert refused.json()["details"]["heads"] == ["a", "b", "c", "d"]
    assert chosen.json()["counts"] == {"fits": 1}


async def test_equal_lines_without_references_are_as_many_as_there_are(live_shop: Market) -> None:
    content = "Ngày;Có;Nội dung\n28/11/2026;5.000;x\n28/11/2026;5.000;x\n".encode()
    longer = content + b"28/11/2026;5.000;x\n"

    counts = [(await _sent(live_shop, "statements", each)).json()["counts"] for each in (content, longer)]

    assert counts == [{"unmatched": 2}, {"known": 2, "unmatched": 1}]


async def test_a_couriers_list_pays_and_delivers_and_keeps_its_fee_apart(live_shop: Market) -> None:
    receipts = await _ordered(live_shop, 4)
    codes = [each["order_code"] for each in receipts]
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["Mã vận đơn", "Mã đơn hàng riêng", "Tiền thu hộ (COD)", "Phí dịch vụ", "Ngày đối soát"])
    for number, (code, amount) in enumerate(
        [(codes[0], 39_000), (codes[1].lower(), 39_000), (codes[2], 30_000), ("2222222", 5), (codes[3], 0)]
    ):
        sheet.append([f"GHN{number}", code, amount, 5_000, datetime(2026, 11, 28)])  # noqa: DTZ001 - a cell has no zone
    file = io.BytesIO()
    book.save(file)
    async with live_shop.browser(live_shop.host) as host:
        for step in ("confirmed", "delivered"):
            assert (await host.post(path_of(live_shop, "orders", receipts[0]["order_id"], "steps"), json={"kind": step})).is_success

    preview = (await _sent(live_shop, "collections/preview", file.getvalue())).json()
    booked = (await _sent(live_shop, "collections", file.getvalue())).json()
    again = (await _sent(live_shop, "collections", file.getvalue())).json()
    book.worksheets[0].append(["GHN9", "", "", "", ""])
    longer = io.BytesIO()
    book.save(longer)
    another_file = (await _sent(live_shop, "collections", longer.getvalue())).json()
    async with live_shop.browser(live_shop.organiser) as organiser:
        sums = (await organiser.get("/api/v1/collections")).json()

    assert preview["counts"] == {"fits": 1, "not_delivered": 1, "under": 1, "unmatched": 1}
    assert (booked["counts"], booked["collected_vnd"], booked["fees_vnd"]) == ({"fits": 2, "under": 1, "unmatched": 1}, 78_000, 10_000)
    assert again["counts"] == {"known": 4}
    assert another_file["counts"] == {"known": 3, "unmatched": 1}
    assert sums == {"rows": 2, "collected_vnd": 78_000, "fees_vnd": 10_000}
    assert [await _state(live_shop, each) for each in receipts] == ["delivered", "delivered", "placed", "placed"]


async def test_a_file_that_is_no_table_says_so(shop: Market) -> None:
    for path in ("statements", "statements/preview", "collections", "collections/preview"):
        answer = await _sent(shop, path, b"\xd0\xcf\x11\xe0old")
        assert (answer.status_code, answer.json()["code"]) == (400, "sheet_unreadable"), answer.text
