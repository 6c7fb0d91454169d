"""Every route has been decided about: the table says who may use it, the route's dependencies and its real answers agree."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from app.accounts.access import LOGIN_COOKIE
from app.main import create_app, services_of
from app.settings import load_settings
from tests.accounts.builders import PASSWORD, a_user
from tests.architecture.service_routes import access_asked_by, name_of, routes_of, the_service

S = "/api/v1/sessions/{session_id}"

# A route that is not here fails the test below. Write down who may use it, then give it the dependency that asks for it:
# public = nothing, ticket = ViewerDevice, signed in = SignedInUser, goods keeper = GoodsKeeper (a producer, too), organiser = Organiser
# (`app/accounts/access.py`).
# Whether a signed-in user is in charge of this very session is decided by the services, not here.
ACCESS = {
    "GET /healthz": "public",
    "GET /readyz": "public",
    "GET /metrics": "public",
    "GET /api/v1/openapi.json": "public",
    "FILES /static": "public",
    "GET /robots.txt": "public",
    "GET /favicon.ico": "public",
    "GET /": "public",
    "GET /s/{session_id}": "public",
    "GET /login": "public",
    "GET /s/{session_id}/calendar.ics": "public",
    "GET /b/{producer_id}": "public",
    "GET /b/{producer_id}/poster": "public",
    "GET /xa/{ward_code}": "public",
    "GET /o/{code}": "public",
    "GET /my-orders": "public",
    "GET /lookup": "public",
    "GET /host": "signed in",
    "GET /host/{session_id}": "signed in",
    "GET /host/{session_id}/edit": "signed in",
    "GET /host/{session_id}/orders": "signed in",
    "GET /organiser/goods": "goods keeper",
    "GET /organiser/goods/import": "goods keeper",
    "GET /organiser/goods/producers/new": "goods keeper",
    "GET /organiser/goods/producers/{producer_id}": "goods keeper",
    "GET /organiser/goods/producers/{producer_id}/add": "goods keeper",
    "GET /organiser/goods/products/{product_id}": "goods keeper",
    "GET /organiser": "organiser",
    "GET /organiser/{session_id}": "organiser",
    "GET /organiser/{session_id}/orders": "organiser",
    "POST /api/v1/login": "public",
    "POST /api/v1/logout": "public",
    "GET /api/v1/me": "goods keeper",
    "GET /api/v1/addresses/provinces": "public",
    "GET /api/v1/addresses/search": "public",
    "GET /api/v1/addresses/provinces/{province_code}/wards": "public",
    "GET /api/v1/producers": "goods keeper",
    "POST /api/v1/producers": "goods keeper",
    "PATCH /api/v1/producers/{producer_id}": "goods keeper",
    "GET /api/v1/products": "goods keeper",
    "POST /api/v1/products": "goods keeper",
    "PATCH /api/v1/products/{product_id}": "goods keeper",
    "GET /api/v1/products/{product_id}": "goods keeper",
    "POST /api/v1/producers/{producer_id}/pictures": "goods keeper",
    "GET /api/v1/producers/{producer_id}/pictures": "goods keeper",
    "DELETE /api/v1/pictures/{picture_id}": "goods keeper",
    "GET /pictures/{picture_id}/{name}": "public",
    "GET /api/v1/producers/{producer_id}/logins": "organiser",
    "POST /api/v1/producers/{producer_id}/logins": "organiser",
    "POST /api/v1/producers/{producer_id}/logins/{user_id}/close": "organiser",
    "POST /api/v1/producers/{producer_id}/booth": "organiser",
    "POST /api/v1/producers/{producer_id}/booth/close": "organiser",
    "GET /api/v1/listing-gate": "goods keeper",
    "PUT /api/v1/listing-gate": "organiser",
    "GET /api/v1/goods/table.{form}": "goods keeper",
    "GET /api/v1/goods/template.{form}": "goods keeper",
    "POST /api/v1/goods/imports/preview": "goods keeper",
    "POST /api/v1/goods/imports/whole": "goods keeper",
    "POST /api/v1/goods/imports/right-rows": "goods keeper",
    "GET /api/v1/sessions": "public",
    "POST /api/v1/sessions": "signed in",
    f"GET {S}": "public",
    f"PATCH {S}": "signed in",
    f"POST {S}/transitions": "signed in",
    f"PUT {S}/products": "signed in",
    f"GET {S}/products/{{product_id}}": "public",
    f"GET {S}/moments.json": "public",
    f"GET {S}/moments.vtt": "public",
    f"POST {S}/pin": "signed in",
    "GET /api/v1/shipping": "signed in",
    "PUT /api/v1/shipping": "organiser",
    f"PUT {S}/shipping": "signed in",
    f"GET {S}/questions": "signed in",
    f"POST {S}/questions/answered": "signed in",
    f"PUT {S}/questions/own-answers/{{topic}}": "signed in",
    f"GET {S}/stock": "signed in",
    f"PUT {S}/stock/{{product_id}}": "signed in",
    f"POST {S}/quote": "ticket",
    f"POST {S}/tickets": "public",
    f"POST {S}/bridge-tokens": "signed in",
    f"GET {S}/tick": "public",
    f"POST {S}/presence": "ticket",
    f"GET {S}/offers": "public",
    f"POST {S}/offers": "signed in",
    f"POST {S}/offers/{{offer_id}}/open": "signed in",
    f"POST {S}/offers/{{offer_id}}/extend": "signed in",
    f"POST {S}/offers/{{offer_id}}/end": "signed in",
    f"POST {S}/orders": "ticket",
    f"GET {S}/orders/mine": "ticket",
    f"GET {S}/orders": "signed in",
    f"GET {S}/orders/{{order_id}}": "signed in",
    f"POST {S}/orders/{{order_id}}/receiver": "signed in",
    f"POST {S}/orders/{{order_id}}/steps": "signed in",
    f"POST {S}/orders/{{order_id}}/complaints/{{complaint_id}}/answer": "signed in",
    "GET /api/v1/seller-contact": "signed in",
    "PUT /api/v1/seller-contact": "organiser",
    # The secret token of the order's link decides, which BuyerOrders looks at; any other is `order_not_found`.
    "GET /api/v1/order-pages/{code}": "public",
    "PUT /api/v1/order-pages/{code}/receiver": "public",
    "POST /api/v1/order-pages/{code}/cancellation": "public",
    "POST /api/v1/order-pages/{code}/complaints": "public",
    "PUT /api/v1/order-pages/{code}/consents/{purpose}": "public",
    "GET /api/v1/order-pages/{code}/personal-data": "public",
    "POST /api/v1/order-pages/{code}/erasure": "public",
    "GET /api/v1/my-orders": "ticket",
    "GET /api/v1/my-data": "ticket",
    "POST /api/v1/my-data/erasure": "ticket",
    "POST /api/v1/order-lookup": "public",
    "POST /api/v1/payments": "signed in",
    "POST /api/v1/payments/{payment_id}/settlement": "signed in",
    "GET /api/v1/payments/work-list": "signed in",
    f"GET {S}/stats": "signed in",
    "GET /api/v1/metrics/definitions": "public",
    f"GET {S}/report": "signed in",
    f"GET {S}/report/minutes.csv": "signed in",
    f"GET {S}/report/products.csv": "signed in",
    f"GET {S}/statement": "signed in",
    f"GET {S}/export.zip": "signed in",
    f"POST {S}/exports": "signed in",
    f"POST {S}/verifications": "signed in",
    "GET /api/v1/jobs/{job_id}": "signed in",
    "DELETE /api/v1/jobs/{job_id}": "signed in",
    "GET /api/v1/jobs/{job_id}/file": "signed in",
    "GET /api/v1/organisations/{organisation_id}/public-key": "public",
    "WS /ws/sessions/{session_id}": "ticket",
    "WS /ws/sessions/{session_id}/board": "signed in",
    "WS /ws/sessions/{session_id}/bridge": "bridge token",
}

REFUSALS = {
    "ticket": (401, "ticket_invalid"),
    "signed in": (401, "not_signed_in"),
    "goods keeper": (401, "not_signed_in"),
    "organiser": (401, "not_signed_in"),
    "bridge token": (401, "bridge_token_invalid"),
}
PAGES = ("GET /host", "GET /organiser")
SOME_ID = str(UUID(int=1))


@pytest.fixture
async def service(postgres_url: str, redis_url: str, redis_prefix: str) -> AsyncIterator[FastAPI]:
    settings = load_settings(
        database_url=postgres_url, redis_url=redis_url, redis_prefix=redis_prefix, secret_key="k" * 40, drain_seconds=0.1
    )
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


def a_client(app: FastAPI) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://cho.test")


def is_page(name: str) -> bool:
    return name.startswith(PAGES)


def a_path(name: str) -> tuple[str, str]:
    """Method and path of a request to a route, with some id in every blank."""
    method, _, path = name.partition(" ")
    return method, "/".join(SOME_ID if part.startswith("{") else part for part in path.split("/"))


def test_every_route_has_been_decided_about() -> None:
    assert {name_of(route) for route in routes_of(the_service())} == set(ACCESS)


def test_every_route_asks_for_what_the_table_says() -> None:
    asked = {name_of(route): access_asked_by(route) for route in routes_of(the_service()) if isinstance(route, APIRoute)}

    assert asked == {name: ACCESS[name] for name in asked}


async def test_strangers_are_refused_wherever_the_table_says_so(service: FastAPI) -> None:
    guarded = [name for name, access in ACCESS.items() if access != "public" and not name.startswith("WS ") and not is_page(name)]

    async with a_client(service) as client:
        answers = {name: await client.request(*a_path(name)) for name in guarded}

    assert len(guarded) > 25
    assert {name: (answer.status_code, answer.json()["code"]) for name, answer in answers.items()} == {
        name: REFUSALS[ACCESS[name]] for name in guarded
    }


async def test_strangers_on_a_staff_page_are_shown_to_the_login(service: FastAPI) -> None:
    async with a_client(service) as client:
        answers = [await client.request(*a_path(name)) for name in ACCESS if is_page(name)]

    assert [answer.status_code for answer in answers] == [303] * 13
    assert all(answer.headers["location"].startswith("/login?next=") for answer in answers)


async def test_a_host_is_refused_where_only_an_organiser_may_go(service: FastAPI) -> None:
    user = await a_user(services_of(service).accounts, role="host")

    async with a_client(service) as client:
        await client.post("/api/v1/login", json={"username": user.login, "password": PASSWORD})
        answers = [await client.request(*a_path(name)) for name, access in ACCESS.items() if access == "organiser"]

    assert [answer.status_code for answer in answers] == [403] * sum(access == "organiser" for access in ACCESS.values())


async def test_a_producer_is_refused_wherever_it_is_not_about_goods(service: FastAPI) -> None:
    user = await a_user(services_of(service).accounts, role="producer")
    closed = [name for name, access in ACCESS.items() if access in {"signed in", "organiser"} and not name.startswith("WS ")]

    async with a_client(service) as client:
        await client.post("/api/v1/login", json={"username": user.login, "password": PASSWORD})
        answers = {name: await client.request(*a_path(name)) for name in closed}
        board = await _ask_for_socket(service, a_path(f"WS /ws/sessions/{SOME_ID}/board")[1], cookie=client.cookies[LOGIN_COOKIE])

    assert len(closed) > 25
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(closed, 403)
    assert board == (403, b"forbidden")


@pytest.mark.parametrize("name", [name for name in ACCESS if name.startswith("WS ")])
async def test_a_socket_refuses_strangers_before_the_upgrade(name: str, service: FastAPI) -> None:
    refused = await _ask_for_socket(service, a_path(name)[1])

    assert refused == (REFUSALS[ACCESS[name]][0], REFUSALS[ACCESS[name]][1].encode())


async def test_every_request_that_changes_something_is_refused_from_a_foreign_page() -> None:
    changing = [name for name in ACCESS if name.split(" ")[0] not in {"GET", "WS", "FILES"}]

    async with a_client(the_service()) as client:
        by_origin = [await client.request(*a_path(name), headers={"origin": "https://elsewhere.example"}) for name in changing]
        by_site = [await client.request(*a_path(name), headers={"sec-fetch-site": "cross-site"}) for name in changing]

    assert len(changing) > 15
    assert {(answer.status_code, answer.json()["code"]) for answer in [*by_origin, *by_site]} == {(403, "origin_refused")}


async def _ask_for_socket(app: FastAPI, path: str, *, cookie: str = "") -> tuple[int, bytes]:
    """Status and problem code of a refused upgrade."""
    scope: dict[str, Any] = {
        "type": "websocket",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"cho.test"), (b"origin", b"http://cho.test"), (b"cookie", f"{LOGIN_COOKIE}={cookie}".encode())],
        "scheme": "ws",
        "subprotocols": [],
        "server": ("cho.test", 80),
        "client": ("192.0.2.1", 4711),
        "extensions": {"websocket.http.response": {}},
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    async with asyncio.timeout(10):
        await app(scope, receive, send)
    assert sent[0]["type"] == "websocket.http.response.start", sent
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], body.partition(b'"code": "')[2].partition(b'"')[0]
