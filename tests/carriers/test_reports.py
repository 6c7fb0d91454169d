"""What carriers report: looked at, noted once, told to the ledger where it has a word for it; what nobody can place waits for a person."""

from __future__ import annotations

import asyncio
import io
from typing import Any
from uuid import UUID, uuid4

import pytest
from openpyxl import Workbook

from app.carriers.mapping import TrackingColumns
from app.carriers.ready import READY
from app.carriers.report_reading import read_report
from app.carriers.states import CARRIER_STATES, is_news, steps_for
from app.catalog.errors import SheetUnreadable
from app.ledger.kinds import KINDS, may_follow
from tests.buyers import path_of
from tests.carriers.sending_house import Dispatch, Parcel

GHTK = next(each for each in READY if each.carrier == "ghtk" and isinstance(each.content, TrackingColumns))
HEADS = "Mã đơn GHTK;Mã đơn khách hàng;Trạng thái;Thời gian cập nhật;Tiền thu hộ"


def _report(*rows: str) -> bytes:
    return "\n".join(["GIAO HÀNG TIẾT KIỆM", "Từ ngày 01/11/2026", HEADS, *rows]).encode()


def _row(parcel: Parcel, words: str, at: str = "28/11/2026 09:00", collected: object = "", label: str = "S1.A1.1701") -> str:
    return f"{label};{parcel.code};{words};{at};{collected}"


async def _looks(dispatch: Dispatch, content: bytes) -> Any:
    return await dispatch.asks("POST", f"carrier-reports/preview?mapping_id={GHTK.mapping_id}", content)


async def _takes(dispatch: Dispatch, content: bytes) -> Any:
    return await dispatch.asks("POST", f"carrier-reports?mapping_id={GHTK.mapping_id}", content)


# --- states ---


@pytest.mark.parametrize(
    ("state", "had", "steps"),
    [
        ("handed_over", ["placed", "confirmed"], ["handed_over"]),
        ("handed_over", ["placed", "confirmed", "handed_over"], []),
        ("delivering", ["placed", "confirmed"], ["handed_over"]),
        ("delivered", ["placed", "confirmed"], ["handed_over", "delivered"]),
        ("delivered", ["placed", "paid", "handed_over"], ["delivered"]),
        ("delivered", ["placed", "confirmed", "delivered"], []),
        ("delivered", ["placed", "confirmed", "cancelled"], []),
        ("delivered", ["placed"], []),
        ("failed", ["placed", "confirmed"], ["handed_over", "delivery_failed"]),
        ("failed", ["placed", "confirmed", "handed_over", "delivery_failed"], ["delivery_failed"]),
        ("returning", ["placed", "confirmed", "handed_over", "delivery_failed"], []),
        ("returned", ["placed", "confirmed", "handed_over", "delivery_failed"], ["cancelled"]),
        ("returned", ["placed", "confirmed", "handed_over", "delivered"], ["returned"]),
        ("returned", ["placed", "expired"], []),
    ],
)
def test_what_a_carrier_says_is_what_the_ledger_can_say(state: Any, had: list[str], steps: list[str]) -> None:
    assert [kind for kind, _ in steps_for(state, had)] == steps


def test_every_step_may_follow_whatever_there_was() -> None:
    for state in CARRIER_STATES:
        for kind in KINDS:
            had = {"placed", "confirmed", kind}
            for step, _ in steps_for(state, had):
                assert may_follow(step, had)
                had.add(step)


@pytest.mark.parametrize(
    ("state", "before", "is_later", "moves"),
    [
        ("delivering", None, True, True),
        ("delivering", "handed_over", True, True),
        ("handed_over", "delivering", False, False),
        ("delivering", "delivered", True, False),
        ("returned", "delivered", True, True),
        ("delivered", "returned", False, False),
        ("failed", "delivering", True, True),
    ],
)
def test_a_parcel_is_moved_by_what_happened_later_and_never_out_of_its_end(state: Any, before: Any, is_later: bool, moves: bool) -> None:
    assert is_news(state, before, is_later=is_later) == moves


# --- reading ---


