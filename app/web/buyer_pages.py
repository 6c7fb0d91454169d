"""The buyer's pages: an order behind its link, the orders of this device, the lookup. They hold nothing: their scripts ask the API.

Nobody keeps a copy, no search engine lists them, and what they link to is not told where somebody came from.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.web.page_route import PageRoute
from app.web.pages import give_ticket
from app.web.rendering import render

_PRIVATE = {"cache-control": "no-store", "x-robots-tag": "noindex, nofollow", "referrer-policy": "no-referrer"}
_ORDER_WORDS = ("order.", "desk.state_", "desk.reason_", "form.", "consent.")

router = APIRouter(route_class=PageRoute, include_in_schema=False, dependencies=[OPEN_TO_EVERYBODY])


@router.get("/o/{code}")
async def order(request: Request, code: str) -> Response:
    """One order. What proves the right to see it stands behind the `#`, where only the page's script reads it."""
    return _private(render(request, "order.html", script="order_page.js", words=_ORDER_WORDS, facts={"code": code}))


@router.get("/my-orders")
async def my_orders(request: Request) -> Response:
    """All orders of this device, by its ticket; one that has none yet gets it here."""
    page = render(request, "my_orders.html", script="my_orders_page.js", words=(*_ORDER_WORDS, "viewer."), facts={})
    give_ticket(request, page)
    return _private(page)


@router.get("/lookup")
async def lookup(request: Request) -> Response:
    """How far an order is, by phone and code."""
    return _private(render(request, "lookup.html", script="lookup_page.js", words=_ORDER_WORDS, facts={}))


def _private(page: Response) -> Response:
    page.headers.update(_PRIVATE)
    return page
