"""A sale to ask absurd things of: right ids for every operation, people who ask, and what must be readable whatever was asked."""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx2
from PIL import Image

from app.accounts.access import LOGIN_COOKIE
from tests.absurd.carriers import carrier_body, carrier_ids, ids_of_carriers
from tests.absurd.needing_more import needs_closed_session
from tests.absurd.operations import Operation, operations_of
from tests.absurd.parcels import a_parcel, parcel_body, parcel_ids
from tests.absurd.people import COOKIE, people_body, people_ids
from tests.absurd.programmes import ids_of_programmes, programme_body
from tests.absurd.settlements import ids_of_settlements, settlement_body, settlement_ids
from tests.buyers import BUYER, an_order
from tests.live.market import Market, a_session
from tests.people import PASSWORD

JSON = {"content-type": "application/json"}
# Failures of one client make its next attempts wait here.
# They change an order for good, or need one in which nobody has done anything yet.
_NEW_ORDERS = ("/steps", "/answer", "/receiver", "/calls", "/held-steps", "/undo")
_SLOWED_DOWN = ("/login", "/order-lookup", "/invitation/accept")
# Only while an order waits for money.
_CODE_TO_PAY = "/vietqr.{picture}"
# The code of an order of which no parcel has been made.
_BY_LABEL = "/parcels/by-code/{code}"
# A device may make a few in a minute.
_OF_PARTS = ("/changes", "/returns", "/refunds")
_DELIVERED = ({"kind": "confirmed"}, {"kind": "delivered", "collected": True})
_BY_NEW_DEVICES = "/sessions/{session_id}/complaints"
# Asked for complete products, if the organisation says so.
_BEHIND_THE_GATE = ("/transitions", "/booth", "/booth/close")


