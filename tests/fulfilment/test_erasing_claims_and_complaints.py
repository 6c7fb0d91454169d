"""Whoever is forgotten is forgotten in comments that asked for goods and in complaints about sessions, too: by number, by device, by order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from app.fulfilment.persons import Persons
from app.fulfilment.sealed_rows import SealedRows
from app.fulfilment.session_complaints import seal_contact_line
from app.fulfilment.working_days import Promise
from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.key_ring import KeyRing
from app.infra.redis_client import RedisClients
from app.orders.contacts import seal_words
from tests.comment_orders.claiming import Claiming, a_buyer, claiming_services, says, the_host
from tests.orders.builders import Market, a_pool

RING = KeyRing("tests")
PHONE, SPELT = "+84912345678", "0912 345 678"
_COMPLAINT = """
INSERT INTO session_complaints (id, session_id, device_id, client_key, kind, key_id, wrapped_key, sealed_words, sealed_contact, made_at)
VALUES ($1, $2, $3, $4, 'insult', $5, $6, $7, $8, $9)
"""
_KNOWN_CLAIMS = "SELECT device_id FROM comment_claims WHERE num_nonnulls(sealed, key_id, wrapped_key, phone_digest, phone_masked) > 0"
_KNOWN_COMPLAINTS = "SELECT id FROM session_complaints WHERE num_nonnulls(sealed_words, sealed_contact, sealed_answer, wrapped_key) > 0"


@pytest.fixture
async def claiming(database: Database, redis: RedisClients, redis_prefix: str) -> AsyncIterator[Claiming]:
    made = claiming_services(database, redis, redis_prefix)
    yield made
    await made.selling.placing.close()


@pytest.fixture
def persons(database: Database) -> Persons:
    return Persons(database, SealedRows(RING), promise=Promise(2))


async def complains(database: Database, market: Market, device_id: UUID, words: str, contact: str) -> UUID:
    """A complaint about the market's session as the service stores it."""
    complaint_id, key = uuid4(), SealedRows(RING).envelopes.new_key()
    sealed = (seal_words(key, complaint_id, words), seal_contact_line(key, complaint_id, contact) if contact else None)
    stored = (key.wrapped.key_id, key.wrapped.wrapped, *sealed, utc_now())
    await database.pool.execute(_COMPLAINT, complaint_id, market.session_id, device_id, uuid4(), *stored)
    return complaint_id


async def known(database: Database, query: str) -> set[UUID]:
    return {row[0] for row in await database.pool.fetch(query)}


@pytest.mark.parametrize("contact", [SPELT, "+84 912-345-678", "Zalo 0912.345.678 gặp Lan"])
async def test_a_number_reaches_complaints_that_left_it_as_the_way_to_answer(
    database: Database, market: Market, persons: Persons, contact: str
) -> None:
    mine = await complains(database, market, uuid4(), "Bị chửi trong phiên", contact)
    others = await complains(database, market, uuid4(), f"Số {SPELT} bán hàng giả", "0987654321")
    silent = await complains(database, market, uuid4(), "Bị chửi", "")

    copy = await persons.copy_of_phone(PHONE)
    erasure = await persons.erase_phone(PHONE)
    again = await persons.erase_phone(PHONE)

    assert [(each.complaint_id, each.words, each.contact) for each in copy.session_complaints] == [(mine, "Bị chửi trong phiên", contact)]
    assert (erasure.session_complaints, again.session_complaints) == (1, 0)
    assert await known(database, _KNOWN_COMPLAINTS) == {others, silent}
    assert (await persons.copy_of_phone(PHONE)).session_complaints == []
    trail = await database.pool.fetch(
        "SELECT action, details->>'session_complaints' AS many FROM audit_entries WHERE action LIKE 'person.%ed'"
    )
    assert [tuple(row) for row in trail] == [("person.complaints_erased", "1")]


