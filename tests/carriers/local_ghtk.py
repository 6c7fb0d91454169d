"""GHTK on this machine: a real HTTP server that answers in the form that api.ghtk.vn documents, with content of our own.

It keeps what was submitted by `order.id`, so a repeat is answered as GHTK answers it. `faults` are used up one by one: `cut` takes the order and
closes before it answers, `late` answers after `late_seconds`, `broken` answers 502, `nonsense` answers something else,
`deep` answers lists in lists, `drips` a byte now and then.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

TOKEN = "ghtk-token-of-the-tests"


@dataclass
class LocalGhtk:
    """`asked`: method and path of every request; `orders`: what it has, by our code."""

    address: str = ""
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    submitted: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    refuses: str = ""
    late_seconds: float = 3.0

    def set_status(self, code: str, status: int, *, at: str = "2026-11-28 10:00:00") -> None:
        self.orders[code] |= {"status": str(status), "modified": at}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read(reader)) is not None:
                method, target, headers, body = request
                fault = self.faults.pop(0) if self.faults else ""
                self.asked.append(f"{method} {urlsplit(target).path}")
                status, answer = self._answer(method, target, headers, body)
                if fault == "cut":
                    break
                if fault == "late":
                    await asyncio.sleep(self.late_seconds)
                if fault == "broken":
                    status, answer = 502, {}
                text = b"<html>maintenance</html>" if fault == "nonsense" else json.dumps(answer, ensure_ascii=False).encode()
                if fault == "deep":
                    text = b"[" * 200_000
                head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
                writer.write(head.encode())
                for byte in text if fault == "drips" else ():
                    writer.write(bytes((byte,)))
                    await writer.drain()
                    await asyncio.sleep(self.late_seconds / 10)
                if fault != "drips":
                    writer.write(text)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        if headers.get("token") != TOKEN:
            return 401, {"success": False, "message": "Token không hợp lệ"}
        path, query = urlsplit(target).path, dict(parse_qsl(urlsplit(target).query))
        if path == "/services/shipment/order":
            return 200, self._submit(json.loads(body))
        if path == "/services/shipment/fee":
            fee = 22_000 + int(query["weight"])
            return 200, {"success": True, "message": "", "fee": {"name": "area3", "fee": fee, "insurance_fee": 0, "delivery": True}}
        code = unquote(path.rsplit("/", 1)[1]).removeprefix("partner_id:")
        order = self.orders.get(code)
        if order is None:
            return 200, {"success": False, "message": "Không tìm thấy đơn hàng"}
        if path.startswith("/services/shipment/cancel/"):
            if order["status"] not in ("1", "2", "12"):
                return 200, {"success": False, "message": "Đơn hàng không hủy được ở trạng thái này"}
            order["status"] = "-1"
            return 200, {"success": True, "message": "", "log_id": "k3"}
        return 200, {"success": True, "message": "", "order": order}

    def _submit(self, content: dict[str, Any]) -> dict[str, Any]:
        order = content["order"]
        if self.refuses:
            return {"success": False, "message": self.refuses}
        code = order["id"]
        if code in self.orders:
            known = self.orders[code]
            error = {"code": "ORDER_ID_EXIST", "partner_id": code, "ghtk_label": known["label_id"], "status": known["status"]}
            return {"success": False, "message": "Mã đơn hàng đã tồn tại", "error": error}
        self.submitted.append(content)
        label = f"S1.A1.{len(self.orders) + 1700:04d}{len(self.submitted):04d}"
        self.orders[code] = {
            "label_id": label, "partner_id": code, "status": "2", "status_text": "Đã tiếp nhận", "modified": "2026-11-28 08:00:00",
            "pick_money": str(order["pick_money"]), "ship_money": "30400",
        }  # fmt: skip
        return {"success": True, "message": "", "order": {"partner_id": code, "label": label, "area": "1", "fee": "30400", "status_id": 2}}


async def _read(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str], bytes] | None:
    first = await reader.readline()
    if not first:
        return None
    method, target, _ = first.decode().split(" ", 2)
    headers: dict[str, str] = {}
    while (line := (await reader.readline()).decode().strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return method, target, headers, body


@asynccontextmanager
async def a_local_ghtk() -> AsyncIterator[LocalGhtk]:
    ghtk = LocalGhtk()
    server = await asyncio.start_server(ghtk.serve, "127.0.0.1", 0)
    ghtk.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield ghtk
    finally:
        server.close()
