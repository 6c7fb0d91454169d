"""What the link of an order opens, asked for as the script behind it does."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx2

from tests.buyers import ADDRESS


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
