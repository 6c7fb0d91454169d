"""Notices over HTTP: whose they are, that a repeat is answered as the first, and what a person then does with what did not fit."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from app.fulfilment.bank_notices import NOTICE_MAX_BYTES
from tests.buyers import a_viewer, an_offer, an_order, path_of
from tests.fulfilment.order_link import OrderLink
from tests.fulfilment.test_bank_notices import CASSO, SECRET, SEPAY, as_bytes, signed_by_casso, signed_by_sepay
from tests.live.market import Market

APIKEY = {"authorization": f"Apikey {SECRET}"}


async def _opens(market: Market, provider: str = "sepay", secret: str | None = SECRET) -> dict[str, Any]:
    async with market.browser(market.organiser) as organiser:
        answer = await organiser.put(f"/api/v1/bank-feeds/{provider}", json={"secret": secret})
    assert answer.status_code == 200, answer.text
    opened: dict[str, Any] = answer.json()
    return opened


async def _ordered(market: Market) -> dict[str, Any]:
    offer = await an_offer(market)
    async with a_viewer(market) as viewer:
        receipt: dict[str, Any] = (await viewer.post(path_of(market, "orders"), json=an_order(offer, payment="transfer"))).json()
        return receipt


def _notice(receipt: dict[str, Any], **changes: Any) -> dict[str, Any]:
    words = {"content": f"IBFT OCOP{receipt['order_code']} NGUYEN THI LAN", "transferAmount": receipt["total_vnd"]}
    return SEPAY | words | {"id": uuid4().int % 10**9, "referenceCode": f"FT{uuid4().int % 10**12}"} | changes


async def _sent(market: Market, path: str, notice: object, headers: dict[str, str] = APIKEY) -> httpx2.Response:
    body = notice if isinstance(notice, bytes) else as_bytes(notice)
    async with httpx2.AsyncClient(base_url=f"http://{market.node.address}", timeout=30, verify=False) as provider:
        return await provider.post(path, content=body, headers={"content-type": "application/json"} | headers)


async def _work(market: Market) -> list[dict[str, Any]]:
    async with market.browser(market.organiser) as organiser:
        items: list[dict[str, Any]] = (await organiser.get("/api/v1/money-work")).json()["items"]
    return items


async def test_a_notice_pays_the_order_and_a_repeat_is_answered_2xx_and_changes_nothing(live_shop: Market) -> None:
    feed, receipt = await _opens(live_shop), await _ordered(live_shop)
    notice = _notice(receipt)

    answers = [await _sent(live_shop, feed["path"], notice) for _ in range(3)]
    async with live_shop.browser() as buyer:
        page = await OrderLink(buyer, receipt).page()

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.json() for answer in answers] == [
        {"success": True, "lines": ["paid"]},
        {"success": True, "lines": ["known"]},
        {"success": True, "lines": ["known"]},
    ]
    assert (page["state"], page["is_paid"], page["transfer"]) == ("paid", True, None)
    assert [entry["kind"] for entry in page["entries"]] == ["placed", "paid"]
    assert await _work(live_shop) == []


async def test_notices_of_both_providers_are_taken_by_their_own_signatures(live_shop: Market) -> None:
    sepay, casso = await _opens(live_shop), await _opens(live_shop, "casso")
    one, two = await _ordered(live_shop), await _ordered(live_shop)
    first = as_bytes(_notice(one))
    second = CASSO | {
        "data": CASSO["data"] | {"id": 5, "reference": "TF9", "amount": two["total_vnd"], "description": f"ocop{two['order_code']}"}
    }

    answers = [
        await _sent(live_shop, sepay["path"], first, signed_by_sepay(first)),
        await _sent(live_shop, casso["path"], second, signed_by_casso(second)),
        await _sent(live_shop, casso["path"], CASSO, signed_by_casso(CASSO)),
    ]

    assert [answer.json()["lines"] for answer in answers] == [["paid"], ["paid"], []]


async def test_whatever_is_wrong_with_a_notices_proof_the_answer_is_the_same(live_shop: Market) -> None:
    feed, receipt = await _opens(live_shop), await _ordered(live_shop)
    notice = as_bytes(_notice(receipt))
    wrong = [
        (feed["path"], {}),
        (feed["path"], {"authorization": f"Apikey {SECRET}x"}),
        (feed["path"], signed_by_sepay(notice, "another")),
        (feed["path"], signed_by_sepay(notice + b" ")),
        (f"/api/v1/bank-notices/{uuid4()}", APIKEY),
    ]

    answers = [await _sent(live_shop, path, notice, headers) for path, headers in wrong]

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(401, "notice_not_genuine")}
    assert len({answer.text for answer in answers}) == 1


async def test_a_new_secret_replaces_the_old_one_at_the_same_address_and_an_ended_feed_hears_nothing(live_shop: Market) -> None:
    first = await _opens(live_shop, secret=None)
    second = await _opens(live_shop, secret=None)
    receipt = await _ordered(live_shop)

    old = await _sent(live_shop, first["path"], _notice(receipt), {"authorization": f"Apikey {first['secret']}"})
    new = await _sent(live_shop, second["path"], _notice(receipt), {"authorization": f"Apikey {second['secret']}"})
    async with live_shop.browser(live_shop.organiser) as organiser:
        (listed,) = (await organiser.get("/api/v1/bank-feeds")).json()["items"]
        ended = await organiser.delete("/api/v1/bank-feeds/sepay")
        again = await organiser.delete("/api/v1/bank-feeds/sepay")
    after = await _sent(live_shop, second["path"], _notice(receipt), {"authorization": f"Apikey {second['secret']}"})

    assert first["path"] == second["path"]
    assert len(first["secret"]) >= 32
    assert (old.status_code, new.status_code, after.status_code) == (401, 200, 401)
    assert "secret" not in listed
    assert listed["heard_at_ms"] is not None
    assert (ended.json(), again.status_code) == ({"items": []}, 404)


async def test_the_secret_does_not_stand_in_the_database_or_the_audit_trail(shop: Market) -> None:
    await _opens(shop)

    rows = await shop.stores.database.pool.fetch("SELECT b::text FROM bank_feeds b UNION ALL SELECT a::text FROM audit_entries a")

    found = "".join(row[0] for row in rows)
    assert "bank_feed.opened" in found
    assert SECRET not in found
    assert SECRET.encode().hex() not in found


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 422), (b"{", 422), (b"[]", 422), (b"\xff" * 100, 422), (b"[" * 40_000, 422), (b" " * (NOTICE_MAX_BYTES + 1), 413)],
)
async def test_a_genuine_notice_that_is_no_notice_is_refused(shop: Market, body: bytes, status: int) -> None:
    feed = await _opens(shop)

    assert (await _sent(shop, feed["path"], body)).status_code == status


async def test_many_repeats_at_once_are_one_payment(live_shop: Market) -> None:
    feed, receipt = await _opens(live_shop), await _ordered(live_shop)
    notice = _notice(receipt)

    answers = await asyncio.gather(*(_sent(live_shop, feed["path"], notice) for _ in range(12)))

    assert {answer.status_code for answer in answers} == {200}
    assert sorted(answer.json()["lines"][0] for answer in answers) == ["known"] * 11 + ["paid"]


async def test_what_did_not_fit_is_assigned_by_hand_or_settled_with_a_word(live_shop: Market) -> None:
    feed, receipt = await _opens(live_shop), await _ordered(live_shop)
    await _sent(live_shop, feed["path"], _notice(receipt, content="NGUYEN THI LAN chuyen tien"))
    await _sent(live_shop, feed["path"], _notice(receipt, content="hoan tien", transferAmount=5_000))
    by_words = {item["words"]: item for item in await _work(live_shop)}
    whose, other = by_words["NGUYEN THI LAN chuyen tien"], by_words["hoan tien"]

    async with live_shop.browser(live_shop.host) as host:
        path = "/api/v1/money-work"
        unknown = await host.post(f"{path}/{whose['payment_id']}/assignment", json={"order_code": "2222222"})
        body, key = {"order_code": receipt["order_code"].lower()}, {"idempotency-key": "once"}
        assigned = [await host.post(f"{path}/{whose['payment_id']}/assignment", json=body, headers=key) for _ in range(2)]
        settled = await host.post(f"{path}/{other['payment_id']}/settlement", json={"words": "Đã hoàn lại 28/11"})
        again = await host.post(f"{path}/{other['payment_id']}/settlement", json={"words": "x"})
    async with live_shop.browser() as buyer:
        page = await OrderLink(buyer, receipt).page()

    assert (unknown.status_code, unknown.json()["code"]) == (404, "order_not_found")
    assert [[item["payment_id"] for item in answer.json()["items"]] for answer in assigned] == [[other["payment_id"]]] * 2
    assert settled.json() == {"items": [], "waiting": 0}
    assert again.status_code == 404
    assert page["is_paid"]
    kept = await live_shop.stores.database.pool.fetch(
        "SELECT sealed_words, settlement, settled_by FROM payments WHERE organisation_id = $1", live_shop.organiser.organisation_id
    )
    assert [row["sealed_words"] for row in kept] == [None, None]
    assert {row["settled_by"] for row in kept} == {None, live_shop.host.id}


async def test_a_short_sum_may_be_taken_for_the_whole_with_a_reason(live_shop: Market) -> None:
    feed, receipt = await _opens(live_shop), await _ordered(live_shop)
    await _sent(live_shop, feed["path"], _notice(receipt, transferAmount=receipt["total_vnd"] - 1))
    (item,) = await _work(live_shop)
    path = f"/api/v1/money-work/{item['payment_id']}/assignment"

    async with live_shop.browser(live_shop.host) as host, live_shop.browser() as buyer:
        still = await host.post(path, json={"order_code": receipt["order_code"]})
        before = await OrderLink(buyer, receipt).page()
        taken = await host.post(path, json={"order_code": receipt["order_code"], "as_paid": True, "words": "Thiếu 1 đồng"})
        after = await OrderLink(buyer, receipt).page()

    assert (item["matter"], item["order_code"], item["order_vnd"]) == ("under", receipt["order_code"], receipt["total_vnd"])
    assert [each["matter"] for each in still.json()["items"]] == ["under"]
    assert (before["is_paid"], taken.json()["items"], after["is_paid"]) == (False, [], True)


async def test_others_money_is_out_of_sight(live_shop: Market, house: Market) -> None:
    feed, receipt = await _opens(live_shop), await _ordered(live_shop)
    await _sent(live_shop, feed["path"], _notice(receipt, content="x"))
    (item,) = await _work(live_shop)

    async with house.browser(house.organiser) as stranger:
        listed = (await stranger.get("/api/v1/money-work")).json()["items"]
        answers = [
            await stranger.post(f"/api/v1/money-work/{item['payment_id']}/{what}", json=body)
            for what, body in (("assignment", {"order_code": receipt["order_code"]}), ("settlement", {"words": "x"}))
        ]

    assert item["payment_id"] not in json.dumps(listed)
    assert [answer.status_code for answer in answers] == [404, 404]
