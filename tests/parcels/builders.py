"""A packing table on a market: confirmed orders of people who live somewhere, and colleagues who pack them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from app.accounts.intentions import Intention
from app.accounts.service import CurrentUser
from app.fulfilment.sealed_rows import SealedRows
from app.fulfilment.transitions import Step, append_steps
from app.infra.database import Database
from app.infra.key_ring import KeyRing
from app.infra.redis_client import RedisClients
from app.orders.contacts import Contact, seal_contact
from app.orders.group_commit import PlacingQueues
from app.parcels.following import ParcelFollower
from app.parcels.listing import ParcelLists
from app.parcels.making import ParcelMaking
from app.parcels.packing import Packing
from app.parcels.reaching import ParcelReaches
from app.parcels.schemas import MadeParcels, NewParcels, ParcelScan, ParcelView
from tests.desk.builders import Node, a_colleague, a_node
from tests.orders.builders import ENVELOPES, PSEUDONYMS, Market, a_wanted_order, an_offer

ROWS = SealedRows(KeyRing("tests"))
_SEAL = "UPDATE order_contacts SET key_id = $2, wrapped_key = $3, sealed = $4, phone_digest = $5 WHERE order_id = $1"


@dataclass
class Table:
    """One node's parcels. `lan` and `minh` are two colleagues of the desk."""

    node: Node
    lan: CurrentUser
    minh: CurrentUser
    making: ParcelMaking
    lists: ParcelLists
    packing: Packing
    follower: ParcelFollower
    offers: list[UUID] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.node.database

    async def order(
        self,
        wanted: dict[UUID, int] | None = None,
        *,
        phone: str | None = None,
        street: str = "Thôn 3",
        note: str = "",
        confirmed: bool = True,
        market: Market | None = None,
        **wishes: Any,
    ) -> UUID:
        """An order, two units of one offer unless said otherwise, by somebody new unless a phone is given; the buyer has agreed."""
        at = market or self.node.market
        if wanted is None and "shelf" not in wishes:
            wanted = {await an_offer(self.database, at, total=50, limit=50): 2}
        phone = phone or f"+8491{uuid4().int % 10**7:07d}"
        placed = await self.node.queues.place(a_wanted_order(at, wanted or {}, phone=phone, **wishes))
        contact = Contact("Nguyễn Thị Lan", phone, 42, "Tỉnh Hà Tĩnh", 18133, "Xã Hương Sơn", street, note)
        sealed = seal_contact(ENVELOPES.new_key(), placed.order_id, contact)
        digest = PSEUDONYMS.phone_digest(phone)
        await self.database.pool.execute(_SEAL, placed.order_id, sealed.key_id, sealed.wrapped_key, sealed.sealed, digest)
        if confirmed:
            await self.step(placed.order_id, "confirmed")
        else:
            await self.node.follower.follow()
        return placed.order_id

    async def offer(self, units: int) -> UUID:
        """An open offer of the market of which one buyer may have so many units, and others as many."""
        return await an_offer(self.database, self.node.market, total=5 * units, limit=units)

    async def step(self, order_id: UUID, kind: Any, **more: Any) -> None:
        """A fact of the ledger, and the desk knows of it; parcels do not yet."""
        session_id = await self.node.session_of(order_id)
        async with self.database.pool.acquire() as db, db.transaction():
            result = await append_steps(db, session_id, [Step(order_id, kind, **more)], call_seconds=60)
        (answer,) = result.answers
        if isinstance(answer, Exception):
            raise answer
        await self.node.follower.follow()

    async def make(self, *groups: list[UUID], key: str | None = None, user: CurrentUser | None = None) -> MadeParcels:
        intention = None if key is None else Intention(key, b"make")
        return await self.making.make(user or self.lan, NewParcels(groups=list(groups)), intention)

    async def parcel(self, *order_ids: UUID) -> ParcelView:
        """One open parcel with these orders of one buyer."""
        (parcel_id,) = (await self.make(list(order_ids))).parcel_ids
        return await self.read(parcel_id)

    async def read(self, parcel_id: UUID) -> ParcelView:
        return await self.lists.read(self.lan, parcel_id)

    async def scan(self, parcel: ParcelView, *, user: CurrentUser | None = None, key: str | None = None, **scan: Any) -> ParcelView:
        wanted = ParcelScan.model_validate(scan or {"product_id": self.node.market.product_id})
        intention = None if key is None else Intention(key, repr(scan).encode())
        return await self.packing.scan(user or self.lan, parcel.parcel_id, wanted, intention)

    async def audited(self, action: str) -> int:
        found: int = await self.database.pool.fetchval("SELECT count(*) FROM audit_entries WHERE action = $1", action)
        return found


async def a_table(database: Database, redis: RedisClients, prefix: str, market: Market, queues: PlacingQueues) -> Table:
    reaches = ParcelReaches(database)
    making = ParcelMaking(database, ROWS)
    return Table(
        node=a_node(database, redis, prefix, market, queues),
        lan=await a_colleague(database, market, "Lan"),
        minh=await a_colleague(database, market, "Minh"),
        making=making,
        lists=ParcelLists(database, rows=ROWS, reaches=reaches, making=making),
        packing=Packing(database, rows=ROWS, reaches=reaches),
        follower=ParcelFollower(database, ROWS),
    )
