"""The buyer's side of an order: the page behind its link, mending, cancelling, complaining, the device's orders, the lookup."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from app.fulfilment.lookup_limits import WINDOWS_OF_ADDRESS, WINDOWS_OF_ONE
from app.fulfilment.persons import erase_contacts
from app.main import services_of
from tests.buyers import ADDRESS, a_viewer, an_offer, path_of, places
from tests.fulfilment.order_link import OrderLink
from tests.live.market import Market, Stores, another_organisation, market_with


@pytest.fixture
async def market(live_shop: Market) -> Market:
    """A live session of the whole service on one node, where nobody has looked up anything yet."""
    await forget_attempts(live_shop)
    return live_shop


async def remaining(market: Market, offer: dict[str, Any]) -> int:
    async with market.browser() as browser:
        offers = (await browser.get(path_of(market, "offers"))).json()["offers"]
    return int(next(each["remaining"] for each in offers if each["id"] == offer["id"]))


async def step(market: Market, receipt: dict[str, Any], kind: str, reason: str = "") -> int:
    async with market.browser(market.host) as host:
        answer = await host.post(path_of(market, "orders", receipt["order_id"], "steps"), json={"kind": kind, "reason": reason})
    return answer.status_code


async def at_desk(market: Market, receipt: dict[str, Any]) -> dict[str, Any]:
    async with market.browser(market.host) as host:
        order: dict[str, Any] = (await host.get(path_of(market, "orders", receipt["order_id"]))).json()
    return order


async def test_the_link_shows_the_order_to_whoever_has_it_also_after_the_end(market: Market) -> None:
    offer = await an_offer(market)
    async with market.browser(market.organiser) as organiser:
        named = await organiser.put("/api/v1/seller-contact", json={"phone": "0239 385 5555"})
    async with a_viewer(market) as viewer:
        receipt = await places(viewer, market, offer, quantity=2)
    await step(market, receipt, "confirmed")
    await step(market, receipt, "delivered")
    await market.ends()

    async with market.browser() as stranger:
        page = await OrderLink(stranger, receipt).page()
        spelt = await OrderLink(stranger, receipt, code=receipt["order_code"].lower()).page()

    assert named.json() == {"phone": "+842393855555"}
    assert spelt == page
    assert [entry["kind"] for entry in page["entries"]] == ["placed", "confirmed", "delivered"]
    assert (page["code"], page["state"], page["may_change"], page["is_paid"]) == (receipt["order_code"], "delivered", False, False)
    (line,) = page["lines"]
    assert (line["product_name"], line["unit"], line["quantity"], line["amount_vnd"]) == ("Bưởi Phúc Trạch", "kg", 2, 78_000)
    assert (line["unit_price_vnd"], line["returned"]) == (39_000, 0)
    assert (page["receiver"]["name"], page["receiver"]["phone"], page["receiver"]["street"]) == ("Nguyễn Thị Lan", "+84912345678", "Thôn 3")
    assert page["seller"]["phone"] == "+842393855555"
    assert (page["seller"]["organisation_name"], page["seller"]["session_state"]) == ("Chợ phiên OCOP Hà Tĩnh", "ended")


async def test_the_fee_of_the_delivery_stands_beside_the_goods_for_the_buyer_too(market: Market) -> None:
    offer = await an_offer(market)
    async with market.browser(market.organiser) as organiser:
        assert (await organiser.put("/api/v1/shipping", json={"flat_vnd": 25_000})).status_code == 204
    async with a_viewer(market) as viewer:
        page = await OrderLink(viewer, await places(viewer, market, offer, quantity=2)).page()
        (mine,) = (await viewer.get("/api/v1/my-orders")).json()["orders"]

    for shown in (page, mine):
        assert (shown["lines"][0]["amount_vnd"], shown["shipping_vnd"], shown["total_vnd"]) == (78_000, 25_000, 103_000)


async def test_whatever_is_wrong_with_a_link_the_answer_is_the_same(market: Market) -> None:
    offer = await an_offer(market)
    async with a_viewer(market) as viewer, market.browser() as stranger:
        receipt, other = await places(viewer, market, offer), await places(viewer, market, offer)
        wrong = [
            OrderLink(stranger, receipt, token=""),
            OrderLink(stranger, receipt, token=other["link_token"]),
            OrderLink(stranger, receipt, token=receipt["link_token"][:-1] + "!"),
            OrderLink(stranger, receipt, token="x" * 64),
            OrderLink(stranger, receipt, code="2222222"),
            OrderLink(stranger, receipt, code=other["order_code"]),
            OrderLink(stranger, receipt, code="nope"),
            OrderLink(stranger, receipt, code=str(receipt["order_id"])),
        ]
        for way in ("read", "cancel", "mend", "complain"):
            answers = [await getattr(link, way)() for link in wrong]
            assert {answer.status_code for answer in answers} == {404}, way
            assert len({answer.text for answer in answers}) == 1, way
        assert (await OrderLink(stranger, receipt).page())["entries"][-1]["kind"] == "placed"


async def test_the_buyer_cancels_once_and_the_units_are_back(market: Market) -> None:
    offer = await an_offer(market, per_viewer_limit=2)
    async with a_viewer(market) as viewer:
        receipt = await places(viewer, market, offer, quantity=2)
        link = OrderLink(viewer, receipt)

        answers = await asyncio.gather(*(link.cancel("buyer_wrong_order") for _ in range(5)))

        assert {(answer.status_code, answer.json()["state"]) for answer in answers} == {(200, "cancelled")}
        page = await link.page()
        assert [(entry["kind"], entry["reason"]) for entry in page["entries"]] == [("placed", ""), ("cancelled", "buyer_wrong_order")]
        assert page["may_change"] is False
        assert await remaining(market, offer) == 10
        await places(viewer, market, offer, quantity=2)
        assert (await link.mend()).json()["code"] == "order_no_longer_yours"
    assert (await at_desk(market, receipt))["state"] == "cancelled"


@pytest.mark.parametrize("kind", ["confirmed", "paid", "expired"])
async def test_what_is_agreed_paid_or_over_the_buyer_cannot_cancel_or_mend(market: Market, kind: str) -> None:
    offer = await an_offer(market)
    async with a_viewer(market) as viewer:
        receipt = await places(viewer, market, offer)
        if kind == "confirmed":
            await step(market, receipt, kind)
        elif kind == "paid":
            async with market.browser(market.host) as host:
                payment = {
                    "order_id": receipt["order_id"],
                    "reference": "FT1",
                    "amount_vnd": 39_000,
                    "received_at": "2026-11-23T09:30:00+07:00",
                }
                assert (await host.post("/api/v1/payments", json=payment)).status_code == 201
        else:
            services = services_of(market.node.app)
            await services.database.pool.execute("UPDATE orders SET due_at = now() - interval '1 second'")
            await services.desk.expire_due()
        link = OrderLink(viewer, receipt)
        before = await link.page()

        refused = [await link.cancel(), await link.mend()]

        assert before["state"] == kind
        assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(409, "order_no_longer_yours")] * 2
        assert [answer.json()["details"]["state"] for answer in refused] == [kind, kind]
        assert await link.page() == before


async def test_a_buyer_who_cancels_while_the_desk_confirms_leaves_one_outcome(market: Market) -> None:
    offer = await an_offer(market, total_quantity=100, per_viewer_limit=50)
    async with a_viewer(market) as viewer, market.browser(market.host) as host:
        receipts = [await places(viewer, market, offer) for _ in range(12)]
        links = [OrderLink(viewer, receipt) for receipt in receipts]

        async def confirm(receipt: dict[str, Any]) -> int:
            return (await host.post(path_of(market, "orders", receipt["order_id"], "steps"), json={"kind": "confirmed"})).status_code

        cancelled, confirmed = await asyncio.gather(
            asyncio.gather(*(link.cancel() for link in links)), asyncio.gather(*map(confirm, receipts))
        )

        courses = [[entry["kind"] for entry in (await link.page())["entries"]] for link in links]
    for answer, status, course in zip(cancelled, confirmed, courses, strict=True):
        assert (answer.status_code, status, course) in [(200, 409, ["placed", "cancelled"]), (409, 201, ["placed", "confirmed"])]
    assert await remaining(market, offer) == 100 - sum("confirmed" in course for course in courses)


async def test_a_mended_receiver_is_what_the_desk_sees_and_no_trace_of_it_is_in_the_ledger(market: Market) -> None:
    offer = await an_offer(market)
    async with a_viewer(market) as viewer:
        receipt = await places(viewer, market, offer)
        link = OrderLink(viewer, receipt)

        mended = await link.mend()
        bad_phone = await link.mend(phone="0000000000")
        bad_place = await link.mend(address=ADDRESS | {"ward_code": 1})
        too_long = await link.mend(note="x" * 201)
        page = await link.page()
        looked_up = await viewer.post("/api/v1/order-lookup", json={"phone": "0987654321", "code": receipt["order_code"]})

    assert mended.status_code == 200
    assert [answer.status_code for answer in (bad_phone, bad_place, too_long)] == [400, 400, 422]
    assert page == mended.json()
    order = await at_desk(market, receipt)
    async with market.browser(market.host) as host:
        receiver = (await host.post(path_of(market, "orders", receipt["order_id"], "receiver"), json={"reason": "call"})).json()
    assert (receiver["name"], receiver["phone"]) == ("Nguyễn Thị Lan", "+84987654321")
    assert (receiver["street"], receiver["note"]) == ("Ngõ 7", "Cửa sau")
    assert order["receiver"]["phone"] == "•••321"
    assert order["receiver_changed_at_ms"] == page["receiver_changed_at_ms"]
    assert [entry["kind"] for entry in order["entries"]] == ["placed"]
    assert looked_up.json() == {"state": "placed"}
    pool = services_of(market.node.app).database.pool
    written = [row[0] for row in await pool.fetch("SELECT body FROM ledger_entries UNION ALL SELECT details::text FROM audit_entries")]
    assert [body for body in written if "Ngõ 7" in body or "987654321" in body] == []
    mended_by_buyer = (
        "SELECT count(*) FROM audit_entries WHERE action = 'order.mended_by_buyer' AND user_id IS NULL AND organisation_id = $1"
    )
    assert await pool.fetchval(mended_by_buyer, market.organiser.organisation_id) == 1


async def test_a_complaint_is_made_once_answered_once_and_read_by_the_buyer(market: Market) -> None:
    offer = await an_offer(market)
    async with a_viewer(market) as viewer, market.browser(market.host) as host:
        receipt = await places(viewer, market, offer)
        link, key = OrderLink(viewer, receipt), str(uuid4())

        made = await asyncio.gather(*(link.complain(key=key) for _ in range(4)))
        listed = (await host.get(path_of(market, "orders"))).json()["orders"]
        (complaint,) = (await at_desk(market, receipt))["complaints"]
        path = path_of(market, "orders", receipt["order_id"], "complaints", complaint["complaint_id"], "answer")
        intention = {"idempotency-key": "k1"}
        answered = [await host.post(path, json={"words": "Gửi bù ngay."}, headers=intention) for _ in range(2)]
        second = await host.post(path, json={"words": "Không."})
        page = await link.page()
        mine = (await viewer.get("/api/v1/my-orders")).json()["orders"]
        after = (await host.get(path_of(market, "orders"))).json()["orders"]

    assert {answer.status_code for answer in made} == {200}
    assert [order["complaints_waiting"] for order in listed] == [1]
    assert complaint["words"] == "Hũ mật bị vỡ nắp.\nGọi tôi số 0912345678"
    assert [answer.status_code for answer in answered] == [200, 200]
    assert (second.status_code, second.json()["code"]) == (404, "complaint_not_found")
    assert [(each["words"], each["answer"]) for each in page["complaints"]] == [(complaint["words"], "Gửi bù ngay.")]
    assert [order["answers"] for order in mine] == [1]
    assert [order["complaints_waiting"] for order in after] == [0]


async def test_complaints_are_cleaned_bounded_and_few_may_wait(market: Market) -> None:
    offer = await an_offer(market)
    async with a_viewer(market) as viewer:
        link = OrderLink(viewer, await places(viewer, market, offer))
        cleaned = await link.complain("Hũ\u202e vỡ\u200b  nắp")
        refused = [await link.complain(words) for words in ("", " \u200b ", "x" * 1_001)]
        await link.complain()
        await link.complain()
        fourth = await link.complain()

    assert cleaned.json()["complaints"][0]["words"] == "Hũ vỡ nắp"
    assert [answer.status_code for answer in refused] == [422] * 3
    assert (fourth.status_code, fourth.json()["code"]) == (409, "complaints_wait")


async def test_staff_of_another_organisation_cannot_answer_or_name_our_phone(market: Market) -> None:
    offer = await an_offer(market)
    async with a_viewer(market) as viewer:
        receipt = await places(viewer, market, offer)
        await OrderLink(viewer, receipt).complain()
    (complaint,) = (await at_desk(market, receipt))["complaints"]
    async with another_organisation(market) as other:
        await other.goes_live()
        async with other.browser(other.organiser) as stranger, market.browser(market.host) as host:
            path = ("orders", receipt["order_id"], "complaints", complaint["complaint_id"], "answer")
            theirs = await stranger.post(path_of(market, *path), json={"words": "Ok"})
            through_own = await stranger.post(path_of(other, *path), json={"words": "Ok"})
            found = await stranger.get(path_of(other, "orders"), params={"code": receipt["order_code"]})
            await stranger.put("/api/v1/seller-contact", json={"phone": "0912000111"})
            by_host = await host.put("/api/v1/seller-contact", json={"phone": "0912000222"})
            ours = (await host.get("/api/v1/seller-contact")).json()

    assert (theirs.status_code, through_own.status_code) == (404, 404)
    assert found.json() == {"orders": []}
    assert by_host.status_code == 403
    assert ours == {"phone": None}
    assert (await at_desk(market, receipt))["complaints"][0]["answer"] is None


async def test_the_desk_finds_an_order_by_its_code_in_any_spelling(market: Market) -> None:
    offer = await an_offer(market)
    async with a_viewer(market) as viewer, market.browser(market.host) as host:
        receipts = [await places(viewer, market, offer) for _ in range(2)]
        code = receipts[0]["order_code"]

        async def found(typed: str) -> list[str]:
            return [each["code"] for each in (await host.get(path_of(market, "orders"), params={"code": typed})).json()["orders"]]

        assert await found(code) == [code]
        assert await found(f" {code[:3].lower()}-{code[3:]} ") == [code]
        assert await found("nope") == []
        assert {each["code"] for each in (await host.get(path_of(market, "orders"))).json()["orders"]} == {
            receipt["order_code"] for receipt in receipts
        }


async def test_a_device_sees_its_own_orders_of_all_sessions_with_their_states_also_after_the_end(market: Market) -> None:
    offer = await an_offer(market)
    async with a_viewer(market) as viewer, a_viewer(market) as another, market.browser() as nobody:
        first, second = await places(viewer, market, offer), await places(viewer, market, offer)
        theirs = await places(another, market, offer, phone="0987654321")
        await step(market, first, "cancelled", "no_answer")
        await market.ends()

        mine = (await viewer.get("/api/v1/my-orders")).json()["orders"]
        of_another = (await another.get("/api/v1/my-orders")).json()["orders"]
        without_ticket = await nobody.get("/api/v1/my-orders")

    assert [(order["code"], order["state"]) for order in mine] == [(second["order_code"], "placed"), (first["order_code"], "cancelled")]
    assert [order["link_token"] for order in mine] == [second["link_token"], first["link_token"]]
    assert [order["code"] for order in of_another] == [theirs["order_code"]]
    assert without_ticket.status_code == 401
    assert "Nguyễn Thị Lan" not in str(mine)


async def lookup(browser: httpx2.AsyncClient, phone: str, code: str) -> httpx2.Response:
    return await browser.post("/api/v1/order-lookup", json={"phone": phone, "code": code})


async def forget_attempts(market: Market) -> None:
    keys = [key async for key in services_of(market.node.app).redis.once.scan_iter("*lookup*")]
    if keys:
        await services_of(market.node.app).redis.once.delete(*keys)


async def test_the_lookup_tells_the_state_alone_and_nothing_about_what_does_not_fit(market: Market) -> None:
    offer = await an_offer(market)
    async with a_viewer(market) as viewer, market.browser() as stranger:
        receipt, other = await places(viewer, market, offer), await places(viewer, market, offer, phone="0987654321")
        right = await lookup(stranger, "+84 912 345 678", f"{receipt['order_code'][:3]} {receipt['order_code'][3:].lower()}")
        await forget_attempts(market)
        wrong = [
            await lookup(stranger, "0987654321", receipt["order_code"]),
            await lookup(stranger, "0912345678", other["order_code"]),
            await lookup(stranger, "0912345678", "2222222"),
            await lookup(stranger, "0912345678", "nope"),
            await lookup(stranger, "0911111111", "2222222"),
        ]
        no_phone = await lookup(stranger, "12345678", receipt["order_code"])

    assert (right.status_code, right.json()) == (200, {"state": "placed"})
    assert {answer.status_code for answer in wrong} == {404}
    assert len({answer.text for answer in wrong}) == 1
    assert no_phone.json()["code"] == "invalid_phone"


@pytest.mark.parametrize("same", ["phone", "code"])
async def test_whoever_guesses_waits_whatever_else_they_change(market: Market, same: str) -> None:
    async with market.browser() as stranger:
        answers = []
        for number in range(WINDOWS_OF_ONE[60] + 1):
            phone = "0912345678" if same == "phone" else f"091234567{number}"
            code = "K7M2PAE" if same == "code" else "nope" + str(number)
            answers.append(await lookup(stranger, phone, code))
        free = await lookup(stranger, "0987654321", "nope") if same == "code" else None

    assert [answer.status_code for answer in answers] == [404] * WINDOWS_OF_ONE[60] + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    assert free is None or free.status_code == 404


async def test_one_address_that_guesses_is_held_up_for_all_phones_and_codes_on_every_node(market: Market) -> None:
    node = await market.another_node()
    async with (
        market.browser() as one,
        httpx2.AsyncClient(
            base_url=f"http://{node.address}", headers={"origin": f"http://{node.address}"}, timeout=30, verify=False
        ) as other,
    ):
        statuses = [
            (await lookup((one, other)[number % 2], f"09123456{number:02d}", f"nope{number}")).status_code
            for number in range(WINDOWS_OF_ADDRESS[60] + 2)
        ]

    assert statuses == [404] * WINDOWS_OF_ADDRESS[60] + [429, 429]


async def test_changes_of_one_order_are_paced(stores: Stores) -> None:
    async with AsyncExitStack() as stack:
        market = await market_with(stores, stack, commands_per_second=0.01, commands_burst=3)
        offer = await an_offer(market)
        async with a_viewer(market) as viewer:
            link = OrderLink(viewer, await places(viewer, market, offer))
            statuses = [(await link.mend()).status_code for _ in range(5)]
            read = await link.read()
            spelt = OrderLink(viewer, {"order_code": "", "link_token": ""}, code=link.spelt_otherwise())
            around = await spelt.mend()
            mine = [(await viewer.get("/api/v1/my-orders")).status_code for _ in range(5)]

    assert statuses == [200, 200, 200, 429, 429]
    assert (read.status_code, around.status_code) == (200, 429)
    assert mine == [200, 200, 200, 429, 429]


async def test_an_order_whose_person_was_erased_shows_nobody_and_is_changed_by_nobody(market: Market) -> None:
    offer = await an_offer(market)
    async with a_viewer(market) as viewer:
        receipt = await places(viewer, market, offer)
        link = OrderLink(viewer, receipt)
        async with market.stores.database.pool.acquire() as db:
            await erase_contacts(db, [UUID(receipt["order_id"])])

        page = await link.page()
        mended = await link.mend()
        looked_up = await lookup(viewer, "0912345678", receipt["order_code"])

    assert (page["receiver"]["name"], page["receiver"]["phone"], page["may_change"]) == (None, None, False)
    assert (mended.status_code, looked_up.status_code) == (409, 404)


async def test_the_room_names_an_order_that_the_desk_cancels_and_its_device_learns_what_became_of_it(market: Market) -> None:
    offer = await an_offer(market)
    listener = await market.enters()
    async with a_viewer(market) as viewer:
        receipt = await places(viewer, market, offer)
        other = await places(viewer, market, offer)
        await step(market, other, "confirmed")
        await step(market, receipt, "cancelled", "no_answer")
        told = await listener.sees_event("orders.taken_back")
        mine = (await viewer.get(path_of(market, "orders", "mine"))).json()["orders"]

    assert told == {"type": "orders.taken_back", "order_ids": [receipt["order_id"]]}
    assert {each["order_id"]: each["state"] for each in mine} == {receipt["order_id"]: "cancelled", other["order_id"]: "confirmed"}
    assert receipt["order_code"] not in str(listener.frames)


async def test_the_hosts_id_is_for_staff(market: Market) -> None:
    async with market.browser() as anybody, market.browser(market.host) as host:
        public, own = [(await browser.get(path_of(market))).json() for browser in (anybody, host)]

    assert (public["host_id"], own["host_id"]) == (None, str(market.host.id))
