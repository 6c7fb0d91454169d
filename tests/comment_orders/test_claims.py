"""Comments become claims, claims become orders or go back: on a real database, the clock's looks and the reader's called by the test."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.comment_orders.errors import ClaimNeedsReceiver, ClaimNotFound, ClaimOver
from app.comment_orders.rules import CommentOrderRules, RuleService
from app.comment_orders.schemas import MendedLine
from app.errors import AppError
from app.infra.database import Database
from app.orders.shelf import ShelfWant
from app.protocol.claims import ClaimView
from tests.comment_orders.claiming import Claiming, a_buyer, says, the_host
from tests.orders.builders import Market, a_market, a_pool, a_product, a_wanted_order, an_offer


async def claims_of(claiming: Claiming, market: Market, device_id: UUID) -> list[ClaimView]:
    return (await claiming.desk.own(device_id, market.session_id)).claims


async def the_claim(claiming: Claiming, market: Market, device_id: UUID) -> ClaimView:
    (claim,) = await claims_of(claiming, market, device_id)
    return claim


async def pool(database: Database, market: Market, product_id: UUID | None = None) -> tuple[int, int]:
    row = await database.pool.fetchrow(
        "SELECT sold, held FROM session_stock WHERE session_id = $1 AND product_id = $2", market.session_id, product_id or market.product_id
    )
    assert row is not None
    return row["sold"], row["held"]


async def offer(database: Database, offer_id: UUID) -> tuple[int, int]:
    row = await database.pool.fetchrow("SELECT remaining, set_aside FROM offers WHERE id = $1", offer_id)
    assert row is not None
    return row["remaining"], row["set_aside"]


async def time_is_up(database: Database, market: Market) -> None:
    await database.pool.execute("UPDATE unit_holds SET until_at = now() - interval '1 second' WHERE session_id = $1", market.session_id)


async def test_a_comment_holds_units_of_the_shelf_and_becomes_an_order(database: Database, market: Market, claiming: Claiming) -> None:
    await a_pool(database, market, units=10)
    device_id = await says(database, market, claiming.later, "chốt A1 x2 nha shop")

    assert await claiming.reader.read_waiting() == 1
    claim = await the_claim(claiming, market, device_id)
    assert (claim.state, [(line.code, line.quantity, line.outcome, line.unit_price_vnd) for line in claim.lines]) == (
        "held",
        [("A1", 2, "held", 180_000)],
    )
    assert await pool(database, market) == (0, 2)

    ordered = await claiming.desk.confirm(the_host(market), market.session_id, claim.id, a_buyer())

    assert (ordered.state, ordered.until_ms) == ("ordered", None)
    assert await pool(database, market) == (2, 0)
    body = json.loads(await database.pool.fetchval("SELECT body FROM ledger_entries WHERE order_id = $1", ordered.order_id))
    assert (body["kind"], body["source"]) == ("placed", "comment")
    row = await database.pool.fetchrow("SELECT source, code, total_vnd FROM orders WHERE id = $1", ordered.order_id)
    assert row is not None
    assert (row["source"], row["code"], row["total_vnd"]) == ("comment", ordered.order_code, 360_000)


async def test_a_comment_holds_units_of_an_open_offer_at_its_price_even_when_that_ends(
    database: Database, market: Market, claiming: Claiming
) -> None:
    offer_id = await an_offer(database, market, total=3)
    device_id = await says(database, market, claiming.later, "2 A1")
    await claiming.reader.read_waiting()
    claim = await the_claim(claiming, market, device_id)
    assert await offer(database, offer_id) == (3, 2)

    await database.pool.execute("UPDATE offers SET ends_at = now(), state = 'ended', announced_state = 'ended' WHERE id = $1", offer_id)
    ordered = await claiming.desk.confirm(the_host(market), market.session_id, claim.id, a_buyer())

    assert (ordered.state, ordered.lines[0].unit_price_vnd) == ("ordered", 129_000)
    assert await offer(database, offer_id) == (1, 0)


async def test_what_is_held_nobody_else_can_order(database: Database, market: Market, claiming: Claiming) -> None:
    offer_id = await an_offer(database, market, total=3)
    await a_pool(database, market, units=3)
    await says(database, market, claiming.later, "A1 x2")
    await claiming.reader.read_waiting()

    answers = await asyncio.gather(
        claiming.selling.placing._queues.place(a_wanted_order(market, {offer_id: 2})),
        claiming.selling.placing._queues.place(a_wanted_order(market, {}, shelf={market.product_id: ShelfWant(2, 180_000)})),
        return_exceptions=True,
    )

    assert [getattr(answer, "code", None) for answer in answers] == ["sold_out", "sold_out"]
    assert (await offer(database, offer_id), await pool(database, market)) == ((3, 2), (0, 2))


async def test_repeating_a_comment_adds_nothing(database: Database, market: Market, claiming: Claiming) -> None:
    await a_pool(database, market, units=10)
    device_id = await says(database, market, claiming.later, "A1 x2")
    await claiming.reader.read_waiting()
    for text in ("A1 x2", "a1x2 ạ", "2 A1", "chốt A1 x2"):
        await says(database, market, claiming.later, text, device_id=device_id)

    assert await claiming.reader.read_waiting() == 0
    assert (len(await claims_of(claiming, market, device_id)), await pool(database, market)) == (1, (0, 2))

    claim = await the_claim(claiming, market, device_id)
    await claiming.desk.confirm(the_host(market), market.session_id, claim.id, a_buyer())
    await says(database, market, claiming.later, "A1 x2", device_id=device_id)
    assert await claiming.reader.read_waiting() == 0
    assert await pool(database, market) == (2, 0)


async def test_a_newer_comment_goes_into_the_claim_until_it_is_confirmed_and_needs_a_person_afterwards(
    database: Database, market: Market, claiming: Claiming
) -> None:
    await a_pool(database, market, units=10, limit=10)
    other = await a_product(database, market)
    await a_pool(database, market, other, units=10)
    await database.pool.execute(
        "UPDATE session_products SET code = 'B3' WHERE session_id = $1 AND product_id = $2", market.session_id, other
    )
    device_id = await says(database, market, claiming.later, "A1")
    await claiming.reader.read_waiting()
    for text in ("B3 x2", "A1 x3 0901234567"):
        await says(database, market, claiming.later, text, device_id=device_id)
        await claiming.reader.read_waiting()

    claim = await the_claim(claiming, market, device_id)
    assert ([(line.code, line.quantity) for line in claim.lines], claim.phone_masked, claim.is_change) == (
        [("A1", 3), ("B3", 2)],
        "•••567",
        False,
    )
    assert (await pool(database, market), await pool(database, market, other)) == ((0, 3), (0, 2))

    ordered = await claiming.desk.confirm(the_host(market), market.session_id, claim.id, a_buyer())
    await says(database, market, claiming.later, "A1 x4", device_id=device_id)
    await claiming.reader.read_waiting()
    newest, first = await claims_of(claiming, market, device_id)

    assert (newest.state, newest.is_change, first.order_id) == ("held", True, ordered.order_id)
    rejected = await claiming.desk.reject(the_host(market), market.session_id, newest.id)
    assert (rejected.state, await pool(database, market)) == ("rejected", (3, 0))


async def test_time_gives_the_units_back_and_the_desk_can_hold_them_anew(database: Database, market: Market, claiming: Claiming) -> None:
    offer_id = await an_offer(database, market, total=2)
    device_id = await says(database, market, claiming.later, "A1 x2 0901234567")
    await claiming.reader.read_waiting()
    claim = await the_claim(claiming, market, device_id)
    assert await claiming.desk.settle_due() == 0

    await time_is_up(database, market)
    assert await claiming.desk.settle_due() == 1
    assert (await the_claim(claiming, market, device_id)).state == "expired"
    assert await offer(database, offer_id) == (2, 0)
    with pytest.raises(ClaimOver):
        await claiming.desk.confirm(the_host(market), market.session_id, claim.id, a_buyer())

    mended = await claiming.desk.mend(the_host(market), market.session_id, claim.id, [MendedLine(product_id=market.product_id, quantity=1)])
    assert (mended.state, mended.lines[0].quantity, await offer(database, offer_id)) == ("held", 1, (2, 1))
    assert await claiming.desk.reveal_phone(the_host(market), market.session_id, claim.id, "call") == "+84901234567"
    audits = await database.pool.fetch("SELECT action FROM audit_entries WHERE subject_id = $1 ORDER BY id", str(claim.id))
    assert [row["action"] for row in audits] == ["claim.mended", "claim.phone_read"]


async def test_sold_out_is_told_and_holds_nothing(database: Database, market: Market, claiming: Claiming) -> None:
    await an_offer(database, market, total=1)
    first = await says(database, market, claiming.later, "A1", ago_seconds=3)
    second = await says(database, market, claiming.later, "A1", ago_seconds=2)

    await claiming.reader.read_waiting()

    states = [(await the_claim(claiming, market, device)).state for device in (first, second)]
    assert states == ["held", "sold_out"]
    assert (await the_claim(claiming, market, second)).lines[0].outcome == "sold_out"


async def test_one_tap_is_enough_where_the_address_is_known(database: Database, market: Market, claiming: Claiming) -> None:
    await a_pool(database, market, units=10)
    device_id = await says(database, market, claiming.later, "A1")
    await claiming.reader.read_waiting()
    claim = await the_claim(claiming, market, device_id)
    host = the_host(market)
    with pytest.raises(ClaimNeedsReceiver):
        await claiming.desk.confirm(host, market.session_id, claim.id, None)
    await claiming.desk.confirm(host, market.session_id, claim.id, a_buyer("0901234567"))

    await says(database, market, claiming.later, "A1 x3", device_id=device_id)
    by_phone = await says(database, market, claiming.later, "A1 0901234567")
    await claiming.reader.read_waiting()
    held = {each.author: each for each in (await claiming.desk.list(host, market.session_id)).claims if each.state == "held"}
    listed = [each for each in (await claiming.desk.list(host, market.session_id)).claims if each.state == "held"]
    assert held
    assert [each.receiver is not None and each.receiver.name for each in listed] == ["N. T. L."] * 2
    ordered = await claiming.desk.confirm(host, market.session_id, (await the_claim(claiming, market, by_phone)).id, None)
    assert ordered.state == "ordered"


async def test_the_writer_orders_with_a_form_of_their_own_and_nobody_elses(database: Database, market: Market, claiming: Claiming) -> None:
    await a_pool(database, market, units=10)
    device_id = await says(database, market, claiming.later, "A1 x2")
    await claiming.reader.read_waiting()
    claim = await the_claim(claiming, market, device_id)

    with pytest.raises(ClaimNotFound):
        await claiming.desk.confirm_own(uuid4(), market.session_id, claim.id, a_buyer(), "cod")
    buyer = a_buyer()
    answers = [await claiming.desk.confirm_own(device_id, market.session_id, claim.id, buyer, "cod") for _ in range(2)]

    assert answers[0].order_id == answers[1].order_id is not None
    assert await pool(database, market) == (2, 0)


async def test_each_comment_is_read_once_by_two_workers(
    database: Database, market: Market, claiming: Claiming, redis: Any, redis_prefix: str
) -> None:
    await a_pool(database, market, units=100)
    devices = [await says(database, market, claiming.later, "A1") for _ in range(30)]

    claimed = await asyncio.gather(*(claiming.reader.read_waiting() for _ in range(4)))

    assert sum(claimed) == 30
    assert await pool(database, market) == (0, 30)
    assert [len(await claims_of(claiming, market, device)) for device in devices] == [1] * 30
    assert await database.pool.fetchval("SELECT count(*) FROM comments_to_read WHERE session_id = $1", market.session_id) == 0


async def test_an_order_whose_claim_was_not_told_is_found(database: Database, market: Market, claiming: Claiming) -> None:
    """The worker dies between the order's COMMIT and the claim's."""
    await a_pool(database, market, units=10)
    device_id = await says(database, market, claiming.later, "A1")
    await claiming.reader.read_waiting()
    claim = await the_claim(claiming, market, device_id)
    async with database.pool.acquire() as db:
        row = await claiming.desk._open_claim(db, market.session_id, claim.id)
    assert row is not None
    await claiming.desk._place(row, a_buyer(), "cod")
    assert (await the_claim(claiming, market, device_id)).state == "held"
    with pytest.raises(ClaimOver):
        await claiming.desk.reject(the_host(market), market.session_id, claim.id)

    assert await claiming.desk.settle_due() == 1

    settled = await the_claim(claiming, market, device_id)
    assert (settled.state, settled.order_code is not None, await pool(database, market)) == ("ordered", True, (1, 0))


async def test_rules_turn_it_off_and_say_how_long(database: Database, market: Market, claiming: Claiming) -> None:
    await a_pool(database, market, units=10)
    rules = RuleService(database, sessions=claiming.selling.sessions)
    host = the_host(market)
    await rules.set_for_session(host, market.session_id, CommentOrderRules(is_on=False))
    device_id = await says(database, market, claiming.later, "A1")
    assert (await claiming.reader.read_waiting(), await claims_of(claiming, market, device_id)) == (0, [])

    await rules.set_for_session(host, market.session_id, CommentOrderRules(hold_seconds=60))
    await says(database, market, claiming.later, "A1", device_id=device_id)
    await claiming.reader.read_waiting()

    held = await database.pool.fetchval("SELECT until_at - held_at FROM unit_holds WHERE session_id = $1", market.session_id)
    assert held == timedelta(seconds=60)


async def test_claims_of_an_ended_session_can_be_ordered_until_it_is_closed(database: Database, market: Market, claiming: Claiming) -> None:
    await a_pool(database, market, units=10)
    device_id = await says(database, market, claiming.later, "A1")
    await claiming.reader.read_waiting()
    await database.pool.execute(
        "UPDATE sessions SET state = 'ended', announced_state = 'ended', ended_at = now() WHERE id = $1", market.session_id
    )
    late = await says(database, market, claiming.later, "A1")
    assert await claiming.reader.read_waiting() == 0
    assert await claims_of(claiming, market, late) == []

    ordered = await claiming.desk.confirm(the_host(market), market.session_id, (await the_claim(claiming, market, device_id)).id, a_buyer())

    assert ordered.state == "ordered"


async def test_another_organisation_finds_no_claim(database: Database, market: Market, claiming: Claiming) -> None:
    await a_pool(database, market, units=10)
    device_id = await says(database, market, claiming.later, "A1")
    await claiming.reader.read_waiting()
    claim = await the_claim(claiming, market, device_id)
    stranger = the_host(await a_market(database))

    for use in (
        claiming.desk.confirm(stranger, market.session_id, claim.id, a_buyer()),
        claiming.desk.reject(stranger, market.session_id, claim.id),
        claiming.desk.reveal_phone(stranger, market.session_id, claim.id, "call"),
    ):
        with pytest.raises(AppError) as refused:
            await use
        assert refused.value.code == "session_not_found"
