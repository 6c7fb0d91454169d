"""Every route has been decided about: the table says who may use it, the route's dependencies and its real answers agree."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI

from app.accounts.access import LOGIN_COOKIE
from app.accounts.permissions import ROLES, RULES, Action, Role
from app.main import services_of
from app.protocol.client_commands import StaffCommand
from app.settings import PROJECT_ROOT
from app.web.authorisation import command_routes, render_authorisation
from tests.accounts.builders import a_user
from tests.architecture.service_routes import access_asked_by, name_of, routes_of, the_service
from tests.people import PASSWORD
from tests.whole_service import a_client, whole_service

S = "/api/v1/sessions/{session_id}"

# A route that is not here fails the test below. Write down who may use it, then say so at the route: `dependencies=[needs(Action.…)]`
# (`app/accounts/access.py`), or public = OPEN_TO_EVERYBODY, order link = FOR_ORDER_LINK (`app/infra/open_doors.py`), ticket = ViewerDevice.
# Who may do an action stands in `app/accounts/permissions.py`; whether it is this very session of theirs, the services ask.
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
    "GET /s/{session_id}/overlay": "public",
    "GET /login": "public",
    "GET /s/{session_id}/calendar.ics": "public",
    "GET /s/{session_id}/rules": "public",
    "GET /s/{session_id}/share.jpg": "public",
    "GET /words/{language}-{version}.js": "public",
    "GET /b/{producer_id}": "public",
    "GET /b/{producer_id}/poster": "public",
    "GET /xa/{ward_code}": "public",
    "GET /o/{code}": "public",
    "GET /my-orders": "public",
    "GET /lookup": "public",
    "GET /host": "see_sessions",
    "GET /host/{session_id}": "see_board",
    "GET /host/{session_id}/edit": "prepare_sessions",
    "GET /host/{session_id}/orders": "work_orders",
    "GET /host/{session_id}/comments": "run_sessions",
    "GET /organiser/comment-orders": "set_rules",
    "GET /organiser/goods": "keep_goods",
    "GET /organiser/goods/import": "keep_goods",
    "GET /organiser/goods/producers/new": "keep_goods",
    "GET /organiser/goods/producers/{producer_id}": "keep_goods",
    "GET /organiser/goods/producers/{producer_id}/add": "keep_goods",
    "GET /organiser/goods/products/{product_id}": "keep_goods",
    "GET /organiser": "open_reports",
    "GET /organiser/{session_id}": "open_reports",
    "GET /organiser/{session_id}/orders": "work_orders",
    "GET /organiser/programmes": "read_programmes",
    "GET /organiser/programmes/{programme_id}": "read_programmes",
    "GET /api/v1/programmes": "read_programmes",
    "POST /api/v1/programmes": "keep_programmes",
    "PUT /api/v1/programmes/{programme_id}": "keep_programmes",
    "GET /api/v1/programmes/{programme_id}": "read_programmes",
    "GET /api/v1/programmes/{programme_id}/candidates": "keep_programmes",
    "GET /api/v1/programmes/{programme_id}/chosen-sessions": "keep_programmes",
    "PUT /api/v1/programmes/{programme_id}/chosen-sessions": "keep_programmes",
    "GET /api/v1/programmes/{programme_id}/sessions": "read_programmes",
    "GET /api/v1/programmes/{programme_id}/leagues/{by}": "read_programmes",
    "GET /api/v1/comparison": "read_reports",
    "GET /organiser/compare": "open_reports",
    "GET /api/v1/union-units": "read_programmes",
    "POST /api/v1/union-units": "keep_programmes",
    "PUT /api/v1/union-units/{unit_id}": "keep_programmes",
    "PUT /api/v1/people/{user_id}/union-unit": "keep_programmes",
    f"PUT {S}/union-unit": "keep_programmes",
    "GET /desk": "work_orders",
    "POST /api/v1/login": "public",
    "POST /api/v1/logout": "public",
    "GET /api/v1/me": "own_account",
    "GET /organiser/people": "manage_people",
    "GET /account": "own_account",
    "GET /invitation": "public",
    "GET /api/v1/people": "manage_people",
    "PUT /api/v1/people/{user_id}/roles": "manage_people",
    "POST /api/v1/people/{user_id}/close": "manage_people",
    "DELETE /api/v1/people/{user_id}/second-factor": "manage_people",
    "GET /api/v1/invitations": "manage_people",
    "POST /api/v1/invitations": "manage_people",
    "DELETE /api/v1/invitations/{invitation_id}": "manage_people",
    "POST /api/v1/invitation/look": "public",
    "POST /api/v1/invitation/accept": "public",
    "GET /api/v1/account": "own_account",
    "PUT /api/v1/account/password": "own_account",
    "DELETE /api/v1/account/sign-ins/{sign_in_id}": "own_account",
    "DELETE /api/v1/account/sign-ins": "own_account",
    "POST /api/v1/account/second-factor": "own_account",
    "POST /api/v1/account/second-factor/confirm": "own_account",
    "POST /api/v1/account/second-factor/drop": "own_account",
    "GET /api/v1/account/tokens": "own_account",
    "POST /api/v1/account/tokens": "own_account",
    "DELETE /api/v1/account/tokens/{token_id}": "own_account",
    "GET /api/v1/addresses/provinces": "public",
    "GET /api/v1/addresses/search": "public",
    "GET /api/v1/addresses/provinces/{province_code}/wards": "public",
    "GET /api/v1/producers": "keep_goods",
    "POST /api/v1/producers": "add_producers",
    "PATCH /api/v1/producers/{producer_id}": "keep_goods",
    "GET /api/v1/products": "keep_goods",
    "POST /api/v1/products": "keep_goods",
    "PATCH /api/v1/products/{product_id}": "keep_goods",
    "GET /api/v1/products/{product_id}": "keep_goods",
    "POST /api/v1/producers/{producer_id}/pictures": "keep_goods",
    "GET /api/v1/producers/{producer_id}/pictures": "keep_goods",
    "DELETE /api/v1/pictures/{picture_id}": "keep_goods",
    "GET /pictures/{picture_id}/{name}": "public",
    "GET /api/v1/producers/{producer_id}/logins": "manage_people",
    "POST /api/v1/producers/{producer_id}/logins": "manage_people",
    "POST /api/v1/producers/{producer_id}/logins/{user_id}/close": "manage_people",
    "POST /api/v1/producers/{producer_id}/booth": "open_booths",
    "POST /api/v1/producers/{producer_id}/booth/close": "open_booths",
    "GET /api/v1/products/{product_id}/papers": "keep_goods",
    "PUT /api/v1/products/{product_id}/papers": "set_rules",
    "DELETE /api/v1/products/{product_id}/papers": "set_rules",
    "GET /api/v1/listing-gate": "keep_goods",
    "PUT /api/v1/listing-gate": "set_rules",
    "GET /api/v1/goods/table.{form}": "keep_goods",
    "GET /api/v1/goods/template.{form}": "keep_goods",
    "POST /api/v1/goods/imports/preview": "keep_goods",
    "POST /api/v1/goods/imports/whole": "keep_goods",
    "POST /api/v1/goods/imports/right-rows": "keep_goods",
    "GET /api/v1/sessions": "public",
    "POST /api/v1/sessions": "create_sessions",
    f"GET {S}": "public",
    f"PATCH {S}": "prepare_sessions",
    f"POST {S}/transitions": "run_sessions",
    f"PUT {S}/products": "prepare_sessions",
    f"GET {S}/products/{{product_id}}": "public",
    f"GET {S}/moments.json": "public",
    f"GET {S}/moments.vtt": "public",
    f"PUT {S}/recording": "prepare_sessions",
    f"POST {S}/pin": "run_sessions",
    f"POST {S}/order-search": "reveal_receivers",
    f"POST {S}/complaints": "ticket",
    f"GET {S}/complaints/mine": "ticket",
    "GET /api/v1/complaints": "handle_complaints",
    "POST /api/v1/complaints/{complaint_id}/work": "handle_complaints",
    "POST /api/v1/complaints/{complaint_id}/answer": "handle_complaints",
    "POST /api/v1/complaints/{complaint_id}/contact": "handle_complaints",
    "GET /organiser/complaints": "handle_complaints",
    "GET /api/v1/livestream-rules": "set_rules",
    "PUT /api/v1/livestream-rules": "set_rules",
    f"GET {S}/livestream-rules": "public",
    "GET /api/v1/shipping": "prepare_sessions",
    "PUT /api/v1/shipping": "set_rules",
    f"GET {S}/warnings": "warn_on_screen",
    f"PUT {S}/warning": "warn_on_screen",
    f"GET {S}/shipping": "prepare_sessions",
    f"PUT {S}/shipping": "prepare_sessions",
    f"PATCH {S}/offers/{{offer_id}}": "run_sessions",
    f"POST {S}/offers/{{offer_id}}/drop": "run_sessions",
    f"GET {S}/comments": "see_board",
    f"GET {S}/questions": "moderate_comments",
    f"POST {S}/questions/answered": "moderate_comments",
    f"PUT {S}/questions/own-answers/{{topic}}": "prepare_sessions",
    f"GET {S}/claims": "work_orders",
    f"GET {S}/claims/mine": "ticket",
    f"POST {S}/claims/{{claim_id}}/order": "work_orders",
    f"POST {S}/claims/mine/{{claim_id}}/order": "ticket",
    f"PUT {S}/claims/{{claim_id}}/lines": "work_orders",
    f"POST {S}/claims/{{claim_id}}/rejection": "work_orders",
    f"POST {S}/claims/{{claim_id}}/phone": "reveal_receivers",
    f"GET {S}/comment-orders": "work_orders",
    f"PUT {S}/comment-orders": "run_sessions",
    "GET /api/v1/comment-orders": "work_orders",
    "PUT /api/v1/comment-orders": "set_rules",
    f"GET {S}/comment-sources": "run_sessions",
    f"POST {S}/comment-sources": "run_sessions",
    f"DELETE {S}/comment-sources/{{source_id}}": "run_sessions",
    "POST /api/v1/comment-sources/{source_id}/comments": "signed",
    "POST /api/v1/comment-sources/{source_id}/social-stream": "signed",
    f"GET {S}/stock": "see_board",
    f"PUT {S}/stock/{{product_id}}": "run_sessions",
    f"POST {S}/quote": "ticket",
    f"POST {S}/tickets": "public",
    f"POST {S}/bridge-tokens": "run_sessions",
    f"GET {S}/moderation": "moderate_comments",
    f"GET {S}/moderation/hidden": "moderate_comments",
    f"PUT {S}/moderation/rules": "moderate_comments",
    f"PUT {S}/moderation/notice": "moderate_comments",
    f"PUT {S}/moderation/pinned-comment": "moderate_comments",
    f"POST {S}/comments/{{comment_id}}/hide": "moderate_comments",
    f"POST {S}/comments/{{comment_id}}/restore": "moderate_comments",
    f"PUT {S}/comments/{{comment_id}}/question": "moderate_comments",
    f"POST {S}/restrictions": "moderate_comments",
    f"POST {S}/restrictions/{{restriction_id}}/lift": "moderate_comments",
    f"POST {S}/restrictions/lift": "moderate_comments",
    f"POST {S}/moderation/sweeps": "moderate_comments",
    f"GET {S}/tick": "public",
    f"POST {S}/presence": "ticket",
    f"GET {S}/offers": "public",
    f"POST {S}/offers": "run_sessions",
    f"POST {S}/offers/{{offer_id}}/open": "run_sessions",
    f"POST {S}/offers/{{offer_id}}/extend": "run_sessions",
    f"POST {S}/offers/{{offer_id}}/end": "run_sessions",
    f"POST {S}/orders": "ticket",
    f"GET {S}/orders/mine": "ticket",
    f"GET {S}/orders": "work_orders",
    f"GET {S}/orders/{{order_id}}": "work_orders",
    f"POST {S}/orders/{{order_id}}/receiver": "reveal_receivers",
    f"POST {S}/orders/{{order_id}}/steps": "work_orders",
    f"POST {S}/orders/{{order_id}}/changes": "work_orders",
    f"POST {S}/orders/{{order_id}}/returns": "work_orders",
    f"POST {S}/orders/{{order_id}}/refunds": "work_orders",
    f"POST {S}/orders/{{order_id}}/complaints/{{complaint_id}}/answer": "work_orders",
    "GET /api/v1/desk/queues": "work_orders",
    "GET /api/v1/desk/orders": "work_orders",
    f"GET {S}/payment-ways": "public",
    "GET /api/v1/desk/claims": "work_orders",
    f"GET {S}/orders/{{order_id}}/claims": "work_orders",
    "POST /api/v1/sessions/{session_id}/claims/{claim_id}/ask-again": "work_orders",
    "POST /api/v1/desk/next": "work_orders",
    "POST /api/v1/desk/search": "work_orders",
    "POST /api/v1/desk/bulk/preview": "work_orders",
    "POST /api/v1/desk/bulk": "work_orders",
    "POST /api/v1/desk/bulk/undo": "work_orders",
    "POST /api/v1/desk/bulk/assignment/preview": "work_orders",
    "PUT /api/v1/desk/bulk/assignment": "work_orders",
    "GET /api/v1/desk/colleagues": "work_orders",
    "GET /api/v1/desk/advice": "work_orders",
    f"GET {S}/orders/{{order_id}}/work": "work_orders",
    f"GET {S}/orders/{{order_id}}/buyer": "work_orders",
    f"PUT {S}/orders/{{order_id}}/hold": "work_orders",
    f"DELETE {S}/orders/{{order_id}}/hold": "work_orders",
    f"POST {S}/orders/{{order_id}}/calls": "work_orders",
    f"POST {S}/orders/{{order_id}}/held-steps": "work_orders",
    f"POST {S}/orders/{{order_id}}/undo": "work_orders",
    f"PUT {S}/orders/{{order_id}}/assignment": "work_orders",
    f"POST {S}/orders/{{order_id}}/notes": "work_orders",
    "GET /api/v1/parcels/counts": "pack_parcels",
    "GET /api/v1/parcels": "pack_parcels",
    "POST /api/v1/parcels/preview": "make_parcels",
    "POST /api/v1/parcels": "make_parcels",
    "POST /api/v1/parcels/labels": "print_receivers",
    "POST /api/v1/parcels/slips": "print_receivers",
    "POST /api/v1/parcels/pick-list": "pack_parcels",
    "POST /api/v1/parcels/packing-list": "pack_parcels",
    "POST /api/v1/parcels/picks": "pack_parcels",
    "PUT /api/v1/parcels/rules": "set_rules",
    "GET /api/v1/parcels/by-code/{code}": "pack_parcels",
    "GET /api/v1/parcels/{parcel_id}": "pack_parcels",
    "DELETE /api/v1/parcels/{parcel_id}": "make_parcels",
    "PUT /api/v1/parcels/{parcel_id}/sizes": "pack_parcels",
    "POST /api/v1/parcels/{parcel_id}/scans": "pack_parcels",
    "POST /api/v1/parcels/{parcel_id}/packed": "pack_parcels",
    "POST /api/v1/parcels/{parcel_id}/reopened": "pack_parcels",
    "POST /api/v1/parcels/{parcel_id}/looked-at": "pack_parcels",
    "POST /api/v1/parcels/{parcel_id}/split": "make_parcels",
    "POST /api/v1/parcels/{parcel_id}/merged": "make_parcels",
    "WS /ws/desk": "work_orders",
    "GET /api/v1/seller-contact": "work_orders",
    "PUT /api/v1/seller-contact": "set_rules",
    "GET /api/v1/order-pages/{code}": "order link",
    "PUT /api/v1/order-pages/{code}/receiver": "order link",
    "POST /api/v1/order-pages/{code}/cancellation": "order link",
    "POST /api/v1/order-pages/{code}/complaints": "order link",
    "PUT /api/v1/order-pages/{code}/consents/{purpose}": "order link",
    "GET /api/v1/order-pages/{code}/personal-data": "order link",
    "POST /api/v1/order-pages/{code}/erasure": "order link",
    "GET /api/v1/order-pages/{code}/vietqr.{picture}": "order link",
    "GET /api/v1/carrier-mappings": "send_parcels",
    "POST /api/v1/carrier-mappings": "send_parcels",
    "PUT /api/v1/carrier-mappings/{mapping_id}": "send_parcels",
    "DELETE /api/v1/carrier-mappings/{mapping_id}": "send_parcels",
    "GET /api/v1/carrier-parcels": "send_parcels",
    "GET /api/v1/carrier-files": "send_parcels",
    "POST /api/v1/carrier-files/preview": "send_parcels",
    "POST /api/v1/carrier-files": "print_receivers",
    "POST /api/v1/carrier-reports/preview": "send_parcels",
    "POST /api/v1/carrier-reports": "send_parcels",
    "GET /api/v1/carrier-work": "send_parcels",
    "POST /api/v1/carrier-work/{event_id}/settlement": "send_parcels",
    "POST /api/v1/parcel-handovers/preview": "send_parcels",
    "POST /api/v1/parcel-handovers": "send_parcels",
    "POST /api/v1/parcel-handovers/scans": "send_parcels",
    "POST /api/v1/parcel-handovers/{mark}/undo": "send_parcels",
    "GET /api/v1/carrier-accounts": "send_parcels",
    "PUT /api/v1/carrier-accounts/{carrier}": "set_carriers",
    "DELETE /api/v1/carrier-accounts/{carrier}": "set_carriers",
    "POST /api/v1/carrier-accounts/{carrier}/prices": "send_parcels",
    "POST /api/v1/carrier-accounts/{carrier}/orders": "print_receivers",
    "POST /api/v1/carrier-accounts/{carrier}/cancellations": "send_parcels",
    "POST /api/v1/carrier-accounts/{carrier}/checks": "send_parcels",
    "POST /api/v1/carrier-notices/{account_id}": "carrier secret",
    "GET /organiser/carriers": "send_parcels",
    "GET /api/v1/settlements": "see_settlements",
    "GET /api/v1/settlement-rules": "see_settlements",
    "PUT /api/v1/settlement-rules": "settle",
    "GET /api/v1/settlements/{producer_id}": "see_settlements",
    "GET /api/v1/settlements/{producer_id}/next": "see_settlements",
    "GET /api/v1/settlements/{producer_id}/next/sessions": "see_settlements",
    "GET /api/v1/settlements/{producer_id}/orders/{order_id}": "see_settlements",
    "GET /api/v1/settlements/{producer_id}/{number}": "see_settlements",
    "GET /api/v1/settlements/{producer_id}/next/settlement.{sheet}": "see_settlements",
    "GET /api/v1/settlements/{producer_id}/{number}/settlement.{sheet}": "see_settlements",
    "GET /organiser/settlements": "see_settlements",
    "POST /api/v1/settlements/{producer_id}/agreements": "settle",
    "POST /api/v1/settlements/{producer_id}/{number}/payouts": "settle",
    "POST /api/v1/settlements/{producer_id}/charges": "settle",
    "DELETE /api/v1/settlements/{producer_id}/charges/{charge_id}": "settle",
    "GET /api/v1/bank-accounts": "book_payments",
    "PUT /api/v1/bank-accounts": "set_bank_accounts",
    "DELETE /api/v1/bank-accounts/{account_id}": "set_bank_accounts",
    "GET /api/v1/bank-feeds": "set_bank_accounts",
    "PUT /api/v1/bank-feeds/{provider}": "set_bank_accounts",
    "DELETE /api/v1/bank-feeds/{provider}": "set_bank_accounts",
    "POST /api/v1/bank-notices/{feed_id}": "bank secret",
    "POST /api/v1/statements/preview": "book_payments",
    "POST /api/v1/statements": "book_payments",
    "POST /api/v1/collections/preview": "book_payments",
    "POST /api/v1/collections": "book_payments",
    "GET /api/v1/collections": "book_payments",
    "GET /api/v1/money-work": "book_payments",
    "POST /api/v1/money-work/{payment_id}/assignment": "book_payments",
    "POST /api/v1/money-work/{payment_id}/settlement": "book_payments",
    "GET /organiser/payments": "book_payments",
    "GET /organiser/parcels": "pack_parcels",
    "GET /api/v1/my-orders": "ticket",
    "GET /api/v1/my-data": "ticket",
    "POST /api/v1/my-data/erasure": "ticket",
    "POST /api/v1/order-lookup": "public",
    "POST /api/v1/payments": "book_payments",
    "POST /api/v1/payments/{payment_id}/settlement": "book_payments",
    "GET /api/v1/payments/work-list": "book_payments",
    f"GET {S}/stats": "read_figures",
    "GET /api/v1/metrics/definitions": "public",
    f"GET {S}/report": "read_reports",
    f"GET {S}/report/minutes.csv": "read_reports",
    f"GET {S}/report/products.csv": "read_reports",
    f"GET {S}/report/moment": "read_reports",
    f"GET {S}/report/comments": "read_reports",
    f"GET {S}/report/offers/{{offer_id}}/end": "read_reports",
    f"GET {S}/report/closing": "read_reports",
    f"GET {S}/imported-figures": "read_reports",
    f"PUT {S}/imported-figures": "run_sessions",
    f"POST {S}/imported-figures/preview": "run_sessions",
    f"GET {S}/statement": "read_reports",
    f"GET {S}/export.zip": "read_reports",
    f"POST {S}/exports": "read_reports",
    f"POST {S}/table-exports": "read_reports",
    f"GET {S}/table-exports": "read_reports",
    "POST /api/v1/programmes/{programme_id}/table-exports": "read_programmes",
    "GET /api/v1/programmes/{programme_id}/table-exports": "read_programmes",
    "GET /api/v1/programmes/{programme_id}/table-exports/{job_id}": "read_programmes",
    "DELETE /api/v1/programmes/{programme_id}/table-exports/{job_id}": "cancel_jobs",
    "GET /api/v1/programmes/{programme_id}/table-exports/{job_id}/file": "read_programmes",
    f"POST {S}/accounting-list": "reveal_receivers",
    f"GET {S}/publication": "read_reports",
    f"PUT {S}/publication": "publish_reports",
    "GET /api/v1/open/sessions/{session_id}/minutes.json": "public",
    "GET /api/v1/open/sessions/{session_id}/minutes.csv": "public",
    "GET /api/v1/open/sessions/{session_id}/report": "public",
    "GET /api/v1/open/sessions/{session_id}/export.zip": "public",
    "GET /r/{session_id}": "public",
    f"POST {S}/verifications": "read_reports",
    "GET /api/v1/jobs/{job_id}": "read_reports",
    "DELETE /api/v1/jobs/{job_id}": "cancel_jobs",
    "GET /api/v1/jobs/{job_id}/file": "read_reports",
    "GET /api/v1/organisations/{organisation_id}/public-key": "public",
    "WS /ws/sessions/{session_id}": "ticket",
    "WS /ws/sessions/{session_id}/board": "see_board",
    "WS /ws/sessions/{session_id}/bridge": "bridge token",
}

REFUSALS = {
    "ticket": (401, "ticket_invalid"),
    "bridge token": (401, "bridge_token_invalid"),
    "bank secret": (401, "notice_not_genuine"),
    "carrier secret": (401, "carrier_notice_not_genuine"),
    **{str(action): (401, "not_signed_in") for action in Action},
}
# The secret of the order's link comes with the request; without it there is no such order.
# What is signed is asked about its body first; tests/comment_orders has wrong signatures.
OPEN = ("public", "order link", "signed")
PAGES = ("GET /desk", "GET /host", "GET /organiser", "GET /account")
SOME_ID = str(UUID(int=1))


@pytest.fixture(scope="module")
async def service(module_postgres_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with whole_service(module_postgres_url, redis_url, f"test-access-{uuid4().hex[:12]}") as opened:
        yield opened


def is_page(name: str) -> bool:
    return name.startswith(PAGES)


def a_path(name: str) -> tuple[str, str]:
    """Method and path of a request to a route, with some id in every blank."""
    method, _, path = name.partition(" ")
    return method, "/".join(SOME_ID if part.startswith("{") else part for part in path.split("/"))


def test_every_route_has_been_decided_about() -> None:
    assert {name_of(route) for route in routes_of(the_service())} == set(ACCESS)


def test_every_route_asks_for_what_the_table_says() -> None:
    asked = {name_of(route): access_asked_by(route) for route in routes_of(the_service())}

    assert asked == ACCESS


def test_every_command_of_a_staff_socket_names_an_action() -> None:
    routes = command_routes()

    assert {kind.__name__ for kind in get_args(StaffCommand) if routes[kind].action not in set(Action)} == set()


def test_every_action_has_a_rule_and_somebody_who_may() -> None:
    assert set(RULES) == set(Action)
    assert [action for action in Action if "organiser" not in RULES[action].roles] == []


def test_the_page_of_the_table_is_exactly_what_make_gen_writes() -> None:
    ((path, text),) = render_authorisation(the_service()).items()

    assert (PROJECT_ROOT / path).read_text(encoding="utf-8") == text, f"{path} is stale, run `make gen`"


async def test_strangers_are_refused_wherever_the_table_says_so(service: FastAPI) -> None:
    guarded = [name for name, access in ACCESS.items() if access not in OPEN and not name.startswith("WS ") and not is_page(name)]

    async with a_client(service) as client:
        answers = {name: await client.request(*a_path(name)) for name in guarded}

    assert len(guarded) > 25
    assert {name: (answer.status_code, answer.json()["code"]) for name, answer in answers.items()} == {
        name: REFUSALS[ACCESS[name]] for name in guarded
    }


async def test_strangers_on_a_staff_page_are_shown_to_the_login(service: FastAPI) -> None:
    async with a_client(service) as client:
        answers = [await client.request(*a_path(name)) for name in ACCESS if is_page(name)]

    assert len(answers) > 15
    assert {answer.status_code for answer in answers} == {303}
    assert all(answer.headers["location"].startswith("/login?next=") for answer in answers)


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_is_refused_wherever_the_table_does_not_name_it(service: FastAPI, role: Role) -> None:
    user = await a_user(services_of(service).accounts, f"{role}.{uuid4().hex[:8]}", role=role)
    closed = [name for name, access in ACCESS.items() if access in set(Action) and role not in RULES[Action(access)].roles]

    async with a_client(service) as client:
        await client.post("/api/v1/login", json={"username": user.login, "password": PASSWORD})
        answers = {name: await client.request(*a_path(name)) for name in closed if not name.startswith("WS ")}
        board = await _ask_for_socket(service, a_path(f"WS /ws/sessions/{SOME_ID}/board")[1], cookie=client.cookies[LOGIN_COOKIE])

    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 403)
    assert board[0] in {403, 404}
    assert (role == "organiser") == (not closed)


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
