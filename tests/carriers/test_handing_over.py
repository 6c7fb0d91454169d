"""Parcels that people hand over by hand: gone at once, told to the ledger a minute later, taken back in between, each once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.carriers.mapping import TrackingColumns
from app.carriers.ready import READY
from tests.buyers import path_of
from tests.carriers.sending_house import Dispatch, Parcel

PATIENCE_SECONDS = 60.0
GHTK = next(each for each in READY if each.carrier == "ghtk" and isinstance(each.content, TrackingColumns))


async def until(ask: Callable[[], Awaitable[Any]], wanted: Any) -> None:
    found = None
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (found := await ask()) != wanted:  # noqa: ASYNC110 - what another part of the service writes tells nobody here
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"{found} instead of {wanted}") from None


async def hands_over(dispatch: Dispatch, *parcels: Parcel, key: str | None = None, **more: Any) -> dict[str, Any]:
    headers = {} if key is None else {"Idempotency-Key": key}
    body = {"parcel_ids": [each.parcel_id for each in parcels], "carrier": "vnpost"} | more
    answer: dict[str, Any] = await dispatch.asks("POST", "parcel-handovers", body, headers=headers)
    return answer


async def a_minute_later(dispatch: Dispatch, *parcels: Parcel) -> None:
    due = "UPDATE parcel_handovers SET due_at = now() - interval '1 second' WHERE parcel_id = ANY($1::uuid[])"
    await dispatch.market.stores.database.pool.execute(due, [UUID(each.parcel_id) for each in parcels])


async def queue_of(dispatch: Dispatch, parcel: Parcel) -> str:
    found: str = await dispatch.market.stores.database.pool.fetchval("SELECT queue FROM desk_orders WHERE order_id = $1", parcel.order_id)
    return found


async def reports(dispatch: Dispatch, parcel: Parcel, words: str, at: str) -> None:
    content = f"Mã đơn khách hàng;Trạng thái;Thời gian cập nhật\n{parcel.code};{words};{at}".encode()
    await dispatch.asks("POST", f"carrier-reports?mapping_id={GHTK.mapping_id}", content)


async def test_a_parcel_is_gone_at_once_and_its_order_leaves_the_packing_queue_when_it_cannot_be_taken_back_any_more(
    dispatch: Dispatch,
) -> None:
    (parcel,) = await dispatch.parcels(1)

    done = await hands_over(dispatch, parcel)
    row = await dispatch.row(parcel)
    assert (done["fits"], row["state"], row["carrier"], row["cod_vnd"]) == (1, "handed_over", "vnpost", parcel.receipt["total_vnd"])
    assert await dispatch.kinds(parcel) == ["placed", "confirmed"]

    await a_minute_later(dispatch, parcel)
    await until(lambda: dispatch.kinds(parcel), ["placed", "confirmed", "handed_over"])
    await until(lambda: queue_of(dispatch, parcel), "sent")
    assert (await dispatch.row(parcel))["handed_over_at"] == row["handed_over_at"]
    assert (await dispatch.sends("POST", f"parcel-handovers/{done['mark']}/undo")).json()["code"] == "undo_too_late"
    assert [each["code"] for each in await dispatch.audited("parcel.handed_over")] == [parcel.code]


async def test_what_does_not_fit_is_named_before_and_stays_and_the_others_go(dispatch: Dispatch) -> None:
    fits, changed, gone = await dispatch.parcels(3)
    (open_one,) = await dispatch.parcels(1, is_packed=False)
    pool = dispatch.market.stores.database.pool
    await pool.execute("UPDATE parcels SET looks_at = 'order_changed' WHERE id = $1", UUID(changed.parcel_id))
    await hands_over(dispatch, gone)
    nobodys = Parcel(str(uuid4()), "", {})
    wanted = (fits, changed, gone, open_one, nobodys, fits)

    looked = await dispatch.asks("POST", "parcel-handovers/preview", {"parcel_ids": [each.parcel_id for each in wanted]})
    done = await hands_over(dispatch, *wanted)

    problems = [None, "needs_look", "gone", "not_packed", "not_found"]
    assert [each["problem"] for each in looked["parcels"]] == [each["problem"] for each in done["parcels"]] == problems
    assert (looked["mark"], looked["fits"], done["fits"]) == (None, 1, 1)
    assert [(await dispatch.row(each))["state"] for each in (fits, changed, open_one)] == ["handed_over", "packed", "open"]


async def test_parcels_of_others_do_not_go(dispatch: Dispatch, house: Any) -> None:
    (parcel,) = await dispatch.parcels(1)
    async with house.browser(house.organiser) as other:
        answer = await other.post("/api/v1/parcel-handovers", json={"parcel_ids": [parcel.parcel_id]})
        scanned = await other.post("/api/v1/parcel-handovers/scans", json={"code": parcel.code})

    assert [each["problem"] for each in answer.json()["parcels"]] == ["not_found"]
    assert scanned.json()["code"] == "parcel_not_found"
    assert (await dispatch.row(parcel))["state"] == "packed"


async def test_what_was_taken_back_is_packed_as_before_and_may_go_again(dispatch: Dispatch) -> None:
    (parcel,) = await dispatch.parcels(1)
    before = await dispatch.row(parcel)

    done = await hands_over(dispatch, parcel)
    undone = await dispatch.asks("POST", f"parcel-handovers/{done['mark']}/undo")
    assert undone == {"undone": 1, "too_late": 0}
    assert await dispatch.row(parcel) == before

    await hands_over(dispatch, parcel)
    await a_minute_later(dispatch, parcel)
    await until(lambda: dispatch.kinds(parcel), ["placed", "confirmed", "handed_over"])


async def test_the_same_command_twice_hands_over_once_and_answers_alike(dispatch: Dispatch) -> None:
    parcels = await dispatch.parcels(2)

    first = await hands_over(dispatch, *parcels, key="one-tap")
    again = await asyncio.gather(*(hands_over(dispatch, *parcels, key="one-tap") for _ in range(3)))

    assert all(each == first for each in again)
    assert len(await dispatch.audited("parcel.handed_over")) == 2


async def test_a_scan_hands_over_one_with_the_carriers_code_and_says_loudly_what_is_wrong(dispatch: Dispatch) -> None:
    one, two = await dispatch.parcels(2)
    (open_one,) = await dispatch.parcels(1, is_packed=False)

    async def scan(code: str, tracking_code: str | None = None) -> Any:
        return await dispatch.sends("POST", "parcel-handovers/scans", {"code": code, "carrier": "vnpost", "tracking_code": tracking_code})

    done = await scan(one.code.lower().replace("-", " "), "VN123")
    row = await dispatch.row(one)
    assert (done.json()["fits"], row["state"], row["carrier"], row["tracking_code"]) == (1, "handed_over", "vnpost", "VN123")

    refusals = [
        await scan(one.code),
        await scan(two.code, "VN123"),
        await scan(open_one.code),
        await scan("P-222222"),
        await scan("x" * 64),
    ]
    codes = ["parcel_state_unfit", "tracking_code_taken", "parcel_state_unfit", "parcel_not_found", "parcel_not_found"]
    assert [each.json()["code"] for each in refusals] == codes
    assert (await scan(two.receipt["order_code"])).json()["fits"] == 1


async def test_what_the_carrier_reports_is_news_though_it_was_scanned_afterwards(dispatch: Dispatch) -> None:
    """Scanned in the evening, fetched and delivered by day: the report comes last and speaks of earlier."""
    (parcel,) = await dispatch.parcels(1)
    await hands_over(dispatch, parcel)
    await a_minute_later(dispatch, parcel)
    await until(lambda: dispatch.kinds(parcel), ["placed", "confirmed", "handed_over"])

    await reports(dispatch, parcel, "Đã giao hàng", "28/11/2026 00:01")

    assert await dispatch.kinds(parcel) == ["placed", "confirmed", "handed_over", "delivered"]
    assert (await dispatch.row(parcel))["tracking_state"] == "delivered"


async def test_what_its_carrier_has_spoken_of_is_not_taken_back_and_told_once(dispatch: Dispatch) -> None:
    (parcel,) = await dispatch.parcels(1)
    done = await hands_over(dispatch, parcel)
    await reports(dispatch, parcel, "Đang giao hàng", "28/11/2026 00:01")

    refused = await dispatch.sends("POST", f"parcel-handovers/{done['mark']}/undo")

    assert refused.json()["code"] == "undo_too_late"
    await a_minute_later(dispatch, parcel)
    await asyncio.sleep(2.5)
    assert await dispatch.kinds(parcel) == ["placed", "confirmed", "handed_over"]
    assert (await dispatch.row(parcel))["tracking_state"] == "delivering"


async def test_a_parcel_whose_order_was_cancelled_meanwhile_is_marked_to_be_looked_at(dispatch: Dispatch) -> None:
    (parcel,) = await dispatch.parcels(1)
    await hands_over(dispatch, parcel)
    async with dispatch.market.browser(dispatch.market.host) as host:
        cancelled = {"kind": "cancelled", "reason": "refused"}
        assert (await host.post(path_of(dispatch.market, "orders", parcel.order_id, "steps"), json=cancelled)).status_code == 201

    await a_minute_later(dispatch, parcel)

    async def looks_at() -> Any:
        return (await dispatch.row(parcel))["looks_at"]

    await until(looks_at, "order_over")
    assert await dispatch.kinds(parcel) == ["placed", "confirmed", "cancelled"]


@pytest.mark.parametrize(
    "body",
    [{"parcel_ids": []}, {"parcel_ids": ["x"]}, {"parcel_ids": [str(uuid4())] * 501}, {"parcel_ids": [str(uuid4())], "carrier": "x" * 41}],
)
async def test_absurd_lists_are_refused(dispatch: Dispatch, body: dict[str, Any]) -> None:
    assert (await dispatch.sends("POST", "parcel-handovers", body)).status_code in {400, 413, 422}