def test_a_report_is_read_below_whatever_stands_above_its_heads() -> None:
    rows = [
        ["GHTK"],
        [],
        ["MÃ ĐƠN KHÁCH HÀNG", " trạng  thái ", "Tiền thu hộ", "x"],
        ["p k7m2pa", "ĐÃ GIAO HÀNG", "258.000 đ"],
        ["", "", ""],
    ]
    assert isinstance(GHTK.content, TrackingColumns)
    heads, (read,) = read_report(rows, GHTK.content)

    assert heads[0] == "MÃ ĐƠN KHÁCH HÀNG"
    assert (read.line, read.parcel_code, read.state, read.collected_vnd, read.problem) == (4, "P-K7M2PA", "delivered", 258_000, None)


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        (["x", "y", "ngày mai", ""], "no_time"),
        (["x", "y", "", "nhiều"], "bad_amount"),
        (["x", "\0=1+1", "", ""], "formula"),
        (["x", "y", "", "-1"], "bad_amount"),
    ],
)
def test_a_cell_that_cannot_be_read_is_its_rows_problem_alone(cells: list[str], problem: str) -> None:
    heads = ["Mã đơn khách hàng", "Trạng thái", "Thời gian cập nhật", "Tiền thu hộ"]
    assert isinstance(GHTK.content, TrackingColumns)
    _, (bad, good) = read_report([heads, cells, ["z", "Đang giao hàng", "", ""]], GHTK.content)

    assert (bad.problem, good.problem, good.state) == (problem, None, "delivering")


@pytest.mark.parametrize("rows", [[], [["a", "b"]], [["Trạng thái"]], [["Mã đơn GHTK"]]])
def test_a_report_without_codes_or_states_is_refused_and_says_what_is_missing(rows: list[list[str]]) -> None:
    assert isinstance(GHTK.content, TrackingColumns)
    with pytest.raises(SheetUnreadable) as refusal:
        read_report(rows, GHTK.content)
    assert refusal.value.details["reason"] == "missing_carrier_columns"


# --- over HTTP ---


async def test_a_report_becomes_entries_of_the_ledger_and_again_changes_nothing(dispatch: Dispatch) -> None:
    one, two, three = await dispatch.parcels(3)
    content = _report(
        _row(one, "Đã giao hàng", collected=one.receipt["total_vnd"]),
        _row(two, "Không giao được hàng"),
        _row(three, "Đang giao hàng"),
    )

    looked = await _looks(dispatch, content)
    assert looked["counts"] == {"news": 3}
    assert await dispatch.kinds(one) == ["placed", "confirmed"]

    taken = await _takes(dispatch, content)
    assert (taken["counts"], taken["waiting"], taken["is_whole"]) == ({"news": 3}, 0, True)
    after = [await dispatch.kinds(each) for each in (one, two, three)]
    assert after == [
        ["placed", "confirmed", "handed_over", "delivered", "paid"],
        ["placed", "confirmed", "handed_over", "delivery_failed"],
        ["placed", "confirmed", "handed_over"],
    ]
    row = await dispatch.row(one)
    assert (row["state"], row["tracking_state"], row["carrier"], row["tracking_code"]) == ("handed_over", "delivered", "ghtk", "S1.A1.1701")

    assert (await _takes(dispatch, content))["counts"] == {"known": 3}
    assert (await _looks(dispatch, content))["counts"] == {"known": 3}
    assert [await dispatch.kinds(each) for each in (one, two, three)] == after


async def test_each_attempt_in_vain_is_an_entry_and_an_undelivered_return_gives_the_units_back(dispatch: Dispatch) -> None:
    (parcel,) = await dispatch.parcels(1)
    offers = "SELECT sum(remaining)::int FROM offers WHERE session_id = $1"
    before = await dispatch.market.stores.database.pool.fetchval(offers, dispatch.market.session_id)

    await _takes(
        dispatch, _report(_row(parcel, "Không giao được hàng", "28/11/2026 09:00"), _row(parcel, "Delay giao hàng", "28/11/2026 17:00"))
    )
    await _takes(dispatch, _report(_row(parcel, "Đang trả hàng", "28/11/2026 18:00")))
    await _takes(dispatch, _report(_row(parcel, "Đã trả hàng", "28/11/2026 18:30")))

    assert await dispatch.kinds(parcel) == ["placed", "confirmed", "handed_over", "delivery_failed", "delivery_failed", "cancelled"]
    assert await dispatch.market.stores.database.pool.fetchval(offers, dispatch.market.session_id) == before + 2
    assert (await dispatch.row(parcel))["tracking_state"] == "returned"