async def test_more_complaints_than_are_looked_at_once_are_all_reached(
    database: Database, market: Market, persons: Persons, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.fulfilment.session_complaints.LOOKED_AT_ONCE", 2)
    for number in range(5):
        await complains(database, market, uuid4(), f"Lần {number}", SPELT)

    assert (await persons.erase_phone(PHONE)).session_complaints == 5
    assert await known(database, _KNOWN_COMPLAINTS) == set()


async def test_a_number_reaches_claims_whatever_became_of_them_and_comments_that_wait(
    database: Database, market: Market, claiming: Claiming, persons: Persons
) -> None:
    await a_pool(database, market, units=10)
    held = await says(database, market, claiming.later, f"A1 x1 {SPELT}", ago_seconds=4)
    ordered = await says(database, market, claiming.later, f"A1 x2 {SPELT}", ago_seconds=3)
    stranger = await says(database, market, claiming.later, "A1 x1 0987654321", ago_seconds=2)
    assert await claiming.reader.read_waiting() == 3
    (claim,) = (await claiming.desk.own(ordered, market.session_id)).claims
    await claiming.desk.confirm(the_host(market), market.session_id, claim.id, a_buyer())
    await says(database, market, claiming.later, f"A1 x3 {SPELT}")
    await says(database, market, claiming.later, "A1 x1 0987654321")

    copy = await persons.copy_of_phone(PHONE)
    erasure = await persons.erase_phone(PHONE)

    assert {each.state: each.phone for each in copy.claims} == {"held": PHONE, "ordered": "•••678", "unread": "0912345678"}
    assert (erasure.claims, (await persons.erase_phone(PHONE)).claims) == (3, 0)
    assert await known(database, _KNOWN_CLAIMS) == {stranger}
    assert await database.pool.fetchval("SELECT count(*) FROM comments_to_read") == 1
    assert held in await known(database, "SELECT device_id FROM comment_claims WHERE state = 'held'")  # its units stay set aside
    assert (await persons.copy_of_phone(PHONE)).claims == []


async def test_a_device_reaches_its_own_claims_comments_and_complaints_and_no_others(
    database: Database, market: Market, claiming: Claiming, persons: Persons
) -> None:
    await a_pool(database, market, units=10)
    mine = await says(database, market, claiming.later, f"A1 x1 {SPELT}", ago_seconds=3)
    other = await says(database, market, claiming.later, "A1 x1 0987654321", ago_seconds=2)
    await claiming.reader.read_waiting()
    await says(database, market, claiming.later, f"A1 x4 {SPELT}", device_id=mine)
    await complains(database, market, mine, "Bị chửi", "Lan, xã Hương Sơn")
    left = await complains(database, market, other, "Bị chửi", SPELT)

    copy = await persons.copy_of_device(mine)
    erasure = await persons.erase_device(mine)

    assert [each.state for each in copy.claims] == ["held", "unread"]
    assert [each.contact for each in copy.session_complaints] == ["Lan, xã Hương Sơn"]
    assert (erasure.claims, erasure.session_complaints) == (2, 1)
    assert await known(database, _KNOWN_CLAIMS) == {other}
    assert await known(database, _KNOWN_COMPLAINTS) == {left}


async def test_the_page_of_an_order_reaches_the_claim_that_it_came_from(
    database: Database, market: Market, claiming: Claiming, persons: Persons
) -> None:
    await a_pool(database, market, units=10)
    device_id = await says(database, market, claiming.later, f"A1 x1 {SPELT}")
    await claiming.reader.read_waiting()
    (claim,) = (await claiming.desk.own(device_id, market.session_id)).claims
    order_id = (await claiming.desk.confirm(the_host(market), market.session_id, claim.id, a_buyer())).order_id
    assert order_id is not None

    async with database.pool.acquire() as db, db.transaction():
        copy, erasure = await persons.copy_of_order(db, order_id), await persons.erase_order(db, order_id)

    assert [each.phone for each in copy.claims] == ["•••678"]
    assert erasure.claims == 1
    assert await known(database, _KNOWN_CLAIMS) == set()


async def test_a_number_is_forgotten_a_week_after_its_claim_became_an_order_too(
    database: Database, market: Market, claiming: Claiming
) -> None:
    await a_pool(database, market, units=10)
    device_id = await says(database, market, claiming.later, f"A1 x1 {SPELT}")
    await claiming.reader.read_waiting()
    (claim,) = (await claiming.desk.own(device_id, market.session_id)).claims
    await claiming.desk.confirm(the_host(market), market.session_id, claim.id, a_buyer())
    await claiming.desk.forget_phones()
    assert await known(database, _KNOWN_CLAIMS) == {device_id}

    await database.pool.execute("UPDATE comment_claims SET said_at = now() - interval '8 days'")
    await claiming.desk.forget_phones()

    assert await known(database, _KNOWN_CLAIMS) == set()
