"""GHTK's API against a real server on this machine: nothing is submitted twice, whatever is lost on the way; notices are genuine, and noted once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from app.carriers.account_routes import fields_of
from app.carriers.carrier_api import Connection, PickupPlace, checked_address
from app.carriers.errors import CarrierAway, CarrierRefused, CarrierTokenRefused
from app.carriers.ghtk import Ghtk
from app.carriers.seals import reseal_carriers, sealed_carriers
from app.infra.key_ring import KeyRing
from tests.carriers.local_ghtk import TOKEN, LocalGhtk
from tests.carriers.sending_house import Dispatch, Parcel
from tests.carriers.test_files import PARCEL
from tests.live.market import SECRET
from tests.metrics.builders import eventually

PICKUP = {"name": "HTX Hương Sơn", "phone": "0912 345 678", "address": "Thôn 3", "province": "Hà Tĩnh", "district": "Hương Sơn", "ward": ""}
CONNECTION = Connection(TOKEN, PickupPlace("HTX Hương Sơn", "0912345678", "Thôn 3", "Hà Tĩnh", "Hương Sơn"))


@pytest.fixture
async def api(ghtk: LocalGhtk) -> AsyncIterator[Ghtk]:
    opened = Ghtk(ghtk.address, seconds=1.0, partner="S1")
    yield opened
    await opened.close()


async def _connects(dispatch: Dispatch, token: str | None = TOKEN) -> Any:
    return await dispatch.asks("PUT", "carrier-accounts/ghtk", {"token": token, "pickup": PICKUP}, user=dispatch.market.organiser)


async def _sends(dispatch: Dispatch, *parcels: Parcel, to: str = "orders") -> list[dict[str, Any]]:
    wanted = {"parcel_ids": [each.parcel_id for each in parcels]}
    items: list[dict[str, Any]] = (await dispatch.asks("POST", f"carrier-accounts/ghtk/{to}", wanted))["items"]
    return items


# --- the client ---


async def test_a_parcel_is_submitted_as_ghtk_documents_it(api: Ghtk, ghtk: LocalGhtk) -> None:
    taken = await api.submit(CONNECTION, PARCEL)

    (content,) = ghtk.submitted
    assert (taken.label, taken.fee_vnd, taken.was_there) == (ghtk.orders["P-K7M2PA"]["label_id"], 30_400, False)
    assert content["order"] | {"pick_ward": ""} == {
        "id": "P-K7M2PA", "pick_name": "HTX Hương Sơn", "pick_address": "Thôn 3", "pick_province": "Hà Tĩnh", "pick_district": "Hương Sơn",
        "pick_ward": "", "pick_tel": "0912345678", "name": "Nguyễn Thị Lan", "tel": "0912345678", "address": "Thôn 3", "province": "Hà Tĩnh",
        "district": "Hương Sơn", "ward": "Xã Hương Sơn", "hamlet": "Khác", "is_freeship": "1", "pick_money": 258_000,
        "note": "Giao giờ hành chính", "value": 300_000, "total_weight": 0.85,
    }  # fmt: skip
    assert content["products"][0] == {"name": "Mật ong", "quantity": 2, "weight": 0.4, "product_code": "MO1"}


async def test_the_same_code_again_is_the_same_parcel(api: Ghtk, ghtk: LocalGhtk) -> None:
    first, second = await api.submit(CONNECTION, PARCEL), await api.submit(CONNECTION, PARCEL)

    assert (second.label, second.was_there, len(ghtk.submitted)) == (first.label, True, 1)


@pytest.mark.parametrize("fault", ["cut", "late", "broken", "nonsense", "deep", "drips"])
async def test_a_lost_answer_is_an_unknown_outcome_and_nothing_is_sent_again_by_itself(api: Ghtk, ghtk: LocalGhtk, fault: str) -> None:
    ghtk.faults.append(fault)

    async with asyncio.timeout(3):
        with pytest.raises(CarrierAway):
            await api.submit(CONNECTION, PARCEL)
    assert ghtk.asked == ["POST /services/shipment/order"]


@pytest.mark.parametrize("fault", ["cut", "broken"])
async def test_a_question_that_changes_nothing_is_asked_once_more(api: Ghtk, ghtk: LocalGhtk, fault: str) -> None:
    await api.submit(CONNECTION, PARCEL)
    ghtk.faults.append(fault)

    tracked = await api.track(CONNECTION, PARCEL.code)

    assert tracked is not None
    assert (tracked.words, tracked.state) == ("Đã tiếp nhận", None)
    assert (await api.price(CONNECTION, PARCEL)).fee_vnd == 22_850


async def test_a_carrier_that_never_answers_is_given_up_in_time(api: Ghtk, ghtk: LocalGhtk) -> None:
    ghtk.faults += ["late", "late"]

    async with asyncio.timeout(10):
        with pytest.raises(CarrierAway):
            await api.track(CONNECTION, PARCEL.code)


async def test_refusals_say_why_and_a_wrong_token_is_told_apart(api: Ghtk, ghtk: LocalGhtk) -> None:
    ghtk.refuses = "Địa chỉ giao hàng không hợp lệ"
    with pytest.raises(CarrierRefused) as refusal:
        await api.submit(CONNECTION, PARCEL)
    assert refusal.value.details["words"] == "Địa chỉ giao hàng không hợp lệ"
    with pytest.raises(CarrierTokenRefused):
        await api.track(replace(CONNECTION, token="another"), PARCEL.code)
    assert await api.track(CONNECTION, "P-NOBODY") is None


async def test_cancelled_twice_is_cancelled_and_too_late_is_refused(api: Ghtk, ghtk: LocalGhtk) -> None:
    await api.submit(CONNECTION, PARCEL)
    await api.cancel(CONNECTION, PARCEL.code)
    await api.cancel(CONNECTION, PARCEL.code)
    assert ghtk.orders[PARCEL.code]["status"] == "-1"

    ghtk.set_status(PARCEL.code, 4)
    with pytest.raises(CarrierRefused):
        await api.cancel(CONNECTION, PARCEL.code)


@pytest.mark.parametrize(
    ("address", "is_taken"),
    [
        ("https://services.giaohangtietkiem.vn", True),
        ("https://services.giaohangtietkiem.vn/", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost:1", True),
        ("http://[::1]:80", True),
        ("http://services.giaohangtietkiem.vn", False),
        ("http://127.0.0.1.example.com", False),
        ("http://127.0.0.1@example.com", False),
        ("https://user:secret@example.com", False),
        ("ftp://127.0.0.1", False),
        ("https://", False),
        ("", False),
    ],
)
def test_carriers_are_called_by_https_or_on_this_machine(address: str, is_taken: bool) -> None:
    if is_taken:
        assert checked_address(address) == address.rstrip("/")
    else:
        with pytest.raises(ValueError, match="carrier"):
            checked_address(address)


@pytest.mark.parametrize(
    ("body", "media_type", "fields"),
    [
        (b"label_id=S1&status_id=5&reason=", "application/x-www-form-urlencoded", {"label_id": "S1", "status_id": "5"}),
        (b'{"label_id": "S1", "status_id": 5, "x": null, "y": [1]}', "application/json", {"label_id": "S1", "status_id": "5"}),
        (b"[1]", "application/json", {}),
        (b"{", "application/json", {}),
        (b"[" * 5_000, "application/json", {}),
        (b"\xff\xfe", "", {}),
        (b"&".join(b"a=1" for _ in range(100)), "", {}),
    ],
)
def test_a_notice_is_read_as_form_and_as_json(body: bytes, media_type: str, fields: dict[str, str]) -> None:
    assert fields_of(body, media_type) == fields


# --- over HTTP ---


async def test_a_token_is_sealed_never_shown_and_sealed_anew_under_another_secret(dispatch: Dispatch) -> None:
    made = await _connects(dispatch)
    assert made["notice_secret"]
    assert made["account"]["pickup"]["phone"] == "0912345678"
    kept = await _connects(dispatch, token=None)
    assert kept["notice_secret"] is None

    listed = await dispatch.sends("GET", "carrier-accounts")
    assert TOKEN not in listed.text
    assert made["notice_secret"] not in listed.text
    pool = dispatch.market.stores.database.pool
    row = await pool.fetchrow("SELECT * FROM carrier_accounts WHERE organisation_id = $1", dispatch.desk.organisation_id)
    assert row is not None
    assert TOKEN.encode() not in row["sealed_token"]
    assert made["notice_secret"].encode() not in row["sealed_secret"]
    async with pool.acquire() as db, db.transaction():
        ring = KeyRing("another secret of the tests", former=[SECRET])
        assert await reseal_carriers(db, ring) >= 1
        assert await sealed_carriers(db, KeyRing(SECRET).current.key_id) == 0
        await reseal_carriers(db, KeyRing(SECRET, former=["another secret of the tests"]))
    assert (await dispatch.sends("PUT", "carrier-accounts/ghtk", {"token": TOKEN, "pickup": PICKUP})).status_code == 403


@pytest.mark.parametrize("token", ["mã-của-đơn-vị", "two words of it", "line\nbreak-in-it"])
async def test_a_token_that_no_header_can_carry_is_refused(dispatch: Dispatch, token: str) -> None:
    wanted = {"token": token, "pickup": PICKUP}
    answer = await dispatch.sends("PUT", "carrier-accounts/ghtk", wanted, user=dispatch.market.organiser)

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert token not in answer.text


async def test_parcels_are_given_once_and_carry_the_carriers_code(dispatch: Dispatch, ghtk: LocalGhtk) -> None:
    assert (await dispatch.sends("POST", "carrier-accounts/ghtk/orders", {"parcel_ids": [str(uuid4())]})).json()[
        "code"
    ] == "carrier_account_not_found"
    await _connects(dispatch)
    one, two = await dispatch.parcels(2)

    assert [each["fee_vnd"] for each in await _sends(dispatch, one, to="prices")] == [22_500]
    first = await _sends(dispatch, one, two)
    again = await _sends(dispatch, one, two)

    assert [each["state"] for each in first] == ["taken", "taken"] == [each["state"] for each in again]
    assert len(ghtk.submitted) == 2
    row = await dispatch.row(one)
    assert (row["carrier"], row["tracking_code"]) == ("ghtk", ghtk.orders[one.code]["label_id"])
    assert [each["reason"] for each in await dispatch.audited("order.contact_read")] == ["carrier_api", "carrier_api"]


@pytest.mark.parametrize("fault", ["cut", "late", "broken", "nonsense"])
async def test_after_a_lost_answer_the_carrier_is_asked_by_our_code_before_anything_is_sent(
    dispatch: Dispatch, ghtk: LocalGhtk, fault: str
) -> None:
    await _connects(dispatch)
    (parcel,) = await dispatch.parcels(1)
    ghtk.faults.append(fault)

    assert [each["state"] for each in await _sends(dispatch, parcel)] == ["unknown"]
    assert [each["state"] for each in await _sends(dispatch, parcel)] == ["taken"]

    assert len(ghtk.submitted) == 1
    assert ghtk.asked[:2] == ["POST /services/shipment/order", f"GET /services/shipment/v2/partner_id:{parcel.code}"]
    assert (await dispatch.row(parcel))["tracking_code"] == ghtk.orders[parcel.code]["label_id"]


async def test_many_colleagues_at_once_give_a_parcel_once(dispatch: Dispatch, ghtk: LocalGhtk) -> None:
    await _connects(dispatch)
    parcels = await dispatch.parcels(3)

    answers = await asyncio.gather(*(_sends(dispatch, *parcels) for _ in range(6)))

    assert len(ghtk.submitted) == 3
    assert {each["state"] for answer in answers for each in answer} <= {"taken", "unknown"}
    assert [each["state"] for each in await _sends(dispatch, *parcels)] == ["taken"] * 3


async def test_no_connection_of_the_database_is_held_while_a_carrier_is_waited_for(dispatch: Dispatch, ghtk: LocalGhtk) -> None:
    await _connects(dispatch)
    parcels = await dispatch.parcels(2)
    ghtk.faults += ["late", "late"]

    sending = asyncio.ensure_future(_sends(dispatch, *parcels))
    while len(ghtk.asked) < 2:  # noqa: ASYNC110 - the carrier offers no event
        await asyncio.sleep(0.01)

    async def none_is_held() -> bool:
        # Jobs of the service have theirs for a moment.
        open_ones = await dispatch.market.stores.database.pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
        )
        return bool(open_ones == 0)

    await eventually(none_is_held)
    assert not sending.done()
    assert [each["state"] for each in await sending] == ["unknown", "unknown"]


async def test_what_does_not_fit_is_not_sent_and_a_refused_token_says_so(dispatch: Dispatch, ghtk: LocalGhtk) -> None:
    await _connects(dispatch)
    heavy, fine = [*await dispatch.parcels(1, weighs=30_000), *await dispatch.parcels(1)]

    answers = await _sends(dispatch, heavy, fine)
    assert [(each["state"], each["problems"][:1]) for each in answers] == [("unfit", ["too_heavy"]), ("taken", [])]
    ghtk.refuses = "Shop bị khóa"
    (other,) = await dispatch.parcels(1)
    assert [(each["state"], each["words"]) for each in await _sends(dispatch, other)] == [("refused", "Shop bị khóa")]
    ghtk.refuses = ""
    await _connects(dispatch, token="wrong-token-of-the-tests")
    wanted = {"parcel_ids": [other.parcel_id]}
    assert (await dispatch.sends("POST", "carrier-accounts/ghtk/orders", wanted)).json()["code"] == "carrier_token_refused"
    assert len(ghtk.submitted) == 1


async def test_a_parcel_is_called_off_and_does_not_come_back_as_taken(dispatch: Dispatch, ghtk: LocalGhtk) -> None:
    await _connects(dispatch)
    (parcel,) = await dispatch.parcels(1)
    await _sends(dispatch, parcel)

    assert [each["state"] for each in await _sends(dispatch, parcel, to="cancellations")] == ["cancelled"]
    assert [each["state"] for each in await _sends(dispatch, parcel, to="cancellations")] == ["cancelled"]
    assert [(each["state"], each["words"]) for each in await _sends(dispatch, parcel)] == [("refused", "Hủy đơn hàng")]
    assert len(ghtk.submitted) == 1


async def test_asking_where_a_parcel_is_notes_what_is_news(dispatch: Dispatch, ghtk: LocalGhtk) -> None:
    await _connects(dispatch)
    (parcel,) = await dispatch.parcels(1)
    await _sends(dispatch, parcel)

    await _sends(dispatch, parcel, to="checks")
    assert await dispatch.kinds(parcel) == ["placed", "confirmed"]
    ghtk.set_status(parcel.code, 5)
    await _sends(dispatch, parcel, to="checks")
    await _sends(dispatch, parcel, to="checks")
    assert await dispatch.kinds(parcel) == ["placed", "confirmed", "handed_over", "delivered", "paid"]


async def _notice(
    dispatch: Dispatch, made: dict[str, Any], secret: str | None = None, *, is_json: bool = False, **fields: Any
) -> httpx2.Response:
    path = f"{made['account']['notice_path']}?hash={made['notice_secret'] if secret is None else secret}"
    async with httpx2.AsyncClient(base_url=f"http://{dispatch.market.node.address}") as carrier:
        if is_json:
            return await carrier.post(path, json=fields)
        return await carrier.post(path, data={name: str(value) for name, value in fields.items()})


@pytest.mark.parametrize("is_json", [False, True])
async def test_a_notice_is_an_entry_once_however_often_it_comes(dispatch: Dispatch, is_json: bool) -> None:
    made = await _connects(dispatch)
    (parcel,) = await dispatch.parcels(1)
    said: dict[str, Any] = {
        "label_id": "S1.A1.5", "partner_id": parcel.code, "status_id": 5, "action_time": "2026-11-28T10:00:00+07:00", "reason_code": "",
        "weight": 0.5, "fee": 30_400, "pick_money": parcel.receipt["total_vnd"], "return_part_package": 0,
    }  # fmt: skip

    answers = await asyncio.gather(*(_notice(dispatch, made, is_json=is_json, **said) for _ in range(5)))

    assert {(answer.status_code, answer.text) for answer in answers} == {(200, '{"success":true}')}
    assert await dispatch.kinds(parcel) == ["placed", "confirmed", "handed_over", "delivered", "paid"]
    (account,) = (await dispatch.asks("GET", "carrier-accounts"))["items"]
    assert account["heard_at_ms"] is not None


async def test_a_notice_without_the_secret_is_nobodys(dispatch: Dispatch) -> None:
    made = await _connects(dispatch)
    (parcel,) = await dispatch.parcels(1)
    said: dict[str, Any] = {"label_id": "S1", "partner_id": parcel.code, "status_id": 5}

    nobody = {"account": {"notice_path": f"/api/v1/carrier-notices/{uuid4()}"}, "notice_secret": made["notice_secret"]}
    answers = [
        await _notice(dispatch, made, "wrong", **said),
        await _notice(dispatch, made, "", **said),
        await _notice(dispatch, nobody, **said),
    ]
    newer = await _connects(dispatch)
    answers.append(await _notice(dispatch, made, **said))

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(401, "carrier_notice_not_genuine")}
    assert await dispatch.kinds(parcel) == ["placed", "confirmed"]
    assert (await _notice(dispatch, newer, **said)).status_code == 200


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"status_id": "x", "label_id": "S1"},
        {"status_id": "5"},
        {"status_id": "9" * 400, "label_id": "S1"},
        {"status_id": "nan", "label_id": "S1"},
    ],
)
async def test_a_notice_that_says_nothing_is_malformed(dispatch: Dispatch, fields: dict[str, Any]) -> None:
    made = await _connects(dispatch)

    assert (await _notice(dispatch, made, **fields)).status_code == 422


async def test_a_notice_that_nobody_can_place_waits_for_a_person(dispatch: Dispatch) -> None:
    made = await _connects(dispatch)
    (parcel,) = await dispatch.parcels(1)

    await _notice(dispatch, made, label_id="S7", partner_id="P-AAAAAA", status_id=5)
    await _notice(dispatch, made, label_id="S8", partner_id=parcel.code, status_id=13)
    await _notice(dispatch, made, label_id="S8", partner_id=parcel.code, status_id=2)

    work = (await dispatch.asks("GET", "carrier-work"))["items"]
    assert sorted((each["problem"], each["words"]) for each in work) == [("no_parcel", "Đã giao hàng"), ("no_state", "Đơn hàng bồi hoàn")]
    assert json.dumps(work).count("Lan") == 0
    assert UUID(work[0]["event_id"]).version == 4