async def test_what_happened_earlier_comes_later_and_does_not_turn_the_parcel_back(dispatch: Dispatch) -> None:
    (parcel,) = await dispatch.parcels(1)

    await _takes(dispatch, _report(_row(parcel, "Đã giao hàng", "28/11/2026 12:00")))
    taken = await _takes(
        dispatch, _report(_row(parcel, "Đang giao hàng", "28/11/2026 08:00"), _row(parcel, "Không giao được hàng", "28/11/2026 07:00"))
    )

    assert taken["waiting"] == 0
    assert await dispatch.kinds(parcel) == ["placed", "confirmed", "handed_over", "delivered"]
    assert (await dispatch.row(parcel))["tracking_state"] == "delivered"


async def test_one_attempt_told_twice_is_one_and_cash_that_is_told_later_pays(dispatch: Dispatch) -> None:
    (parcel,) = await dispatch.parcels(1)

    await _takes(
        dispatch,
        _report(_row(parcel, "Không giao được hàng", "28/11/2026 09:00:00"), _row(parcel, "Không giao được hàng", "28/11/2026 09:02:10")),
    )
    await _takes(dispatch, _report(_row(parcel, "Đã giao hàng", "28/11/2026 12:00")))
    assert await dispatch.kinds(parcel) == ["placed", "confirmed", "handed_over", "delivery_failed", "delivered"]
    await _takes(dispatch, _report(_row(parcel, "Đã đối soát", "28/11/2026 15:00", collected=parcel.receipt["total_vnd"])))

    assert (await dispatch.kinds(parcel))[-1] == "paid"
    assert (await dispatch.asks("GET", "carrier-work"))["items"] == []


async def test_what_a_parcel_collects_is_fixed_when_it_is_handed_over_though_its_order_is_paid_afterwards(dispatch: Dispatch) -> None:
    (parcel,) = await dispatch.parcels(1)

    await _takes(dispatch, _report(_row(parcel, "Đã lấy hàng", "28/11/2026 08:00")))
    handed = await dispatch.row(parcel)
    assert (await dispatch.read(parcel))["cod_vnd"] == parcel.receipt["total_vnd"]
    await dispatch.pays(parcel)
    await _takes(dispatch, _report(_row(parcel, "Đang giao hàng", "28/11/2026 09:00", label="S2")))

    after = await dispatch.row(parcel)
    assert (after["cod_vnd"], after["handed_over_at"]) == (parcel.receipt["total_vnd"], handed["handed_over_at"])
    assert (await dispatch.read(parcel))["cod_vnd"] == parcel.receipt["total_vnd"]


async def test_rows_that_do_not_fit_wait_for_a_person_each_once(dispatch: Dispatch) -> None:
    known, paid_wrong = await dispatch.parcels(2)
    content = _report(
        "S9;P-AAAAAA;Đã giao hàng;28/11/2026;",
        _row(known, "Đã bay lên trời"),
        _row(known, "Đang giao hàng", "ngày kia"),
        _row(paid_wrong, "Đã giao hàng", collected=1_000),
    )

    looked = await _looks(dispatch, content)
    assert looked["counts"] == {"no_parcel": 1, "no_state": 1, "no_time": 1, "news": 1}
    assert looked["rows"][0]["fate"] == "no_parcel"
    assert (await _takes(dispatch, content))["waiting"] == 4
    assert (await _takes(dispatch, content))["waiting"] == 0

    work = (await dispatch.asks("GET", "carrier-work"))["items"]
    assert sorted(each["problem"] for each in work) == ["amount_differs", "no_parcel", "no_state", "no_time"]
    assert await dispatch.kinds(known) == ["placed", "confirmed"]
    assert await dispatch.kinds(paid_wrong) == ["placed", "confirmed", "handed_over", "delivered"]

    left = await dispatch.asks("POST", f"carrier-work/{work[0]['event_id']}/settlement")
    assert len(left["items"]) == 3
    assert (await dispatch.sends("POST", f"carrier-work/{work[0]['event_id']}/settlement")).status_code == 404
    assert len(await dispatch.audited("carrier_row.settled")) == 1


