"""The routes of the service as `app.main` puts them together, also those that are not in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.routing import BaseRoute, Mount, Route

from app.accounts.access import require_goods_keeper, require_organiser, require_user
from app.main import create_app
from app.realtime.viewer_device import device_of
from app.settings import load_settings

# The dependency that asks for it decides; a route that asks for none is open to everybody.
_ASKED_BY = (
    (require_organiser, "organiser"),
    (require_user, "signed in"),
    (require_goods_keeper, "goods keeper"),
    (device_of, "ticket"),
)


def the_service() -> FastAPI:
    """The application, wired but not started: no store is opened."""
    return create_app(load_settings())


def routes_of(app: FastAPI) -> Iterator[BaseRoute]:
    """Every route, however deep its router was included."""
    return _flat(app.routes)


def _flat(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from _flat(included.routes)


def name_of(route: BaseRoute) -> str:
    """Method and path, e.g. `GET /healthz`; sockets are `WS`, folders of files `FILES`."""
    match route:
        case APIWebSocketRoute():
            return f"WS {route.path}"
        case APIRoute() | Route():
            methods = sorted((route.methods or set()) - {"HEAD"})
            return f"{'|'.join(methods)} {route.path}"
        case Mount():
            return f"FILES {route.path}"
        case _:
            raise AssertionError(f"{type(route).__name__} is a kind of route that nobody has thought about")


def access_asked_by(route: APIRoute) -> str:
    """What the route's dependencies ask for: organiser, signed in, goods keeper, ticket, or public."""
    used = set(_calls(route.dependant))
    return next((access for call, access in _ASKED_BY if call in used), "public")


def _calls(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for each in dependant.dependencies:
        yield from _calls(each)
