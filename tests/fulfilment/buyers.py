"""Buyers of the whole service by HTTP: a browser with a ticket, an order, and what the order's link opens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx2

from tests.live.market import Market

ADDRESS = {"province_code": 42, "ward_code": 18547, "street": "Thôn 3"}
BUYER: dict[str, Any] = {"name": "Nguyễn Thị Lan", "phone": "0912 345 678", "address": ADDRESS, "note": "Gọi trước"}


def path_of(market: Market, *parts: object) -> str:
    return "/".join((f"/api/v1/sessions/{market.session_id}", *map(str, parts)))


@asynccontextmanager
async def a_viewer(market: Market) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser that has got its ticket cookie from the service."""
    async with market.browser() as browser:
        assert (await browser.post(path_of(market, "tickets"))).status_code == 200
        yield browser


async def an_offer(market: Market, **changes: Any) -> dict[str, Any]:
    content = {"product_id": str(market.product_ids[0]), "flash_price_vnd": 39_000, "total_quantity": 10, "open_now": True} | changes
    async with market.browser(market.host) as host:
        answer = await host.post(path_of(market, "offers"), json=content)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def places(viewer: httpx2.AsyncClient, market: Market, offer: dict[str, Any], quantity: int = 1, **buyer: Any) -> dict[str, Any]:
    """The receipt of an order."""
    order = {"key": str(uuid4()), "lines": [{"offer_id": offer["id"], "quantity": quantity}], "buyer": BUYER | buyer}
    answer = await viewer.post(path_of(market, "orders"), json=order)
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


class OrderLink:
    """The page of one order, as the script behind its link asks for it: without any cookie."""

    def __init__(self, browser: httpx2.AsyncClient, receipt: dict[str, Any], *, code: str | None = None, token: str | None = None) -> None:
        self._browser = browser
        self._path = f"/api/v1/order-pages/{receipt['order_code'] if code is None else code}"
        self._headers = {"order-link": receipt["link_token"] if token is None else token}

    def spelt_otherwise(self) -> str:
        """The same code as somebody else might write it."""
        code = self._path.rsplit("/", 1)[1].lower()
        return f"{code[:3]}-{code[3:]}"

    async def read(self) -> httpx2.Response:
        return await self._browser.get(self._path, headers=self._headers)

    async def page(self) -> dict[str, Any]:
        answer = await self.read()
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    async def cancel(self, reason: str = "buyer_changed_mind") -> httpx2.Response:
        return await self._browser.post(f"{self._path}/cancellation", headers=self._headers, json={"reason": reason})

    async def mend(self, **changes: Any) -> httpx2.Response:
        content = {"phone": "0987 654 321", "address": ADDRESS | {"street": "Ngõ 7"}, "note": "Cửa sau"} | changes
        return await self._browser.put(f"{self._path}/receiver", headers=self._headers, json=content)

    async def complain(self, words: str = "Hũ mật bị vỡ nắp.\nGọi tôi số 0912345678", key: str | None = None) -> httpx2.Response:
        return await self._browser.post(
            f"{self._path}/complaints", headers=self._headers, json={"key": key or str(uuid4()), "words": words}
        )
