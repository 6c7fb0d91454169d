"""How routes, sockets and pages get the services that they need: by type, from the one set that `app/wiring.py` has built."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from starlette.applications import Starlette
from starlette.requests import HTTPConnection

Service = TypeVar("Service")


class Provided:
    """Services by their type; there is one of each."""

    def __init__(self, *services: object) -> None:
        self._by_type = {type(service): service for service in services}

    def of(self, kind: type[Service]) -> Service:
        """The service of this type. Raises `LookupError` when it was not built: a mistake in the wiring."""
        found = self._by_type.get(kind)
        if not isinstance(found, kind):
            raise LookupError(f"no {kind.__name__} is provided")  # noqa: TRY004 - nothing of a wrong type was given
        return found


def provide(app: Starlette, *services: object) -> None:
    """Make these the services of an application, in place of any before."""
    app.state.provided = Provided(*services)


def provided_by(app: Starlette, kind: type[Service]) -> Service:
    """The application's service of this type."""
    services: Provided = app.state.provided
    return services.of(kind)


def provided(kind: type[Service]) -> Callable[[HTTPConnection], Service]:
    """A dependency: `Annotated[OrderDesk, Depends(provided(OrderDesk))]`."""

    def find(connection: HTTPConnection) -> Service:
        return provided_by(connection.app, kind)

    return find