async def test_what_the_ledger_refuses_waits_for_a_person(dispatch: Dispatch) -> None:
    (parcel,) = await dispatch.parcels(1)
    async with dispatch.market.browser(dispatch.market.host) as host:
        cancelled = await host.post(
            path_of(dispatch.market, "orders", parcel.order_id, "steps"), json={"kind": "cancelled", "reason": "refused"}
        )
    assert cancelled.status_code == 201

    assert (await _takes(dispatch, _report(_row(parcel, "Đã giao hàng"))))["waiting"] == 1

    (work,) = (await dispatch.asks("GET", "carrier-work"))["items"]
    assert work["problem"] == "step_refused"
    assert await dispatch.kinds(parcel) == ["placed", "confirmed", "cancelled"]


async def test_a_report_at_two_doors_at_once_is_noted_once(dispatch: Dispatch) -> None:
    parcels = await dispatch.parcels(3)
    content = _report(*(_row(each, "Đã giao hàng", collected=each.receipt["total_vnd"]) for each in parcels))

    answers = await asyncio.gather(*(_takes(dispatch, content) for _ in range(4)))

    assert sum(answer["counts"].get("news", 0) for answer in answers) == 3
    for each in parcels:
        assert await dispatch.kinds(each) == ["placed", "confirmed", "handed_over", "delivered", "paid"]


async def test_an_order_in_two_boxes_is_delivered_with_the_last_of_them(dispatch: Dispatch) -> None:
    (first,) = await dispatch.parcels(1)
    pool = dispatch.market.stores.database.pool
    second_id = uuid4()
    await pool.execute(
        """INSERT INTO parcels (id, organisation_id, code, batch_id, state, weight_grams, made_by)
        SELECT $2, organisation_id, 'P-222222', batch_id, 'packed', 300, made_by FROM parcels WHERE id = $1""",
        UUID(first.parcel_id), second_id,
    )  # fmt: skip
    await pool.execute("INSERT INTO parcel_orders (parcel_id, order_id) VALUES ($1, $2)", second_id, first.order_id)
    await pool.execute(
        """INSERT INTO parcel_lines (order_id, sold_by, part, parcel_id, product_id, unit_price_vnd, quantity)
        SELECT order_id, sold_by, 1, $2, product_id, unit_price_vnd, 1 FROM parcel_lines WHERE parcel_id = $1""",
        UUID(first.parcel_id), second_id,
    )  # fmt: skip
    await pool.execute("UPDATE parcel_lines SET quantity = 1 WHERE parcel_id = $1", UUID(first.parcel_id))
    second = Parcel(str(second_id), "P-222222", first.receipt)

    await _takes(dispatch, _report(_row(first, "Đã giao hàng")))
    assert await dispatch.kinds(first) == ["placed", "confirmed"]
    await _takes(dispatch, _report(_row(second, "Đã giao hàng", label="S2")))
    assert await dispatch.kinds(first) == ["placed", "confirmed", "handed_over", "delivered"]


async def test_xlsx_is_read_and_what_is_no_table_is_refused(dispatch: Dispatch) -> None:
    (parcel,) = await dispatch.parcels(1)
    book = Workbook()
    sheet = book.create_sheet("Đơn hàng", 0)
    for row in (HEADS.split(";"), ["S1", parcel.code.lower(), "Đã lấy hàng", "28/11/2026", None]):
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)

    assert (await _looks(dispatch, content.getvalue()))["rows"][0]["state"] == "handed_over"
    path = f"carrier-reports?mapping_id={GHTK.mapping_id}"
    for nothing in (b"", b"\x00\x01\x02", b"PK\x03\x04broken", b"a;b\n1;2"):
        answer = await dispatch.sends("POST", path, nothing)
        assert (answer.status_code, answer.json()["code"]) == (400, "sheet_unreadable")
    file_columns = next(each for each in READY if not isinstance(each.content, TrackingColumns))
    assert (await dispatch.sends("POST", f"carrier-reports?mapping_id={file_columns.mapping_id}", content.getvalue())).status_code == 404
