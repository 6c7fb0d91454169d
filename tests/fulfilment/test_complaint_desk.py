"""Complaints about sessions and orders: any viewer makes them, organisers work them in one list, nobody else reads them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from app.fulfilment.session_complaints import ComplaintRetention
from app.fulfilment.working_days import Promise
from app.infra.clock import from_ms, to_ms, utc_now
from app.infra.key_ring import KeyRing
from app.installation.rotation import KeyRotation
from tests.buyers import an_order
from tests.live.fixtures import house, live_market, live_shop, market, shop, sockets, stores
from tests.live.market import SECRET, Market, a_session, a_user

__all__ = ["house", "live_market", "live_shop", "market", "shop", "sockets", "stores"]

LIST = "/api/v1/complaints"
WORDS = "Nói giá 39 nghìn, lúc chốt lại 45 nghìn."


@pytest.fixture(autouse=True)
async def a_fresh_pace(house: Market) -> None:
    """All tests come from one address."""
    await _forgets_the_pace(house)


def path_of(market: Market, tail: str = "complaints") -> str:
    return f"/api/v1/sessions/{market.session_id}/{tail}"


def a_complaint(**changes: Any) -> dict[str, Any]:
    return {"key": str(uuid4()), "kind": "price", "words": WORDS, "contact": "0912 345 678"} | changes


@asynccontextmanager
async def a_viewer(market: Market) -> AsyncIterator[httpx2.AsyncClient]:
    async with market.browser() as browser:
        (await browser.post(path_of(market, "tickets"))).raise_for_status()
        yield browser


async def complains(market: Market, **changes: Any) -> dict[str, Any]:
    async with a_viewer(market) as viewer:
        answer = await viewer.post(path_of(market), json=a_complaint(**changes))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_viewer_complains_the_organiser_answers_and_the_viewer_reads_it_there(live_shop: Market) -> None:
    async with a_viewer(live_shop) as viewer, live_shop.browser(live_shop.organiser) as organiser:
        body = a_complaint()
        made = await viewer.post(path_of(live_shop), json=body)
        again = await viewer.post(path_of(live_shop), json=body)
        (item,) = (await organiser.get(LIST)).json()["items"]
        path = f"{LIST}/{item['complaint_id']}"
        taken = (await organiser.post(f"{path}/work")).json()
        contact = (await organiser.post(f"{path}/contact", json={"reason": "complaint"})).json()
        answered = await organiser.post(f"{path}/answer", json={"words": "Chúng tôi đã nhắc người bán\n\nvà sửa giá."})
        twice = await organiser.post(f"{path}/answer", json={"words": "khác"})
        left = (await organiser.get(LIST)).json()
        done = (await organiser.get(LIST, params={"part": "answered"})).json()["items"]
        mine = (await viewer.get(path_of(live_shop, "complaints/mine"))).json()["items"]

    assert (made.status_code, again.status_code) == (201, 201)
    assert made.json() == again.json()
    assert (item["kind"], item["state"], item["words"], item["has_contact"], item["order_id"]) == ("price", "new", WORDS, True, None)
    assert item["due_at_ms"] == to_ms(Promise(2).due_after(from_ms(item["made_at_ms"])))
    assert (taken["state"], taken["taken_by"]) == ("in_work", live_shop.organiser.display_name)
    assert contact == {"contact": "0912 345 678"}
    assert answered.json()["state"] == "answered"
    assert (twice.status_code, twice.json()["code"]) == (404, "complaint_not_found")
    assert (left["items"], left["waiting"], left["overdue"]) == ([], 0, 0)
    assert [each["answered_by"] for each in done] == [live_shop.organiser.display_name]
    assert [each["answer"] for each in mine] == ["Chúng tôi đã nhắc người bán\n\nvà sửa giá."]
    rows = await live_shop.stores.database.pool.fetch(
        "SELECT action, details FROM audit_entries WHERE subject_id = $1 ORDER BY id", item["complaint_id"]
    )
    assert [row["action"] for row in rows] == [
        "session_complaint.made",
        "complaint.taken",
        "complaint.contact_read",
        "complaint.answered",
    ]
    assert json.loads(rows[2]["details"]) == {"reason": "complaint"}


async def test_orders_and_sessions_stand_in_one_list_with_the_longest_waiting_first(live_shop: Market) -> None:
    order = await _an_order_with_a_complaint(live_shop)
    first = await complains(live_shop, kind="insult")
    late = await complains(live_shop)
    long_ago = utc_now() - timedelta(days=9)
    await live_shop.stores.database.pool.execute(
        "UPDATE session_complaints SET made_at = $2 WHERE id = $1", UUID(late["complaint_id"]), long_ago
    )
    async with live_shop.browser(live_shop.organiser) as organiser:
        found = (await organiser.get(LIST)).json()
        of_order = next(item for item in found["items"] if item["kind"] == "order")
        answered = await organiser.post(f"{LIST}/{of_order['complaint_id']}/answer", json={"words": "Gửi bù ngay."})
    async with live_shop.browser() as buyer:
        page = (await buyer.get(f"/api/v1/order-pages/{order['order_code']}", headers={"order-link": order["link_token"]})).json()

    assert [(item["kind"], item["is_overdue"]) for item in found["items"]] == [("price", True), ("order", False), ("insult", False)]
    assert (found["waiting"], found["overdue"]) == (3, 1)
    assert found["items"][2]["complaint_id"] == first["complaint_id"]
    assert of_order["order_code"] == order["order_code"]
    assert answered.json()["state"] == "answered"
    assert page["complaints"][0]["answer"] == "Gửi bù ngay."


async def test_hosts_desks_and_strangers_read_none_of_it(live_shop: Market, live_market: Market) -> None:
    made = await complains(live_shop, kind="insult")
    path = f"{LIST}/{made['complaint_id']}"
    answers = []
    for role in ("host", "helper", "desk", "auditor"):
        user = await a_user(live_shop.node, live_shop.organiser.organisation_id, name="Ai đó", role=role)
        async with live_shop.browser(user) as browser:
            answers += [await browser.get(LIST), await browser.post(f"{path}/work")]
    async with live_market.browser(live_market.organiser) as foreign, a_viewer(live_shop) as other:
        listed = (await foreign.get(LIST)).json()["items"]
        strange = [
            await foreign.post(f"{path}/work"),
            await foreign.post(f"{path}/answer", json={"words": "khác"}),
            await foreign.post(f"{path}/contact", json={"reason": "call"}),
        ]
        others = (await other.get(path_of(live_shop, "complaints/mine"))).json()["items"]
        nobody = await other.get(LIST)

    assert {answer.status_code for answer in answers} == {403}
    assert made["complaint_id"] not in {item["complaint_id"] for item in listed}
    assert [answer.json()["code"] for answer in strange] == ["complaint_not_found"] * 3
    assert others == []
    assert nobody.status_code == 401


async def test_an_organiser_of_one_session_sees_only_its_complaints(live_shop: Market) -> None:
    await complains(live_shop)
    database = live_shop.stores.database
    one = await a_user(live_shop.node, live_shop.organiser.organisation_id, name="Một phiên", role="organiser")
    await database.pool.execute("UPDATE role_grants SET session_id = $2 WHERE user_id = $1", one.id, await _another_session(live_shop))
    async with live_shop.browser(one) as organiser:
        found = (await organiser.get(LIST)).json()

    assert (found["items"], found["waiting"]) == ([], 0)


async def test_a_device_may_not_bury_the_list_and_a_network_not_for_it(live_shop: Market) -> None:
    async with a_viewer(live_shop) as viewer:
        answers = [await viewer.post(path_of(live_shop), json=a_complaint()) for _ in range(4)]
    others = []
    for _ in range(19):
        async with a_viewer(live_shop) as viewer:
            others.append(await viewer.post(path_of(live_shop), json=a_complaint()))

    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert [answer.status_code for answer in others].count(429) >= 2


async def test_three_of_a_device_may_wait_however_slowly_they_come(live_shop: Market) -> None:
    async with a_viewer(live_shop) as viewer:
        for _ in range(3):
            await viewer.post(path_of(live_shop), json=a_complaint())
        await _forgets_the_pace(live_shop)
        fourth = await viewer.post(path_of(live_shop), json=a_complaint())

    assert (fourth.status_code, fourth.json()["code"]) == (409, "complaints_wait")


async def test_the_same_tap_ten_times_at_once_is_one_complaint(live_shop: Market) -> None:
    body = a_complaint()
    async with a_viewer(live_shop) as viewer:
        answers = await asyncio.gather(*(viewer.post(path_of(live_shop), json=body) for _ in range(3)))
        mine = (await viewer.get(path_of(live_shop, "complaints/mine"))).json()["items"]

    assert [answer.status_code for answer in answers] == [201] * 3
    assert len(mine) == 1


async def test_after_the_end_too_but_not_about_a_draft_or_without_a_ticket(market: Market) -> None:
    async with a_viewer(market) as viewer, market.browser() as stranger:
        draft = await viewer.post(path_of(market), json=a_complaint())
        await market.goes_live()
        await market.ends()
        ended = await viewer.post(path_of(market), json=a_complaint(contact=""))
        without = await stranger.post(path_of(market), json=a_complaint())

    assert (draft.status_code, draft.json()["code"]) == (404, "session_not_found")
    assert ended.status_code == 201
    assert ended.json()["contact"] is None
    assert (without.status_code, without.json()["code"]) == (401, "ticket_invalid")


@pytest.mark.parametrize(
    "changes",
    [
        {"words": ""},
        {"words": "\u200b \n"},
        {"words": "x" * 1_001},
        {"words": "\ud800"},
        {"contact": "9" * 101},
        {"kind": "order"},
        {"kind": None},
        {"key": "k"},
        {"device_id": str(uuid4())},
    ],
)
async def test_absurd_complaints_are_refused_at_the_door(live_market: Market, changes: dict[str, Any]) -> None:
    async with a_viewer(live_market) as viewer:
        content = json.dumps(a_complaint(**changes))
        answer = await viewer.post(path_of(live_market), content=content, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


async def test_longest_words_fit_the_table_and_nothing_stands_there_in_the_clear(live_shop: Market) -> None:
    words = "ộ" * 999 + "𠀀"
    made = await complains(live_shop, words=words, contact="ẫ" * 100)
    (row,) = await live_shop.stores.database.pool.fetch("SELECT * FROM session_complaints WHERE id = $1", UUID(made["complaint_id"]))

    assert made["words"] == words
    assert made["contact"] == "ẫ" * 100
    assert not any(isinstance(value, str) and "ộ" in value for value in row.values())


async def test_whoever_is_erased_leaves_the_list_and_retention_forgets_the_rest(live_shop: Market) -> None:
    database = live_shop.stores.database
    async with a_viewer(live_shop) as viewer:
        gone = (await viewer.post(path_of(live_shop), json=a_complaint())).json()
        copy = (await viewer.get("/api/v1/my-data")).json()
        (await viewer.post("/api/v1/my-data/erasure")).raise_for_status()
        after = (await viewer.get("/api/v1/my-data")).json()
        mine = (await viewer.get(path_of(live_shop, "complaints/mine"))).json()["items"]
    old = await complains(live_shop)
    kept = await complains(live_shop)
    await database.pool.execute(
        "UPDATE session_complaints SET made_at = $2 WHERE id = $1", UUID(old["complaint_id"]), utc_now() - timedelta(days=31)
    )
    erased = await ComplaintRetention(database, evidence_days=30).erase_due()
    again = await ComplaintRetention(database, evidence_days=30).erase_due()
    async with live_shop.browser(live_shop.organiser) as organiser:
        found = (await organiser.get(LIST)).json()
        refused = await organiser.post(f"{LIST}/{gone['complaint_id']}/answer", json={"words": "khác"})

    assert [each["words"] for each in copy["session_complaints"]] == [WORDS]
    assert after["session_complaints"] == []
    assert [(each["words"], each["contact"]) for each in mine] == [(None, None)]
    assert (erased, again) == (1, 0)
    assert [item["complaint_id"] for item in found["items"]] == [kept["complaint_id"]]
    assert found["waiting"] == 1
    assert refused.json()["code"] == "complaint_not_found"
    trail = await database.pool.fetchval(
        "SELECT details FROM audit_entries WHERE action = 'retention.complaints_erased' AND organisation_id = $1",
        live_shop.organiser.organisation_id,
    )
    assert json.loads(trail) == {"session_complaints": 1, "evidence_days": 30}


async def test_a_replaced_secret_opens_what_was_complained_before(live_shop: Market) -> None:
    made = await complains(live_shop)
    ring = KeyRing("another secret for the tests", former=[SECRET])
    async with live_shop.stores.database.pool.acquire() as db:
        rotation = KeyRotation(db, ring)
        before = (await rotation.in_use())[KeyRing(SECRET).current.key_id]
        progress = [each async for each in rotation.rewrap()][-1]
        (row,) = await db.fetch("SELECT key_id FROM session_complaints WHERE id = $1", UUID(made["complaint_id"]))
        back = KeyRotation(db, KeyRing(SECRET, former=["another secret for the tests"]))
        _ = [each async for each in back.rewrap()]

    assert before >= 1
    assert (progress.done, progress.unreadable) == (progress.total, 0)
    assert row["key_id"] == ring.current.key_id


async def _an_order_with_a_complaint(market: Market) -> dict[str, Any]:
    offer = {
        "product_id": str(market.product_ids[0]),
        "flash_price_vnd": 39_000,
        "total_quantity": 5,
        "per_viewer_limit": 2,
        "open_now": True,
    }
    async with market.browser(market.host) as host:
        opened = (await host.post(path_of(market, "offers"), json=offer)).raise_for_status().json()
    async with a_viewer(market) as buyer:
        receipt: dict[str, Any] = (await buyer.post(path_of(market, "orders"), json=an_order(opened))).raise_for_status().json()
        complaint = {"key": str(uuid4()), "words": "Hũ vỡ."}
        path = f"/api/v1/order-pages/{receipt['order_code']}/complaints"
        (await buyer.post(path, headers={"order-link": receipt["link_token"]}, json=complaint)).raise_for_status()
    return receipt


async def _another_session(market: Market) -> UUID:
    return await a_session(market.node, market.organiser, market.host, market.product_ids)


async def _forgets_the_pace(market: Market) -> None:
    prefix = market.stores.settings.redis_prefix
    keys = [key async for key in market.stores.redis.idempotent.scan_iter(f"{prefix}:*complaint-*")]
    if keys:
        await market.stores.redis.once.delete(*keys)