@dataclass
class Sale:
    """`people`: an organiser, a host and a viewer; the first two have a viewer's ticket, too."""

    market: Market
    people: dict[str, httpx2.AsyncClient]
    ids: dict[str, str]
    offer: dict[str, Any]
    spare_offer_id: str
    spare_session_id: UUID
    operations: list[Operation]
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def organiser(self) -> httpx2.AsyncClient:
        return self.people["organiser"]

    async def ids_for(self, operation: Operation) -> dict[str, str]:  # noqa: C901 - one line for each sort of thing
        """Ids of things that the operation may change without taking them from the others."""
        ids = dict(self.ids)
        if operation.template.endswith(_BEHIND_THE_GATE):
            await self._opens_the_gate()
        if operation.template.endswith("/transitions"):
            market = self.market
            ids["session_id"] = str(await a_session(market.node, market.organiser, market.host, market.product_ids))
        if operation.method == "PUT" and "/orders/" not in operation.template and not operation.template.endswith("/warning"):
            ids["session_id"] = str(self.spare_session_id)
        ids |= await self._offer_for(operation)
        if operation.template.endswith(_NEW_ORDERS) or "/order-pages/" in operation.template:
            ids |= await self.orders()
        if operation.template.endswith(_OF_PARTS):
            ids |= await self.orders()
            for step in () if operation.template.endswith("/changes") else _DELIVERED:
                await self.organiser.post(f"/api/v1/sessions/{ids['session_id']}/orders/{ids['order_id']}/steps", json=step)
        if "{complaint_id}" in operation.template:
            ids |= await self.orders()
            ids["complaint_id"] = await self.complains(ids)
        if operation.template.endswith("/order-lookup"):
            phone = f"09{next(self._numbers):08}"
            ids |= await self.orders(buyer=BUYER | {"phone": phone}) | {"phone": phone}
        if operation.template.endswith("/booth/close"):
            ids["producer_id"] = await self.opens_booth()
        if operation.template.endswith("/settlement"):
            ids["payment_id"] = await self.pays(None)
        ids |= await self._money_for(operation) | await self._desk_for(operation, ids)
        return (
            ids
            | await self._goods_for(operation)
            | await self._talk_for(operation, ids)
            | await self._claim_for(operation)
            | await people_ids(self, operation)
            | await parcel_ids(self, operation)
            | await carrier_ids(self, operation)
            | await settlement_ids(self, operation)
        )

    async def calls(self, ids: Mapping[str, str]) -> str:
        """The mark of a call in vain, which can be taken back."""
        path = f"/api/v1/sessions/{ids['session_id']}/orders/{ids['order_id']}/calls"
        answer = await self.organiser.post(path, json={"outcome": "no_answer"})
        return str(answer.json()["calls"][0]["mark"])

    async def _desk_for(self, operation: Operation, ids: Mapping[str, str]) -> dict[str, str]:
        if operation.template.endswith(("/assignment", "/assignment/preview")):
            return {"user_id": str(self.market.organiser.id)}
        return {"mark": await self.calls(ids)} if operation.template.endswith("/undo") else {}

    def counts_failures(self, operation: Operation, ids: Mapping[str, str]) -> bool:
        """Whether a refusal is remembered against whoever asked, so that the next request must come from somebody else."""
        return COOKIE in ids or operation.template.endswith(_SLOWED_DOWN)

    async def _money_for(self, operation: Operation) -> dict[str, str]:
        if operation.template.endswith(("/bank-accounts/{account_id}", _CODE_TO_PAY)):
            return {"account_id": await self.takes_transfers()}
        if operation.template.endswith("/bank-feeds/{provider}"):
            assert (await self.organiser.put("/api/v1/bank-feeds/sepay", json={"secret": None})).is_success
        if operation.template.endswith("/assignment"):
            order = await self.orders()
            return order | {"order_code": order["code"], "payment_id": await self.pays(None)}
        return {}

    async def _claim_for(self, operation: Operation) -> dict[str, str]:
        if "/claims/" not in operation.template and "/comment-sources/" not in operation.template:
            return {}
        return await self.claims()

    async def claims(self) -> dict[str, str]:
        """Ids of a new source of comments, and of a claim that one of its comments has made."""
        path, host = f"/api/v1/sessions/{self.market.session_id}", self.people["host"]
        assert (await host.put(f"{path}/comment-orders", json={"is_on": True, "hold_seconds": 900})).is_success
        source = (await host.post(f"{path}/comment-sources", json={"platform": "facebook", "label": "Trang"})).json()
        author = f"nguoi-mua-{next(self._numbers)}"
        message = {"chatname": author, "chatmessage": "A1", "type": "facebook", "userid": author, "id": 1, "textonly": True}
        assert (await host.post(source["webhook"], json=message)).is_success
        async with asyncio.timeout(20):
            while True:
                claims = (await host.get(f"{path}/claims")).json()["claims"]
                if found := [each["id"] for each in claims if each["author"] == author]:
                    return {"session_id": str(self.market.session_id), "source_id": source["id"], "claim_id": found[0]}
                await asyncio.sleep(0.1)

    async def _talk_for(self, operation: Operation, ids: Mapping[str, str]) -> dict[str, str]:
        if operation.template.endswith(("/hide", "/restore", "/question", "/pinned-comment", "/restrictions")):
            return {"comment_id": await self.says(ids["session_id"])}
        return {"restriction_id": await self.mutes()} if operation.template.endswith("/lift") else {}

    async def _goods_for(self, operation: Operation) -> dict[str, str]:
        if operation.method == "DELETE" and "/pictures/" in operation.template:
            return await self.uploads()
        return {"user_id": await self.lets_in()} if operation.template.endswith("/logins/{user_id}/close") else {}

    def right_body(self, operation: Operation, ids: Mapping[str, str]) -> Any:
        """Keys, references and host are new or real each time."""
        known: dict[str, Any] = {**ids, "key": str(uuid4()), "reference": f"FT{uuid4()}", "host_id": str(self.market.host.id)}
        if operation.template.endswith("/login"):
            known |= {"login": self.market.host.login, "password": PASSWORD, "code": "123456"}
        if operation.template.endswith("/logins"):
            known |= {"login": f"hop-tac-xa-{next(self._numbers)}", "password": PASSWORD}
        if "/products" in operation.template:
            known["code"] = f"SP{next(self._numbers)}"
        if operation.template.endswith(_OF_PARTS):
            units = 2 if operation.template.endswith("/changes") else 1
            known |= {"lines": [{"offer_id": self.offer["id"], "quantity": units}], "seen_seq": 2**40}
        of_packages = people_body(self, operation) | parcel_body(operation, ids) | carrier_body(operation)
        of_packages |= settlement_body(operation, ids) | programme_body(operation)
        return operation.right_body(known | of_packages)

    async def takes_transfers(self) -> str:
        """The id of the organisation's account."""
        account = {"bank_bin": "970436", "account_number": "1031933430", "account_number_again": "1031933430", "holder_name": "HTX"}
        answer = await self.organiser.put("/api/v1/bank-accounts", json=account)
        return str(answer.json()["items"][0]["account_id"])

    async def _opens_the_gate(self) -> None:
        """Whatever was asked of products before, and whatever became of them, they may be shown."""
        answer = await self.organiser.put("/api/v1/listing-gate", json={"min_score": 0, "required_items": []})
        assert answer.is_success, answer.text

    async def says(self, session_id: str) -> str:
        """The id of a new comment, as if a viewer had written it."""
        comment_id = uuid4()
        insert = "INSERT INTO comments (id, session_id, device_id, author, text, posted_at) VALUES ($1, $2, $3, 'Lan', 'Còn không?', now())"
        await self.market.stores.database.pool.execute(insert, comment_id, UUID(session_id), uuid4())
        return str(comment_id)

    async def mutes(self) -> str:
        """The id of a new mute."""
        body = {"comment_id": await self.says(self.ids["session_id"]), "kind": "mute"}
        answer = await self.organiser.post(f"/api/v1/sessions/{self.ids['session_id']}/restrictions", json=body)
        return str(answer.json()["id"])

    async def _offer_for(self, operation: Operation) -> dict[str, str]:
        """Another offer than the one of all others, where it is ended, changed or dropped."""
        if operation.template.endswith("/offers/{offer_id}/drop") or (operation.method == "PATCH" and "/offers/" in operation.template):
            return {"offer_id": await self.prepares_offer()}
        return {"offer_id": self.spare_offer_id} if operation.template.endswith("/end") else {}

    async def prepares_offer(self) -> str:
        """An offer that waits for the host's hand."""
        body = {"product_id": self.ids["product_id"], "flash_price_vnd": 39_000, "total_quantity": 10}
        made = await self.people["host"].post(f"/api/v1/sessions/{self.ids['session_id']}/offers", json=body)
        return str(made.json()["id"])

    async def uploads(self) -> dict[str, str]:
        """Id and a file's name of a new picture."""
        file = io.BytesIO()
        Image.effect_noise((64, 64), 50).save(file, "PNG")
        path = f"/api/v1/producers/{self.ids['producer_id']}/pictures"
        picture = (await self.organiser.post(path, content=file.getvalue(), headers={"content-type": "image/png"})).json()
        return {"picture_id": picture["picture_id"], "name": re.search(r"/pictures/[^/\"]+/([^/\"]+)", json.dumps(picture))[1]}  # type: ignore[index]

    async def opens_booth(self) -> str:
        """The id of a new producer with one product and an open booth; nobody has spoilt them."""
        operations = {operation.name: operation for operation in self.operations}
        ids = dict(self.ids)
        for name, known in (("POST /api/v1/producers", "producer_id"), ("POST /api/v1/products", "product_id")):
            operation = operations[name]
            made = await self.send("organiser", operation, ids, self.right_body(operation, ids))
            assert made.status_code == 201, made.text
            ids[known] = made.json()["id"]
        opened = await self.organiser.post(f"/api/v1/producers/{ids['producer_id']}/booth")
        assert opened.is_success, opened.text
        return ids["producer_id"]

    async def lets_in(self) -> str:
        """The user id of a new login of the producer."""
        login = {"login": f"hop-tac-xa-{next(self._numbers)}", "display_name": "Hợp tác xã", "password": PASSWORD}
        answer = await self.organiser.post(f"/api/v1/producers/{self.ids['producer_id']}/logins", json=login)
        return str(answer.json()["user_id"])

    async def orders(self, **changes: Any) -> dict[str, str]:
        """Id, code and link of a new order."""
        answer = await self.organiser.post(f"/api/v1/sessions/{self.market.session_id}/orders", json=an_order(self.offer, **changes))
        assert answer.status_code == 201, answer.text
        receipt = answer.json()
        return {"order_id": receipt["order_id"], "code": receipt["order_code"], "order-link": receipt["link_token"]}

    async def complains(self, ids: Mapping[str, str]) -> str:
        """The id of a new complaint about the order."""
        complaint = {"key": str(uuid4()), "words": "Thiếu một hũ"}
        answer = await self.organiser.post(
            f"/api/v1/order-pages/{ids['code']}/complaints", json=complaint, headers={"order-link": ids["order-link"]}
        )
        return str(answer.json()["complaints"][0]["complaint_id"])

    async def pays(self, order_id: str | None) -> str:
        """The id of a new payment."""
        payment = {"order_id": order_id, "reference": f"FT{uuid4()}", "amount_vnd": 1, "received_at": "2026-11-23T09:30:00+07:00"}
        return str((await self.organiser.post("/api/v1/payments", json=payment)).json()["payment_id"])

    async def send(
        self, who: str, operation: Operation, ids: Mapping[str, str], body: object = None, *, query: str = "", **options: Any
    ) -> httpx2.Response:
        """One request. Guesses come each from a network of its own, so that none has to wait for the failures of the others."""
        if operation.schema is not None:
            options.setdefault("content", body if isinstance(body, bytes) else json.dumps(body))
            options["headers"] = JSON | options.get("headers", {})
        known = {name: ids[name] for name, where in operation.parameters if where == "header" and name in ids}
        options["headers"] = known | options.get("headers", {})
        if COOKIE in ids:
            async with self.as_person(ids[COOKIE]) as person:
                return await person.request(operation.method, operation.path(ids) + query, **options)
        if operation.template.endswith(_SLOWED_DOWN):
            async with self.stranger() as stranger:
                return await stranger.request(operation.method, operation.path(ids) + query, **options)
        if operation.template.endswith(_BY_NEW_DEVICES):
            async with self.stranger() as stranger:
                await stranger.post(f"/api/v1/sessions/{self.ids['session_id']}/tickets")
                return await stranger.request(operation.method, operation.path(ids) + query, **options)
        return await self.people[who].request(operation.method, operation.path(ids) + query, **options)

    @property
    def password(self) -> str:
        """Everybody's."""
        return PASSWORD

    @asynccontextmanager
    async def as_person(self, token: str) -> AsyncIterator[httpx2.AsyncClient]:
        """The browser of whoever has this sign-in, in a network of its own."""
        async with self.stranger() as person:
            person.cookies.set(LOGIN_COOKIE, token)
            yield person

    @asynccontextmanager
    async def stranger(self) -> AsyncIterator[httpx2.AsyncClient]:
        number = next(self._numbers)
        async with _browser(self.market, f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", {}) as stranger:
            yield stranger

    def reader_after(self, operation: Operation) -> str:
        """The list that shows at once whether a change spoilt it."""
        kind = operation.template.split("/")[3]
        if "/offers" in operation.template or "/order" in operation.template:
            return f"/api/v1/sessions/{self.ids['session_id']}/{'offers' if '/offers' in operation.template else 'orders'}"
        return {"payments": "/api/v1/payments/work-list", "desk": "/api/v1/desk/queues", "login": "/api/v1/me"}.get(kind, f"/api/v1/{kind}")

    async def unreadable(self) -> list[tuple[str, int]]:
        """What people read and do not get: every GET of the document, every page of the live session, and those of what was made meanwhile."""
        ids, get = self.ids["session_id"], [each for each in self.operations if each.method == "GET"]
        readable = {
            f"/s/{ids}",
            *(f"/{part}/{ids}{page}" for part in ("host", "organiser") for page in ("", "/orders")),
            f"/host/{ids}/edit",
        }
        readable |= {"/", "/host", "/organiser", "/api/v1/addresses/search?text=ha+tinh"}
        readable |= {
            each.path(self.ids)
            for each in get
            if not needs_closed_session(each) and not each.template.endswith(("/search", _CODE_TO_PAY, _BY_LABEL))
        }
        readable.add(f"/o/{self.ids['code']}")
        made = await self.market.stores.database.pool.fetch("SELECT id FROM sessions WHERE state = 'draft' ORDER BY id")
        # A draft has no report yet and is shown to staff alone.
        drafts = {f"{before}{row['id']}" for row in made for before in ("/host/", "/api/v1/sessions/")}
        link = {"order-link": self.ids["order-link"]}
        answers = {path: (await self.organiser.get(path, headers=link)).status_code for path in sorted(readable | drafts)}
        return [(path, status) for path, status in answers.items() if status >= 500 or (status != 200 and path in readable)]


def _browser(market: Market, address: str, headers: dict[str, str]) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=market.node.app, client=(address, 50_000), raise_app_exceptions=False)
    base = f"http://{market.node.address}"
    return httpx2.AsyncClient(transport=transport, base_url=base, headers={"origin": base} | headers, timeout=20, verify=False)


