"""Lines of a bank: each pays its order once, however often and by whichever way we hear of it; whatever does not fit waits for a person."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.fulfilment.bank_lines import BankLine, BankLines, BookedLine
from app.fulfilment.memos import memo_of
from app.fulfilment.money_seals import MoneySeals, reseal_money, sealed_money
from app.fulfilment.payments import ReceivedPayment, SealedWords, book_payment
from app.fulfilment.persons import Retention
from app.fulfilment.transitions import Step, append_steps
from app.infra.clock import utc_now
from app.infra.database import Database, open_database
from app.infra.key_ring import KeyRing
from app.infra.redis_client import RedisClients
from app.infra.sealing import SealUnreadable
from app.ledger.projector import Projector
from app.metrics.service import MetricsService
from app.orders.group_commit import PlacingQueues
from app.protocol.server_events import OrderReceipt
from app.settings import DatabaseSettings
from tests.orders.builders import Market, a_market, a_wanted_order, an_offer

SEEDS = (11, 12, 13)
TELLINGS = 24


def a_node(database: Database, redis: RedisClients, prefix: str) -> BankLines:
    """What books lines on one worker; its projector is never started: no test here asks for figures."""
    projector = Projector(database, MetricsService(database, redis, prefix))
    return BankLines(database, projector=projector, seals=MoneySeals(KeyRing("tests")), call_seconds=120)


@pytest.fixture
def lines(database: Database, redis: RedisClients, redis_prefix: str) -> BankLines:
    return a_node(database, redis, redis_prefix)


async def ordered(database: Database, market: Market, queues: PlacingQueues, payment: str = "transfer") -> OrderReceipt:
    offer_id = await an_offer(database, market, total=50, limit=5)
    return await queues.place(a_wanted_order(market, {offer_id: 1}, payment=payment))


def told(receipt: OrderReceipt, **changes: Any) -> BankLine:
    """What SePay says of the right transfer for an order."""
    line = BankLine(
        "sepay", receipt.total_vnd, utc_now(), f"CT DEN:123 {memo_of(receipt.order_code)} NGUYEN THI LAN", "FT26327000123", "92704"
    )
    return replace(line, **changes)


async def kinds(database: Database, receipt: OrderReceipt) -> list[str]:
    rows = await database.pool.fetch("SELECT kind FROM ledger_entries WHERE order_id = $1 ORDER BY seq", receipt.order_id)
    return [row["kind"] for row in rows]


async def matters(database: Database) -> list[str | None]:
    return [row["matter"] for row in await database.pool.fetch("SELECT matter FROM payments ORDER BY booked_at, id")]


def fates(booked: list[BookedLine]) -> Counter[str]:
    return Counter(each.fate for each in booked)


@pytest.mark.parametrize(
    ("changes", "fate", "matter", "course"),
    [
        ({}, "paid", [None], ["placed", "paid"]),
        ({"amount_vnd": 1}, "waits", ["under"], ["placed"]),
        ({"amount_vnd": 10**12}, "waits", ["over"], ["placed", "paid"]),
        ({"words": "chuyen tien"}, "waits", ["unmatched"], ["placed"]),
        ({"amount_vnd": -5}, "outgoing", [], ["placed"]),
        ({"amount_vnd": 0}, "outgoing", [], ["placed"]),
    ],
)
async def test_a_line_pays_its_order_or_waits_with_the_reason(
    database: Database,
    market: Market,
    queues: PlacingQueues,
    lines: BankLines,
    changes: dict[str, Any],
    fate: str,
    matter: list[str | None],
    course: list[str],
) -> None:
    receipt = await ordered(database, market, queues)

    booked = await lines.book(market.organisation_id, told(receipt, **changes))

    assert booked.fate == fate
    assert await matters(database) == matter
    assert await kinds(database, receipt) == course


async def test_money_for_an_order_that_is_over_is_late_and_for_a_paid_one_repeated(
    database: Database, market: Market, queues: PlacingQueues, lines: BankLines
) -> None:
    over, paid = await ordered(database, market, queues), await ordered(database, market, queues)
    async with database.pool.acquire() as db, db.transaction():
        await append_steps(db, market.session_id, [Step(over.order_id, "expired", "hold_over")], call_seconds=120)
    await lines.book(market.organisation_id, told(paid, provider_id="1", reference="A"))

    late = await lines.book(market.organisation_id, told(over, provider_id="2", reference="B"))
    repeated = await lines.book(market.organisation_id, told(paid, provider_id="3", reference="C"))

    assert [each.payment and each.payment.matter for each in (late, repeated)] == ["late", "repeated"]
    assert await kinds(database, over) == ["placed", "expired"]
    assert await kinds(database, paid) == ["placed", "paid"]


async def test_another_organisations_order_is_none_of_ours(
    database: Database, market: Market, queues: PlacingQueues, lines: BankLines
) -> None:
    receipt = await ordered(database, market, queues)
    other = await a_market(database)

    booked = await lines.book(other.organisation_id, told(receipt))

    assert booked.payment is not None
    assert (booked.payment.matter, booked.payment.order_id) == ("unmatched", None)
    assert await kinds(database, receipt) == ["placed"]


async def test_a_code_without_its_mark_counts_for_the_very_amount_alone(
    database: Database, market: Market, queues: PlacingQueues, lines: BankLines
) -> None:
    receipt = await ordered(database, market, queues)
    bare = f"tra don {receipt.order_code.lower()}"

    other = await lines.book(
        market.organisation_id, told(receipt, words=bare, amount_vnd=receipt.total_vnd + 1, reference="A", provider_id="1")
    )
    right = await lines.book(market.organisation_id, told(receipt, words=bare, reference="B", provider_id="2"))

    assert (other.payment and other.payment.matter, right.fate) == ("unmatched", "paid")


async def test_words_that_name_two_orders_are_for_a_person(
    database: Database, market: Market, queues: PlacingQueues, lines: BankLines
) -> None:
    one, two = await ordered(database, market, queues), await ordered(database, market, queues)
    words = f"{memo_of(one.order_code)} va {memo_of(two.order_code)}"

    booked = await lines.book(market.organisation_id, told(one, words=words, amount_vnd=one.total_vnd + two.total_vnd))

    assert booked.payment is not None
    assert booked.payment.matter == "unmatched"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # The same notice again; under another id, as some banks are read twice; in the statement with its reference in another spelling.
        ({}, {}),
        ({}, {"provider_id": "92705"}),
        ({}, {"source": "statement", "reference": " ft26327000123 ", "provider_id": ""}),
        # A reference of another kind: known by order, amount and time; and the statement first.
        ({}, {"source": "statement", "reference": "5078 - 12345", "provider_id": "", "received_at": utc_now() - timedelta(days=1)}),
        ({"source": "statement", "reference": "SAOKE-1", "provider_id": ""}, {}),
        ({}, {"source": "casso", "reference": "TF1", "provider_id": "1"}),
    ],
)
async def test_one_transfer_is_booked_once_by_whichever_ways_we_hear_of_it(
    database: Database, market: Market, queues: PlacingQueues, lines: BankLines, first: dict[str, Any], second: dict[str, Any]
) -> None:
    receipt = await ordered(database, market, queues)

    booked = [await lines.book(market.organisation_id, told(receipt, **each)) for each in (first, second, second)]

    assert [each.fate for each in booked] == ["paid", "known", "known"]
    assert await matters(database) == [None]
    assert await kinds(database, receipt) == ["placed", "paid"]


async def test_two_transfers_of_the_same_sum_are_two_by_both_ways(
    database: Database, market: Market, queues: PlacingQueues, lines: BankLines
) -> None:
    receipt = await ordered(database, market, queues)
    notices = [told(receipt, provider_id=str(number), reference=f"FT{number}") for number in range(2)]
    statement = [told(receipt, source="statement", provider_id="", reference=f"5078-{number}") for number in range(3)]

    booked = [await lines.book(market.organisation_id, each) for each in (*notices, *statement)]

    assert [each.fate for each in booked] == ["paid", "waits", "known", "known", "waits"]
    assert await matters(database) == [None, "repeated", "repeated"]


async def test_a_reference_that_a_bank_gives_two_amounts_means_two_transfers(
    database: Database, market: Market, queues: PlacingQueues, lines: BankLines
) -> None:
    one, two = await ordered(database, market, queues), await ordered(database, market, queues)

    first = await lines.book(market.organisation_id, told(one, provider_id="1"))
    second = await lines.book(market.organisation_id, told(two, provider_id="2", amount_vnd=two.total_vnd + 5))
    again = await lines.book(market.organisation_id, told(two, source="statement", provider_id="", amount_vnd=two.total_vnd + 5))

    assert [each.fate for each in (first, second, again)] == ["paid", "waits", "known"]


async def test_what_was_typed_in_by_hand_is_known_when_the_notice_comes(
    database: Database, market: Market, queues: PlacingQueues, lines: BankLines
) -> None:
    receipt = await ordered(database, market, queues)
    typed = ReceivedPayment(market.organisation_id, receipt.order_id, "ft26327 000123", receipt.total_vnd, utc_now())
    async with database.pool.acquire() as db, db.transaction():
        await book_payment(db, typed, call_seconds=120)

    assert (await lines.book(market.organisation_id, told(receipt))).fate == "known"


async def test_a_banks_words_are_kept_sealed_while_a_person_must_look_and_not_otherwise(
    database: Database, market: Market, queues: PlacingQueues, lines: BankLines
) -> None:
    receipt = await ordered(database, market, queues)
    await lines.book(market.organisation_id, told(receipt))
    waits = await lines.book(market.organisation_id, told(receipt, words="NGUYEN THI LAN chuyen", reference="B", provider_id="2"))

    rows = {row["id"]: row for row in await database.pool.fetch("SELECT id, key_id, sealed_words FROM payments")}
    assert waits.payment is not None
    kept = rows.pop(waits.payment.payment_id)
    seals = MoneySeals(KeyRing("another", former=["tests"]))
    assert [row["sealed_words"] for row in rows.values()] == [None]
    assert b"LAN" not in kept["sealed_words"]
    assert seals.open(SealedWords(kept["key_id"], kept["sealed_words"]), kept["id"]) == "NGUYEN THI LAN chuyen"
    with pytest.raises(SealUnreadable):
        seals.open(SealedWords(kept["key_id"], kept["sealed_words"]), UUID(int=1))
    with pytest.raises(SealUnreadable):
        MoneySeals(KeyRing("elsewhere")).open(SealedWords(kept["key_id"], kept["sealed_words"]), kept["id"])


async def test_what_an_older_secret_seals_is_sealed_anew_and_old_words_are_forgotten(
    database: Database, market: Market, lines: BankLines
) -> None:
    line = BankLine("sepay", 5_000, utc_now(), "NGUYEN THI LAN", "A", "1")
    booked = await lines.book(market.organisation_id, line)
    newer = KeyRing("newer", former=["tests"])
    async with database.pool.acquire() as db:
        before = await sealed_money(db, KeyRing("tests").current.key_id)
        done = [await reseal_money(db, newer) for _ in range(2)]
        left = await sealed_money(db, KeyRing("tests").current.key_id)
        row = await db.fetchrow("SELECT id, key_id, sealed_words FROM payments")
        await db.execute("UPDATE payments SET booked_at = booked_at - interval '400 days'")

    await Retention(database, contact_days=365).erase_due()

    assert booked.payment is not None
    assert (before, done, left) == (1, [1, 0], 0)
    assert row is not None
    assert MoneySeals(KeyRing("newer")).open(SealedWords(row["key_id"], row["sealed_words"]), row["id"]) == "NGUYEN THI LAN"
    assert await database.pool.fetchval("SELECT sealed_words FROM payments") is None


async def _told_at_once(
    database: Database, url: str, redis: RedisClients, prefix: str, market: Market, tellings: list[BankLine]
) -> list[BookedLine]:
    """The same transfers told to two workers at the same time."""
    async with open_database(url, DatabaseSettings()) as elsewhere:
        nodes = [a_node(database, redis, prefix), a_node(elsewhere, redis, prefix)]
        return list(await asyncio.gather(*(nodes[at % 2].book(market.organisation_id, line) for at, line in enumerate(tellings))))


@pytest.mark.parametrize("seed", SEEDS)
async def test_tellings_of_one_transfer_at_once_on_two_workers_are_one_payment(
    database: Database,
    postgres_url: str,
    market: Market,
    queues: PlacingQueues,
    redis: RedisClients,
    redis_prefix: str,
    seed: int,
) -> None:
    receipt = await ordered(database, market, queues)
    lost = told(receipt, words="khong ro", reference="FT-LOST", provider_id="777")
    ways = [told(receipt), told(receipt, source="statement", reference="5078", provider_id=""), lost]
    tellings = ways * (TELLINGS // len(ways))
    random.Random(seed).shuffle(tellings)  # noqa: S311 - to be repeated

    booked = await _told_at_once(database, postgres_url, redis, redis_prefix, market, tellings)

    assert fates(booked) == {"paid": 1, "waits": 1, "known": TELLINGS - 2}
    assert await kinds(database, receipt) == ["placed", "paid"]
    assert Counter(await matters(database)) == {None: 1, "unmatched": 1}


async def test_without_the_unique_indexes_one_transfer_becomes_several(
    database: Database, postgres_url: str, market: Market, queues: PlacingQueues, redis: RedisClients, redis_prefix: str
) -> None:
    """The control: the race above can go wrong."""
    receipt = await ordered(database, market, queues)
    await database.pool.execute("ALTER TABLE payments DROP CONSTRAINT uq_payments_reference")
    await database.pool.execute("DROP INDEX uq_payments_provider_id")
    waiting = 0
    # Whether two meet is the machine's doing: on a busy one it takes another round.
    for turn in range(10):
        lost = told(receipt, words="khong ro", reference=f"FT-LOST{turn}", provider_id=f"777{turn}")
        waiting = max(waiting, fates(await _told_at_once(database, postgres_url, redis, redis_prefix, market, [lost] * TELLINGS))["waits"])
        if waiting > 1:
            break

    assert waiting > 1
