"""Finds orders at the desk: by code or id, by phone number, by name, by product.

Codes and phones (by keyed digest) have an index. Names are sealed and have none on purpose: the newest contacts of each queue are opened and
compared, and the answer says how many. What is opened leaves this process only as the masked rows of a list.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from uuid import UUID

import asyncpg

from app.accounts.audit import insert_audit
from app.accounts.service import CurrentUser
from app.catalog.place_names import folded
from app.desk.queues import QUEUES
from app.desk.reading import Scope, queued_orders
from app.desk.refreshing import begin
from app.desk.schemas import FoundOrders
from app.desk.work import DeskWork
from app.fulfilment.sealed_rows import SealedRows
from app.infra.database import Database, RawConnection
from app.orders.contacts import CONTACT_COLUMNS, contact_of, normalise_phone
from app.orders.errors import InvalidPhone
from app.protocol.order_codes import read_order_code

FOUND_MOST = 50
# Newest orders of each queue whose names are opened; a contact takes some 20 µs.
NAMES_PER_QUEUE = 400
_OPENED_AT_ONCE = 100

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_BY_CODE = "SELECT o.id FROM orders o WHERE o.code = $1"
_BY_PHONE = """
SELECT c.order_id AS id FROM order_contacts c JOIN orders o ON o.id = c.order_id JOIN sessions s ON s.id = o.session_id
WHERE c.phone_digest = ANY($1::bytea[]) AND s.organisation_id = $2 ORDER BY o.placed_at DESC LIMIT $3
"""
_IN_SCOPE = "SELECT d.order_id FROM desk_orders d WHERE {scope} AND d.order_id = ANY($3::uuid[])"
_NEWEST = """
SELECT n.order_id FROM unnest($3::text[]) AS q(queue) CROSS JOIN LATERAL (
  SELECT d.order_id, d.ready_at FROM desk_orders d WHERE {scope} AND d.queue = q.queue ORDER BY d.ready_at DESC LIMIT $4
) AS n ORDER BY n.ready_at DESC
"""
_CONTACTS = f"SELECT {CONTACT_COLUMNS} FROM order_contacts c WHERE c.order_id = ANY($1::uuid[])"  # noqa: S608 - names of our own columns
_PRODUCTS = "SELECT id, name FROM products WHERE organisation_id = $1"
_WITH_PRODUCTS = """
SELECT DISTINCT l.order_id FROM order_lines l LEFT JOIN offers f ON f.id = l.offer_id
WHERE l.order_id = ANY($1::uuid[]) AND coalesce(l.product_id, f.product_id) = ANY($2::uuid[])
"""


class DeskSearch:
    """Reads; that somebody searched among names is written down, without what for."""

    def __init__(self, database: Database, work: DeskWork, rows: SealedRows) -> None:
        self._database = database
        self._work = work
        self._rows = rows

    async def search(self, user: CurrentUser, text: str, session_id: UUID | None) -> FoundOrders:
        """What of the colleague's reach fits the text; the first way that finds something counts. Raises those of access."""
        scope = await self._work.scope(user, session_id)
        async with self._database.pool.acquire() as db:
            for ids in (await self._by_code(db, text), await self._by_phone(db, user, text)):
                # the follower may not have seen them yet
                await begin(db, ids)
                if found := await self._in_scope(db, scope, ids):
                    return FoundOrders(orders=await queued_orders(db, self._rows.envelopes, found), names_searched=0)
            if len(words := folded(text)) < 2 or words.replace(" ", "").isdigit():
                return FoundOrders(orders=[], names_searched=0)
            newest = [row["order_id"] for row in await db.fetch(scope.sql(_NEWEST), *scope.parameters, list(QUEUES), NAMES_PER_QUEUE)]
            await insert_audit(db, organisation_id=user.organisation_id, user_id=user.id, action="desk.names_searched")
            contacts = {row["order_id"]: row for row in await db.fetch(_CONTACTS, newest)}
            with_products = await self._with_products(db, user, words, newest)
        # no connection is held while names are opened
        named = await self._named(words, newest, contacts)
        found = [order_id for order_id in newest if order_id in named or order_id in with_products][:FOUND_MOST]
        async with self._database.pool.acquire() as db:
            return FoundOrders(orders=await queued_orders(db, self._rows.envelopes, found), names_searched=len(newest))

    @staticmethod
    async def _by_code(db: RawConnection, text: str) -> list[UUID]:
        if _ID.fullmatch(text):
            return [UUID(text)]
        code = read_order_code(text)
        return [] if code is None else [row["id"] for row in await db.fetch(_BY_CODE, code)]

    async def _by_phone(self, db: RawConnection, user: CurrentUser, text: str) -> list[UUID]:
        try:
            phone = normalise_phone(text)
        except InvalidPhone:
            return []
        digests = [self._rows.pseudonyms.phone_digest(phone), *self._rows.pseudonyms.other_phone_digests(phone)]
        return [row["id"] for row in await db.fetch(_BY_PHONE, digests, user.organisation_id, FOUND_MOST)]

    @staticmethod
    async def _in_scope(db: RawConnection, scope: Scope, order_ids: Sequence[UUID]) -> list[UUID]:
        if not order_ids:
            return []
        within = {row["order_id"] for row in await db.fetch(scope.sql(_IN_SCOPE), *scope.parameters, order_ids)}
        return [order_id for order_id in order_ids if order_id in within]

    async def _named(self, words: str, newest: Sequence[UUID], contacts: dict[UUID, asyncpg.Record]) -> set[UUID]:
        wanted, named = words.split(), set[UUID]()
        for place, order_id in enumerate(newest):
            if place % _OPENED_AT_ONCE == 0:
                # others of this worker have their turn
                await asyncio.sleep(0)
            row = contacts.get(order_id)
            contact = None if row is None else contact_of(self._rows.envelopes, row)
            if contact is not None and fits(wanted, contact.name):
                named.add(order_id)
        return named

    @staticmethod
    async def _with_products(db: RawConnection, user: CurrentUser, words: str, newest: Sequence[UUID]) -> set[UUID]:
        wanted = words.split()
        products = [row["id"] for row in await db.fetch(_PRODUCTS, user.organisation_id) if fits(wanted, row["name"])]
        rows = await db.fetch(_WITH_PRODUCTS, newest, products) if products else []
        return {row["order_id"] for row in rows}


def fits(wanted: Sequence[str], name: str) -> bool:
    """Whether every word that was typed, with or without marks, begins a word of the name."""
    parts = folded(name).split()
    return all(any(part.startswith(word) for part in parts) for word in wanted)
