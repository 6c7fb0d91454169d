"""Limits are the same at the door, in the tables and on the way out: what is absurd is refused, and nobody else notices."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.infra.clock import monotonic
from app.protocol.amounts import FLASH_PRICE_MAX, UNITS_PER_LINE_MAX, VND_MAX
from tests.live.market import Market, open_market, open_stores
from tests.orders.test_order_http import BUYER, a_viewer, an_order, path_of

JS_SAFE_INTEGER = 2**53 - 1
INT4, INT8 = 2**31 - 1, 2**63 - 1
EXAMPLES = 30


@pytest.fixture
async def market(postgres_url: str, redis_url: str, redis_prefix: str) -> AsyncIterator[Market]:
    async with open_stores(postgres_url, redis_url, redis_prefix) as stores, AsyncExitStack() as stack:
        market = await open_market(stores, stack)
        await market.goes_live()
        yield market


async def _dear_offers(market: Market, host: httpx2.AsyncClient, how_many: int) -> list[dict[str, Any]]:
    await market.stores.database.pool.execute("UPDATE products SET price_vnd = $1", FLASH_PRICE_MAX)
    content = {
        "product_id": str(market.product_ids[0]),
        "flash_price_vnd": FLASH_PRICE_MAX,
        "total_quantity": 1_000_000,
        "buffer_quantity": 1_000_000,
        "per_viewer_limit": UNITS_PER_LINE_MAX,
        "open_now": True,
    }
    answers = [await host.post(path_of(market, "offers"), json=content) for _ in range(how_many)]
    assert [answer.status_code for answer in answers] == [201] * how_many
    return [answer.json() for answer in answers]


def test_every_sum_of_what_is_let_in_fits_its_columns_and_the_answers() -> None:
    assert FLASH_PRICE_MAX * UNITS_PER_LINE_MAX <= VND_MAX < JS_SAFE_INTEGER < INT8
    assert 10 * UNITS_PER_LINE_MAX < INT4


async def test_an_order_worth_too_much_is_refused_at_once_and_twelve_beside_it_are_not_delayed(market: Market) -> None:
    async with AsyncExitStack() as stack:
        host = await stack.enter_async_context(market.browser(market.host))
        dear = await _dear_offers(market, host, 2)
        lines = [{"offer_id": offer["id"], "quantity": UNITS_PER_LINE_MAX} for offer in dear]
        viewers = [await stack.enter_async_context(a_viewer(market)) for _ in range(13)]
        phones = [BUYER | {"phone": f"09123456{number:02d}"} for number in range(13)]
        started = monotonic()

        absurd, *others = await asyncio.gather(
            viewers[0].post(path_of(market, "orders"), json=an_order(dear[0], buyer=phones[0]) | {"lines": lines}),
            *(
                viewer.post(path_of(market, "orders"), json=an_order(dear[0], 1, buyer=phone))
                for viewer, phone in zip(viewers[1:], phones[1:], strict=True)
            ),
        )
        took = monotonic() - started
        again = await viewers[0].post(path_of(market, "orders"), json=an_order(dear[0], buyer=phones[0]) | {"lines": lines})
        largest = await viewers[0].post(path_of(market, "orders"), json=an_order(dear[1], UNITS_PER_LINE_MAX, buyer=phones[0]))
        mine = await viewers[0].get(path_of(market, "orders", "mine"))
        listed = await host.get(path_of(market, "orders"))

    assert (absurd.status_code, absurd.json()["code"], absurd.json()["retryable"]) == (400, "amount_too_large", False)
    assert absurd.json()["details"] == {"total_vnd": 2 * 10**12, "limit_vnd": VND_MAX}
    assert [answer.status_code for answer in others] == [201] * 12
    assert took < 2
    assert again.json()["code"] == "amount_too_large"
    assert (largest.status_code, largest.json()["total_vnd"]) == (201, VND_MAX)
    assert [each["total_vnd"] for each in mine.json()["orders"]] == [VND_MAX]
    assert listed.status_code == 200


async def test_a_board_shows_more_money_than_one_order_may_be_worth(market: Market) -> None:
    async with AsyncExitStack() as stack:
        host = await stack.enter_async_context(market.browser(market.host))
        (dear,) = await _dear_offers(market, host, 1)
        for number in range(3):
            viewer = await stack.enter_async_context(a_viewer(market))
            order = an_order(dear, UNITS_PER_LINE_MAX, buyer=BUYER | {"phone": f"091234560{number}"})
            assert (await viewer.post(path_of(market, "orders"), json=order)).status_code == 201
        board = await market.board()

        def shows_all(frame: dict[str, Any]) -> bool:
            return (frame.get("board") or {}).get("revenue_placed_vnd") == 3 * VND_MAX

        await board.sees(shows_all, within=5)
        reports = [await host.get(path_of(market, name)) for name in ("report", "stats")]

    assert [answer.status_code for answer in reports] == [200, 200]


async def test_an_offer_is_open_for_a_day_at_most(market: Market) -> None:
    content = {"product_id": str(market.product_ids[0]), "flash_price_vnd": 39_000, "total_quantity": 10, "open_now": True}
    async with market.browser(market.host) as host:
        offer = (await host.post(path_of(market, "offers"), json=content)).json()
        answers = [await host.post(path_of(market, "offers", offer["id"], "extend"), json={"seconds": 3600}) for _ in range(25)]

    codes = [answer.json().get("code") for answer in answers]
    assert codes[0] is None
    assert codes[-1] == "invalid_offer"
    assert {answer.status_code for answer in answers} == {200, 400}


ABSURD_NUMBERS = [-1, INT4 + 1, JS_SAFE_INTEGER + 1, INT8 + 1, 10**30, 1e300, float("nan"), True]
ABSURD_TIMES = [
    *("1960-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2026-12-05T08:00:00", "2099-12-31T23:59:59Z"),
]
ABSURD_TEXTS = ["", "a\0b", "\u200b", "\ud800", "x" * 5_000, "Z̸̢" * 60]
ABSURD: list[Any] = [*ABSURD_NUMBERS, *ABSURD_TIMES, *ABSURD_TEXTS, None, {}]
absurd_values = st.sampled_from([*ABSURD, [], [[]], 0, 1, INT4, INT8, "2026-12-05", " "])

Change = tuple[str, ...]


def _bodies(market: Market, offer: dict[str, Any], receipt: dict[str, Any], payment_id: str) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """A right body for each route that takes one."""
    address = {"province_code": 42, "ward_code": 18547, "street": "Thôn 3"}
    return {
        "offer": (
            "POST",
            path_of(market, "offers"),
            {
                "product_id": str(market.product_ids[0]),
                "flash_price_vnd": 39_000,
                "total_quantity": 10,
                "buffer_quantity": 1,
                "per_viewer_limit": 2,
                "duration_seconds": 60,
                "hold_seconds": 60,
                "starts_at": "2026-12-05T08:00:00+07:00",
                "open_now": False,
            },
        ),
        "open": ("POST", path_of(market, "offers", offer["id"], "open"), {"duration_seconds": 60}),
        "extend": ("POST", path_of(market, "offers", offer["id"], "extend"), {"seconds": 5}),
        "order": (
            "POST",
            path_of(market, "orders"),
            an_order(offer) | {"buyer": {"name": "Lan", "phone": "0912345678", "address": address, "note": "gọi trước"}, "payment": "cod"},
        ),
        "step": ("POST", path_of(market, "orders", receipt["order_id"], "steps"), {"kind": "confirmed", "reason": "test"}),
        "payment": (
            "POST",
            "/api/v1/payments",
            {
                "order_id": receipt["order_id"],
                "reference": f"FT{uuid4()}",
                "amount_vnd": 39_000,
                "received_at": "2026-11-23T09:30:00+07:00",
            },
        ),
        "settlement": ("POST", f"/api/v1/payments/{payment_id}/settlement", {"words": "Đã hoàn lại"}),
        "new session": (
            "POST",
            "/api/v1/sessions",
            {"title": "Phiên", "planned_start_at": "2026-12-05T08:00:00+07:00", "video_url": "https://www.youtube.com/watch?v=abcdefghijk"},
        ),
        "session": ("PATCH", path_of(market), {"title": "Phiên", "planned_start_at": "2026-12-05T08:00:00+07:00"}),
        "pin": ("POST", path_of(market, "pin"), {"product_id": str(market.product_ids[0])}),
        "login": ("POST", "/api/v1/login", {"login": "nobody", "password": "nothing"}),
    }


def _places(body: dict[str, Any], before: Change = ()) -> list[Change]:
    """Every field of a body, those inside others too."""
    found: list[Change] = []
    for name, value in body.items():
        found.append((*before, name))
        if isinstance(value, dict):
            found += _places(value, (*before, name))
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            found += _places(value[0], (*before, name, "0"))
    return found


def _with(body: dict[str, Any], place: Change, value: object) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(body))
    inner: Any = changed
    for step in place[:-1]:
        inner = inner[int(step)] if step.isdigit() else inner[step]
    inner[place[-1]] = value
    return changed


async def _open_sale(market: Market, host: httpx2.AsyncClient, viewer: httpx2.AsyncClient) -> dict[str, tuple[str, str, dict[str, Any]]]:
    content = {"product_id": str(market.product_ids[0]), "flash_price_vnd": 39_000, "total_quantity": 1_000, "open_now": True}
    offer = (await host.post(path_of(market, "offers"), json=content)).json()
    receipt = (await viewer.post(path_of(market, "orders"), json=an_order(offer))).json()
    payment = {"order_id": None, "reference": "FT1", "amount_vnd": 1, "received_at": "2026-11-23T09:30:00+07:00"}
    payment_id = (await host.post("/api/v1/payments", json=payment)).json()["payment_id"]
    return _bodies(market, offer, receipt, payment_id)


@pytest.mark.timeout(180)
async def test_no_absurd_value_in_any_body_breaks_the_service(market: Market) -> None:
    """Every field with every kind of value by itself; then every list and page is still readable."""
    broken: list[tuple[Any, ...]] = []
    async with market.browser(market.organiser) as staff, a_viewer(market) as viewer:
        bodies = await _open_sale(market, staff, viewer)
        for name, (method, path, body) in bodies.items():
            client = viewer if name == "order" else staff
            right = await _send(client, method, path, body)
            assert right.status_code < 400 or name == "login", (name, right.text)
            for place in _places(body):
                for value in ABSURD:
                    answer = await _send(client, method, path, _with(body, place, value))
                    if answer.status_code >= 500:
                        broken.append((name, place, value, answer.status_code, answer.json().get("code")))
        for wild in (2**63, 10**30, "x", "-1"):
            answer = await staff.get(path_of(market, "orders"), params={"before": str(wild)})
            broken += [("before", wild, answer.status_code)] if answer.status_code >= 500 else []
        after = [await staff.get(path) for path in _readable(market)]

    assert broken == []
    assert [(answer.url.path, answer.status_code) for answer in after if answer.status_code != 200] == []


def _readable(market: Market) -> list[str]:
    return [
        *(path_of(market, *parts) for parts in ((), ("offers",), ("orders",), ("report",), ("stats",))),
        *("/api/v1/sessions", "/api/v1/payments/work-list", "/", "/host", "/organiser"),
    ]


async def _send(client: httpx2.AsyncClient, method: str, path: str, body: object) -> httpx2.Response:
    return await client.request(method, path, content=json.dumps(body), headers={"content-type": "application/json"})


changes = st.lists(st.tuples(st.integers(0, 1_000), absurd_values), min_size=1, max_size=3)


@pytest.mark.timeout(180)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(course=st.lists(st.tuples(st.integers(0, 100), changes), min_size=1, max_size=5))
async def test_no_course_of_absurd_bodies_breaks_the_service(market: Market, course: list[tuple[int, list[tuple[int, object]]]]) -> None:
    async with market.browser(market.organiser) as staff, a_viewer(market) as viewer:
        bodies = list((await _open_sale(market, staff, viewer)).items())
        for number, changed in course:
            name, (method, path, body) = bodies[number % len(bodies)]
            places = _places(body)
            for at, value in changed:
                place = places[at % len(places)]
                try:
                    body = _with(body, place, value)
                except (TypeError, KeyError, IndexError):
                    continue  # what was around it has become something else
            answer = await _send(viewer if name == "order" else staff, method, path, body)
            assert answer.status_code < 500, (name, body, answer.text)
        assert (await staff.get(path_of(market, "offers"))).status_code == 200
