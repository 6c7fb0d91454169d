"""Replacing the secret: everything is rewrapped while orders go on, it can be stopped and run again, and the old one can be forgotten."""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import pyotp
import pytest

from app.accounts.second_factor import SecondFactors
from app.fulfilment.buyer_queries import order_page
from app.fulfilment.persons import Persons
from app.fulfilment.sealed_rows import SealedRows
from app.fulfilment.working_days import Promise
from app.infra.database import Database
from app.infra.key_ring import KeyRing
from app.infra.sealing import Envelopes
from app.installation import rotation as module
from app.installation.rotation import KeyRotation
from app.orders.group_commit import PlacingQueues
from app.reports.errors import SigningKeyUnreadable
from app.reports.signing import Signer
from tests.orders.builders import Market, a_wanted_order, an_offer
from tests.orders.conftest import market, queues, write

__all__ = ["market", "queues", "write"]

# The builders' orders are wrapped with "tests".
OLD, BOTH, NEW = KeyRing("tests"), KeyRing("new", former=["tests"]), KeyRing("new")
PHONE = "+84912345678"


async def place_some(database: Database, market: Market, queues: PlacingQueues, count: int) -> list[UUID]:
    offer_id = await an_offer(database, market, total=1_000, limit=1_000)
    receipts = await asyncio.gather(*(queues.place(a_wanted_order(market, {offer_id: 1}, phone=PHONE)) for _ in range(count)))
    return [receipt.order_id for receipt in receipts]


async def test_all_is_under_the_new_secret_and_the_old_one_is_not_needed_any_more(
    database: Database, market: Market, queues: PlacingQueues, postgres_url: str
) -> None:
    order_ids = await place_some(database, market, queues, 30)
    db = await asyncpg.connect(postgres_url)
    public_key = await Signer(OLD).public_key(db, market.organisation_id)
    rotation = KeyRotation(db, BOTH)
    assert "30 orders" in str(await rotation.needs(OLD.current.key_id))

    seen = [progress.done async for progress in rotation.rewrap()]
    assert "signing key" in str(await rotation.needs(OLD.current.key_id))
    resealed = await rotation.reseal()

    assert (seen[-1], resealed) == (30, 1)
    assert await rotation.in_use() == {NEW.current.key_id: 30}
    assert await rotation.needs(OLD.current.key_id) is None
    page = await order_page(db, Envelopes(NEW), order_ids[0])
    assert page.receiver.phone == PHONE
    assert len((await Persons(database, SealedRows(NEW), promise=Promise(2)).copy_of_phone(PHONE)).orders) == 30
    assert (await Signer(NEW).sign(db, market.organisation_id, "text")).public_key == public_key
    with pytest.raises(SigningKeyUnreadable):
        await Signer(OLD).sign(db, market.organisation_id, "text")
    await db.close()


async def test_it_goes_on_where_it_was_stopped_and_a_second_run_does_nothing(
    database: Database, market: Market, queues: PlacingQueues, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place_some(database, market, queues, 25)
    monkeypatch.setattr(module, "AT_ONCE", 10)
    db = await asyncpg.connect(postgres_url)
    async for progress in KeyRotation(db, BOTH).rewrap():
        if progress.done == 10:
            break

    rest = [progress.done async for progress in KeyRotation(db, BOTH).rewrap()]
    again = [progress.done async for progress in KeyRotation(db, BOTH).rewrap()]

    assert (rest, again) == ([10, 15], [])
    assert await KeyRotation(db, BOTH).in_use() == {NEW.current.key_id: 25}
    await db.close()


async def test_orders_that_come_in_meanwhile_and_rows_of_an_unknown_secret_are_left_whole(
    database: Database, market: Market, queues: PlacingQueues, postgres_url: str
) -> None:
    await place_some(database, market, queues, 5)
    foreign = Envelopes(KeyRing("of another machine")).new_key().wrapped
    await database.pool.execute(
        "UPDATE order_contacts SET key_id = $1, wrapped_key = $2 WHERE order_id = (SELECT min(order_id::text)::uuid FROM order_contacts)",
        foreign.key_id,
        foreign.wrapped,
    )
    db = await asyncpg.connect(postgres_url)
    seen: list[tuple[int, int]] = []
    async for progress in KeyRotation(db, BOTH).rewrap():
        if not seen:
            await place_some(database, market, queues, 2)
        seen.append((progress.done, progress.unreadable))

    assert seen[0] == (4, 1)
    in_use = await KeyRotation(db, BOTH).in_use()
    assert (in_use[foreign.key_id], in_use.total()) == (1, 7)
    async for _ in KeyRotation(db, BOTH).rewrap():
        pass
    assert await KeyRotation(db, BOTH).in_use() == {NEW.current.key_id: 6, foreign.key_id: 1}
    await db.close()


async def test_a_second_factor_outlives_the_secret_it_was_sealed_with(database: Database, market: Market, postgres_url: str) -> None:
    async with database.transactions.begin() as session:
        enrolment = await SecondFactors(OLD).begin(session, market.user_id, "lan")
    db = await asyncpg.connect(postgres_url)
    rotation = KeyRotation(db, BOTH)
    assert "second factor" in str(await rotation.needs(OLD.current.key_id))

    await rotation.reseal()

    assert await rotation.needs(OLD.current.key_id) is None
    await db.close()
    async with database.transactions.begin() as session:
        await SecondFactors(NEW).confirm(session, market.user_id, pyotp.TOTP(enrolment.secret).now())
