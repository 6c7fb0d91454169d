"""Giao Hàng Tiết Kiệm by its API (api.ghtk.vn, "Submit order", "Fee", "Status", "Cancel", "Webhook"). `order.id` is our parcel's code.

What GHTK does is asked of it once where asking twice could do it twice. Prices and states are asked again after a broken connection.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx2
import structlog

from app.carriers.carrier_api import Connection, Quote, Taken, Tracked
from app.carriers.errors import CarrierAway, CarrierRefused, CarrierTokenRefused
from app.carriers.parcels_to_send import ParcelToSend, value_of
from app.carriers.states import CarrierState
from app.protocol.amounts import EARLIEST, LATEST, VND_MAX
from app.protocol.text import clean_text

log = structlog.get_logger(__name__)

ANSWER_MAX_BYTES = 256 * 1024
WORDS_MAX = 200
_ASKS = 2
_TOKEN_REFUSED = frozenset((401, 403))
# GHTK's numbers of states; others, such as 7 (could not fetch it) and 13 (lost, to be paid for), are for a person.
_STATES: Mapping[int, CarrierState] = {
    3: "handed_over", 123: "handed_over",
    4: "delivering",
    5: "delivered", 6: "delivered",
    9: "failed", 10: "failed",
    20: "returning",
    11: "returned", 21: "returned",
}  # fmt: skip
_CANCELLED = -1
# Waiting to be fetched, or what the driver alone reports and GHTK says itself later: no news.
_NOT_YET = frozenset((1, 2, 8, 12, 45, 49, 127, 128, 410))
_STATE_WORDS: Mapping[int, str] = {
    -1: "Hủy đơn hàng", 1: "Chưa tiếp nhận", 2: "Đã tiếp nhận", 3: "Đã lấy hàng", 4: "Đang giao hàng", 5: "Đã giao hàng", 6: "Đã đối soát",
    7: "Không lấy được hàng", 8: "Hoãn lấy hàng", 9: "Không giao được hàng", 10: "Delay giao hàng", 11: "Đã đối soát trả hàng",
    12: "Đang lấy hàng", 13: "Đơn hàng bồi hoàn", 20: "Đang trả hàng", 21: "Đã trả hàng", 45: "Shipper báo đã giao hàng",
    49: "Shipper báo không giao được", 123: "Shipper báo đã lấy hàng", 127: "Shipper báo không lấy được", 128: "Shipper báo delay lấy hàng",
    410: "Shipper báo delay giao hàng",
}  # fmt: skip


class Ghtk:
    """The API over one client, whose connections are shared. `close` ends them."""

    def __init__(self, address: str, *, seconds: float, partner: str = "") -> None:
        """`address`: as `checked_address` gives it. `seconds` bound one whole request."""
        self._address = address
        self._opened: httpx2.AsyncClient | None = None
        self._seconds = seconds
        self._partner = partner

    @property
    def _client(self) -> httpx2.AsyncClient:
        """Opened when it is first asked for: reading the machine's certificates takes 40 ms, and most workers never ask a carrier."""
        if self._opened is None:
            self._opened = httpx2.AsyncClient(
                base_url=self._address,
                timeout=httpx2.Timeout(self._seconds, connect=min(5.0, self._seconds)),
                follow_redirects=False,
                trust_env=False,
                limits=httpx2.Limits(max_connections=10, max_keepalive_connections=4),
            )
        return self._opened

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.aclose()

    async def price(self, connection: Connection, parcel: ParcelToSend) -> Quote:
        to, pickup = parcel.addressee, connection.pickup
        asked = {
            "pick_province": pickup.province,
            "pick_district": pickup.district,
            "province": to.province if to else "",
            "district": str(value_of(parcel, "old_district")),
            "ward": to.ward if to else "",
            "weight": str(parcel.weight_grams),
            "value": str(parcel.value_vnd),
        }
        fee = _part(await self._ask("GET", "/services/shipment/fee", connection, params=asked), "fee")
        return Quote(_vnd(fee.get("fee")) or 0, delivers=fee.get("delivery") is not False)

    async def submit(self, connection: Connection, parcel: ParcelToSend) -> Taken:
        content = _order_of(connection, parcel)
        try:
            answer = await self._ask("POST", "/services/shipment/order", connection, params={"ver": "1.5"}, content=content)
        except CarrierRefused as refusal:
            # It is there already: a repeat of ours whose answer was lost.
            label = refusal.details.get("label")
            if isinstance(label, str) and label:
                return Taken(label, was_there=True)
            raise
        order = _part(answer, "order")
        label = _text(order.get("label"))
        if not label:
            raise CarrierAway
        return Taken(label, _vnd(order.get("fee")))

    async def cancel(self, connection: Connection, parcel_code: str) -> None:
        try:
            await self._ask("POST", f"/services/shipment/cancel/partner_id:{quote(parcel_code, safe='')}", connection)
        except CarrierRefused:
            # Perhaps an answer was lost and it is cancelled already.
            tracked = await self.track(connection, parcel_code)
            if tracked is None or not tracked.is_cancelled:
                raise

    async def track(self, connection: Connection, parcel_code: str) -> Tracked | None:
        try:
            answer = await self._ask("GET", f"/services/shipment/v2/partner_id:{quote(parcel_code, safe='')}", connection)
        except CarrierRefused:
            return None
        order = _part(answer, "order")
        number = _whole(order.get("status"))
        label = _text(order.get("label_id"))
        if not label or number is None:
            raise CarrierAway
        return _tracked(number, label, parcel_code, order.get("modified"), _vnd(order.get("pick_money")), _vnd(order.get("ship_money")))

    def notice(self, fields: Mapping[str, str]) -> Tracked | None:
        number, label, code = _whole(fields.get("status_id")), _text(fields.get("label_id")), _text(fields.get("partner_id"))
        if number is None or not (label or code):
            return None
        return _tracked(number, label, code, fields.get("action_time"), _vnd(fields.get("pick_money")), _vnd(fields.get("fee")))

    async def _ask(
        self, method: str, path: str, connection: Connection, *, params: Mapping[str, str] | None = None, content: object = None
    ) -> dict[str, Any]:
        """The answer's fields. Only what changes nothing is asked again. Raises `CarrierAway`, `CarrierTokenRefused`, `CarrierRefused`."""
        headers = {"Token": connection.token, "X-Client-Source": self._partner, "Accept": "application/json"}
        body = None if content is None else json.dumps(content, ensure_ascii=False).encode()
        if body is not None:
            headers["Content-Type"] = "application/json"
        for attempt in range(_ASKS if method == "GET" else 1):
            try:
                status, text = await self._answer(method, path, headers, params, body)
            except (httpx2.HTTPError, TimeoutError) as error:
                # Never the request itself: it holds the token and names people.
                log.warning("carrier_away", carrier="ghtk", error=type(error).__name__, attempt=attempt)
                continue
            if status < 500:
                return _read(status, text)
            log.warning("carrier_away", carrier="ghtk", status=status, attempt=attempt)
        raise CarrierAway

    async def _answer(
        self, method: str, path: str, headers: Mapping[str, str], params: Mapping[str, str] | None, body: bytes | None
    ) -> tuple[int, bytes]:
        stream = self._client.stream(method, path, headers=dict(headers), params=dict(params or {}), content=body)
        # The client's own limit is one of each wait: an answer that drips would keep within it for ever.
        async with asyncio.timeout(self._seconds), stream as response:
            text = bytearray()
            async for part in response.aiter_bytes():
                text += part
                if len(text) > ANSWER_MAX_BYTES:
                    raise CarrierAway
            return response.status_code, bytes(text)


def _order_of(connection: Connection, parcel: ParcelToSend) -> dict[str, object]:
    """As GHTK documents it: grams as kilograms, whole VND; the fee is the sender's, so the buyer pays just what is collected."""
    to, pickup = parcel.addressee, connection.pickup
    if to is None:
        raise CarrierRefused(details={"words": ""})
    order = {
        "id": parcel.code,
        "pick_name": pickup.name,
        "pick_address": pickup.address,
        "pick_province": pickup.province,
        "pick_district": pickup.district,
        "pick_ward": pickup.ward,
        "pick_tel": pickup.phone,
        "name": to.name,
        "tel": to.local_phone,
        "address": to.street,
        "province": to.province,
        "district": value_of(parcel, "old_district"),
        "ward": to.ward,
        "hamlet": "Khác",
        "is_freeship": "1",
        "pick_money": parcel.cod_vnd,
        "note": to.note,
        "value": parcel.value_vnd,
        "total_weight": parcel.weight_grams / 1000,
    }
    products = [
        {"name": line.name, "quantity": line.quantity, "weight": line.weight_grams / 1000, "product_code": line.code}
        for line in parcel.goods
    ]
    return {"products": products, "order": order}


def _read(status: int, text: bytes) -> dict[str, Any]:
    if status in _TOKEN_REFUSED:
        raise CarrierTokenRefused
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        raise CarrierAway from None
    if not isinstance(answer, dict) or not isinstance(answer.get("success"), bool):
        raise CarrierAway
    if not answer["success"]:
        error = answer.get("error")
        label = error.get("ghtk_label") if isinstance(error, dict) and error.get("code") == "ORDER_ID_EXIST" else None
        raise CarrierRefused(details={"words": _text(answer.get("message")), "label": _text(label)})
    return answer


def _part(answer: Mapping[str, Any], name: str) -> dict[str, Any]:
    part = answer.get(name)
    if not isinstance(part, dict):
        raise CarrierAway
    return part


def _tracked(number: int, label: str, code: str, at: object, money_vnd: int | None, fee_vnd: int | None) -> Tracked:
    state = _STATES.get(number)
    return Tracked(
        label=label,
        words=_STATE_WORDS.get(number, f"GHTK {number}"),
        state=state,
        happened_at=_moment(at),
        collected_vnd=money_vnd if state == "delivered" else None,
        fee_vnd=fee_vnd,
        is_cancelled=number == _CANCELLED,
        parcel_code=code,
    )


def is_waiting(tracked: Tracked) -> bool:
    """Whether the carrier only says that it has not fetched it yet: no news for anybody."""
    return any(tracked.words == _STATE_WORDS.get(number) for number in _NOT_YET)


def _text(value: object) -> str:
    return clean_text(str(value))[:WORDS_MAX] if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _whole(value: object) -> int | None:
    """GHTK writes numbers as numbers and as texts."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(str(value)[:30])
    except ValueError:
        return None
    return int(number) if number == number // 1 and abs(number) < 2**53 else None


def _vnd(value: object) -> int | None:
    amount = _whole(value)
    return amount if amount is not None and 0 <= amount <= VND_MAX else None


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value)[:40])
    except ValueError:
        return None
    if moment.tzinfo is None:
        from_ghtk = datetime.fromisoformat(f"{moment.isoformat()}+07:00")
        return from_ghtk if EARLIEST <= from_ghtk < LATEST else None
    return moment if EARLIEST <= moment < LATEST else None
