"""Buyers of the whole service by HTTP: a browser with a ticket, an offer to order from, an order, its receipt."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx2

from tests.live.market import Market

ADDRESS = {"province_code": 42, "ward_code": 18547, "street": "Thôn 3"}
BUYER: dict[str, Any] = {"name": "Nguyễn Thị Lan", "phone": "0912 345 678", "address": ADDRESS}


def path_of(market: Market, *parts: object) -> str:
    """A path below the market's session."""
    return "/".join((f"/api/v1/sessions/{market.session_id}", *map(str, parts)))


@asynccontextmanager
async def a_viewer(market: Market) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser that has got its ticket cookie from the service."""
    async with market.browser() as browser:
        assert (await browser.post(path_of(market, "tickets"))).status_code == 200
        yield browser


async def an_offer(market: Market, **changes: Any) -> dict[str, Any]:
    """An offer of ten units that is open, unless `changes` say otherwise."""
    content = {"product_id": str(market.product_ids[0]), "flash_price_vnd": 39_000, "total_quantity": 10, "open_now": True} | changes
    async with market.browser(market.host) as host:
        answer = await host.post(path_of(market, "offers"), json=content)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def an_order(offer: dict[str, Any], quantity: int = 1, **changes: Any) -> dict[str, Any]:
    """What a page sends for so many units of an offer."""
    return an_order_of({"offer_id": offer["id"], "quantity": quantity}, **changes)


def an_order_of(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The same for any lines."""
    return {"key": str(uuid4()), "lines": list(lines), "buyer": BUYER} | changes


def with_buyer(**changes: Any) -> dict[str, Any]:
    """A change of an order: another buyer."""
    return {"buyer": BUYER | changes}


async def places(viewer: httpx2.AsyncClient, market: Market, offer: dict[str, Any], quantity: int = 1, **buyer: Any) -> dict[str, Any]:
    """The receipt of an order."""
    answer = await viewer.post(path_of(market, "orders"), json=an_order(offer, quantity, **with_buyer(**buyer)))
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt
