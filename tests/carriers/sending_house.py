"""Parcels over HTTP on a running market: ordered, confirmed, packed; and what the ledger says of their orders."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx2

from app.accounts.service import CurrentUser
from app.infra.clock import utc_now
from tests.buyers import BUYER, a_viewer, an_offer, an_order, path_of
from tests.live.market import Market
from tests.people import a_user_of

_PACKED = "UPDATE parcels SET state = 'packed', packed_at = now() WHERE id = $1"


@dataclass(frozen=True)
class Parcel:
    """A packed parcel with one order, as its buyer was told of it."""

    parcel_id: str
    code: str
    receipt: dict[str, Any] = field(repr=False)

    @property
    def order_id(self) -> UUID:
        return UUID(self.receipt["order_id"])


@dataclass
class Dispatch:
    """Where parcels leave: the market, and a colleague of its order desk."""

    market: Market
    desk: CurrentUser
    cookies: dict[UUID, dict[str, str]] = field(default_factory=dict)

    async def parcels(self, count: int = 1, *, is_packed: bool = True, weighs: int | None = 500, **order: Any) -> list[Parcel]:
        """Each of another buyer, paid at the door unless said otherwise."""
        offer = await an_offer(self.market, total_quantity=50, per_viewer_limit=20)
        receipts = []
        for number in range(count):
            async with a_viewer(self.market) as viewer:
                buyer = (
                    BUYER
                    | {"phone": f"090{uuid4().int % 10**7:07d}", "name": f"Nguyễn Thị Lan {'ABCDEFGH'[number % 8]}"}
                    | order.pop("buyer", {})
                )
                answer = await viewer.post(path_of(self.market, "orders"), json=an_order(offer, 2, buyer=buyer, **order))
                assert answer.status_code == 201, answer.text
                receipts.append(answer.json())
        for receipt in receipts:
            await self.step(receipt, "confirmed")
        made = (await self.asks("POST", "parcels", {"groups": [[each["order_id"]] for each in receipts]}))["parcel_ids"]
        found = [(await self.asks("GET", f"parcels/{each}")) for each in made]
        if weighs is not None:
            for each in made:
                await self.market.stores.database.pool.execute("UPDATE parcels SET weight_grams = $2 WHERE id = $1", UUID(each), weighs)
        if is_packed:
            for each in made:
                await self.market.stores.database.pool.execute(_PACKED, UUID(each))
        return [Parcel(each["parcel_id"], each["code"], receipt) for each, receipt in zip(found, receipts, strict=True)]

    async def step(self, receipt: dict[str, Any], kind: str) -> None:
        async with self.market.browser(self.market.host) as host:
            answer = await host.post(path_of(self.market, "orders", receipt["order_id"], "steps"), json={"kind": kind})
        assert answer.status_code == 201, answer.text

    async def pays(self, parcel: Parcel) -> None:
        """By transfer, all that the order costs."""
        payment = {
            "order_id": str(parcel.order_id),
            "reference": f"FT{uuid4().hex[:12]}",
            "amount_vnd": parcel.receipt["total_vnd"],
            "received_at": utc_now().isoformat(),
        }
        async with self.market.browser(self.market.organiser) as organiser:
            answer = await organiser.post("/api/v1/payments", json=payment)
        assert answer.is_success, answer.text

    async def read(self, parcel: Parcel) -> Any:
        """As the page of parcels shows it."""
        return await self.asks("GET", f"parcels/{parcel.parcel_id}")

    async def sends(
        self, method: str, path: str, content: object = None, *, user: CurrentUser | None = None, **options: Any
    ) -> httpx2.Response:
        who = user or self.desk
        if who.id not in self.cookies:
            self.cookies[who.id] = await self.market.login_cookie(who)
        async with self.market.browser() as browser:
            browser.headers.update(self.cookies[who.id])
            if isinstance(content, bytes):
                options |= {"content": content, "headers": {"content-type": "application/octet-stream"}}
            elif content is not None:
                options["json"] = content
            return await browser.request(method, f"/api/v1/{path}", **options)

    async def asks(self, method: str, path: str, content: object = None, **options: Any) -> Any:
        """The answer's content; anything but success fails the test."""
        answer = await self.sends(method, path, content, **options)
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return answer.json()

    async def kinds(self, parcel: Parcel) -> list[str]:
        """What the ledger says of the order, in order."""
        rows = await self.market.stores.database.pool.fetch(
            "SELECT kind FROM ledger_entries WHERE order_id = $1 ORDER BY seq", parcel.order_id
        )
        return [row["kind"] for row in rows]

    async def row(self, parcel: Parcel) -> dict[str, Any]:
        found = await self.market.stores.database.pool.fetchrow("SELECT * FROM parcels WHERE id = $1", UUID(parcel.parcel_id))
        assert found is not None
        return dict(found)

    async def audited(self, action: str) -> list[dict[str, Any]]:
        rows = await self.market.stores.database.pool.fetch(
            "SELECT details FROM audit_entries WHERE action = $1 AND organisation_id = $2 ORDER BY id", action, self.desk.organisation_id
        )
        return [json.loads(row["details"]) for row in rows]


async def a_dispatch(market: Market) -> Dispatch:
    login = f"desk-{uuid4().hex[:10]}"
    desk = await a_user_of(market.node.accounts, market.organiser.organisation_id, login=login, name="Trần Bảo Lan", role="desk")
    return Dispatch(market, desk)