async def open_sale(market: Market, stack: AsyncExitStack) -> Sale:
    """On a live market: an open offer, an order, a payment, and a session and an offer to be spoilt."""
    people = {}
    for name, user in (("organiser", market.organiser), ("host", market.host), ("viewer", None)):
        person = await stack.enter_async_context(_browser(market, "203.0.113.7", {}))
        if user is not None:
            login = {"login": user.login, "password": PASSWORD}
            assert (await person.post("/api/v1/login", json=login)).status_code == 200
        assert (await person.post(f"/api/v1/sessions/{market.session_id}/tickets")).status_code == 200
        people[name] = person
    new = {
        "product_id": str(market.product_ids[0]),
        "flash_price_vnd": 39_000,
        "per_viewer_limit": 1_000,
        "duration_seconds": 21_600,
        "open_now": True,
    }
    paths = f"/api/v1/sessions/{market.session_id}/offers"
    offers = [(await people["host"].post(paths, json=new | {"total_quantity": 100_000})).json() for _ in range(2)]
    producers = (await people["organiser"].get("/api/v1/producers")).json()["items"]
    ids = {
        "session_id": str(market.session_id),
        "topic": "delivery_time",
        "purpose": "news",
        "product_id": str(market.product_ids[0]),
        "producer_id": producers[0]["id"],
        "offer_id": offers[0]["id"],
        "organisation_id": str(market.organiser.organisation_id),
        "province_code": "42",
        "job_id": str(uuid4()),
        "form": "csv",
        "picture": "png",
        "provider": "sepay",
        "feed_id": str(uuid4()),
        "order_code": "",
    }
    spare = await a_session(market.node, market.organiser, market.host, market.product_ids)
    sale = Sale(market, people, ids, offers[0], offers[1]["id"], spare, operations_of(market.node.app))
    sale.ids |= await sale.orders()
    sale.ids |= await sale.uploads()
    sale.ids["user_id"] = await sale.lets_in()
    sale.ids["complaint_id"] = await sale.complains(sale.ids)
    made = await sale.organiser.post("/api/v1/invitations", json={"grant": {"role": "helper"}, "note": ""})
    sale.ids["invitation_id"], sale.ids["token"] = made.json()["id"], made.json()["path"].partition("#")[2]
    token = await sale.organiser.post("/api/v1/account/tokens", json={"name": "Máy", "actions": ["read_figures"]})
    sale.ids["token_id"] = token.json()["id"]
    sale.ids["sign_in_id"] = (await sale.organiser.get("/api/v1/account")).json()["sign_ins"][0]["id"]
    sale.ids["account_id"] = await sale.takes_transfers()
    sale.ids["payment_id"] = await sale.pays(sale.ids["order_id"])
    sale.ids["comment_id"] = await sale.says(sale.ids["session_id"])
    sale.ids["restriction_id"] = await sale.mutes()
    sale.ids |= await sale.claims()
    sale.ids["parcel_id"] = (await a_parcel(sale))["parcel_id"]
    sale.ids |= await ids_of_carriers(sale)
    sale.ids |= await ids_of_settlements(sale)
    sale.ids |= await ids_of_programmes(sale)
    return sale
