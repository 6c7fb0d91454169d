"""A host who works without a pause over HTTP, and what the room must have heard of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

import httpx2

from tests.buyers import path_of
from tests.live.market import Market

Heard = tuple[str, str, int]
_PAUSE_SECONDS = 0.02


class Host:
    """Pins, opens, extends, ends, again and again; `said` is what the room must hear, in this order."""

    def __init__(self, market: Market, browser: httpx2.AsyncClient) -> None:
        self._market = market
        self._browser = browser
        self.said: list[Heard] = []
        self.failures: list[str] = []

    async def works_until(self, enough: asyncio.Event) -> None:
        while not enough.is_set():
            for product_id in map(str, self._market.product_ids):
                await self._sell(product_id)

    async def _sell(self, product_id: str) -> None:
        await self._tell("pin", {"product_id": product_id})
        self.said.append(("product.pinned", product_id, 0))
        new = {"product_id": product_id, "flash_price_vnd": 39_000, "total_quantity": 10, "open_now": True}
        offer = await self._tell("offers", new)
        if offer is None:
            return
        self.said.append(("offer.opened", offer["id"], offer["ends_at_ms"]))
        for _ in range(2):
            longer = await self._tell(f"offers/{offer['id']}/extend", {"seconds": 60})
            if longer is not None:
                self.said.append(("offer.changed", offer["id"], longer["ends_at_ms"]))
        await self._tell(f"offers/{offer['id']}/end", {})
        self.said.append(("offer.ended", offer["id"], 0))

    async def _tell(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        answer = await self._browser.post(path_of(self._market, path), json=body, headers={"Idempotency-Key": str(uuid4())}, timeout=20)
        await asyncio.sleep(_PAUSE_SECONDS)
        if not answer.is_success:
            self.failures.append(f"{path}: {answer.status_code} {answer.text}")
            return None
        said: dict[str, Any] = answer.json()
        return said


def heard(events: Iterable[Mapping[str, Any]]) -> list[Heard]:
    """What the host did, as the room heard it."""
    found: list[Heard] = []
    for event in events:
        match event["type"]:
            case "product.pinned":
                found.append(("product.pinned", str(event["product_id"]), 0))
            case "offer.opened" | "offer.changed":
                found.append((event["type"], str(event["offer"]["id"]), event["offer"]["ends_at_ms"]))
            case "offer.ended":
                found.append(("offer.ended", str(event["offer_id"]), 0))
            case _:
                pass
    return found
