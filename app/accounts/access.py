"""Who may enter: the login cookie, and the dependencies by which routes, pages and sockets ask for a user."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.websockets import WebSocket
from typing_extensions import override

from app.accounts.current_user import refusal_of
from app.accounts.login_limits import KNOWN_DEVICE_SECONDS
from app.accounts.permissions import API_TOKEN_PREFIX, Action
from app.accounts.service import SIGN_IN_LASTS, AccountService, CurrentUser, require, token_digest
from app.errors import Forbidden, NotSignedIn
from app.infra.problems import add_problem
from app.infra.provided import provided_by
from app.settings import Settings

LOGIN_COOKIE = "ocop_login"
_DEVICE_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")
# Browsers take this prefix only with Secure, Path=/ and no Domain, so no sister domain can plant the cookie.
SECURE_LOGIN_COOKIE = "__Host-ocop_login"


def login_cookie_name(settings: Settings) -> str:
    return SECURE_LOGIN_COOKIE if settings.cookies_are_secure else LOGIN_COOKIE


def set_login_cookie(response: Response, token: str, settings: Settings) -> None:
    """Give the browser its token: unreadable for scripts, never sent along from other sites, for the life of the sign-in."""
    response.set_cookie(
        login_cookie_name(settings),
        token,
        max_age=int(SIGN_IN_LASTS.total_seconds()),
        path="/",
        httponly=True,
        samesite="strict",
        secure=settings.cookies_are_secure,
    )


def remember_device(response: Response, device: str, settings: Settings) -> None:
    """Let the browser be known at its next sign-in; this alone opens nothing."""
    response.set_cookie(
        device_cookie_name(settings),
        device,
        max_age=KNOWN_DEVICE_SECONDS,
        path="/",
        httponly=True,
        samesite="strict",
        secure=settings.cookies_are_secure,
    )


def device_of_browser(request: HTTPConnection, settings: Settings) -> str | None:
    """What `remember_device` gave it; None when it was never here, or what it shows is nothing of ours."""
    shown = request.cookies.get(device_cookie_name(settings), "")
    return shown if _DEVICE_SHAPE.fullmatch(shown) else None


def device_cookie_name(settings: Settings) -> str:
    return "__Host-ocop_device" if settings.cookies_are_secure else "ocop_device"


def clear_login_cookie(response: Response, settings: Settings) -> None:
    response.delete_cookie(login_cookie_name(settings), path="/", httponly=True, samesite="strict", secure=settings.cookies_are_secure)


def token_of(connection: HTTPConnection) -> str | None:
    """The login token that came with a request or a socket's upgrade."""
    settings = provided_by(connection.app, Settings)
    return connection.cookies.get(login_cookie_name(settings))


def api_token_of(connection: HTTPConnection) -> str | None:
    """A script's token, from `Authorization: Bearer`."""
    kind, _, token = connection.headers.get("authorization", "").partition(" ")
    token = token.strip()
    return token if kind.lower() == "bearer" and token.startswith(API_TOKEN_PREFIX) else None


def credential_of(connection: HTTPConnection) -> bytes:
    """The digest of what a signed-in request came in with, by which it can be looked at again."""
    return token_digest(api_token_of(connection) or token_of(connection) or "")


async def user_of_connection(connection: HTTPConnection) -> CurrentUser | None:
    """The user of a request or a socket's upgrade, by a script's token or by the cookie, or None. One database read when there is one."""
    accounts = provided_by(connection.app, AccountService)
    if (script := api_token_of(connection)) is not None:
        # whatever cookie came with it: a token does what it is for and no more
        return await accounts.user_for_api_token(script)
    token = token_of(connection)
    return None if token is None else await accounts.user_for_token(token)


async def require_user(connection: HTTPConnection) -> CurrentUser:
    """Whoever is signed in, on a route that names its action. Raises `NotSignedIn`, and `Forbidden` on a route that names none."""
    user = await user_of_connection(connection)
    if user is None:
        raise NotSignedIn
    if action_named_by(connection.scope.get("route")) is None:
        raise Forbidden
    return user


async def staff_of_connection(connection: HTTPConnection) -> CurrentUser | None:
    """The signed-in person if they see sessions, or None: what is open to everybody shows a producer no more than it shows a stranger."""
    user = await user_of_connection(connection)
    return user if user is not None and user.may(Action.SEE_SESSIONS) else None


class Named:
    """The action of a socket; its doorkeeper asks for it, so that what is refused is refused before the upgrade."""

    def __init__(self, action: Action) -> None:
        self.action = action

    def __call__(self) -> None:
        return None


class Needs(Named):
    """The action of a route, asked of whoever is signed in before anything else is looked at.

    Whether they may do it to this very session, product or order is for the services to ask.
    """

    @override
    async def __call__(self, user: SignedInUser) -> None:  # type: ignore[override]  # FastAPI calls it with what it asks for
        require(user, self.action)


def needs(action: Action) -> Any:  # noqa: ANN401 - what FastAPI's `Depends` is declared as
    """For a route's `dependencies`: names the action that it needs. Raises `NotSignedIn`, `Forbidden`, `OrganiserOnly`."""
    return Depends(Needs(action))


def names(action: Action) -> Any:  # noqa: ANN401 - the same
    """For a socket's `dependencies`: names the action that its doorkeeper asks for."""
    return Depends(Named(action))


def action_named_by(route: object) -> Action | None:
    """The action that a route or socket names; None when it names none, and then nobody is let in by an account."""
    dependant = getattr(route, "dependant", None)
    if not isinstance(dependant, Dependant):
        return None
    return next((each.call.action for each in dependant.dependencies if isinstance(each.call, Named)), None)


def tell_refusals(router: APIRouter) -> None:
    """Let the OpenAPI document say of every route that names an action how those are refused who may not do it. Call it before the router is used."""
    for route in router.routes:
        if isinstance(route, APIRoute) and (action := action_named_by(route)) is not None:
            add_problem(route.responses, refusal_of(action))


async def user_of_websocket(websocket: WebSocket) -> CurrentUser:
    """The user of a staff socket, by the login cookie; the Origin is checked by the caller. Raises `NotSignedIn`."""
    user = await user_of_connection(websocket)
    if user is None:
        raise NotSignedIn
    return user


SignedInUser = Annotated[CurrentUser, Depends(require_user)]
OptionalUser = Annotated[CurrentUser | None, Depends(staff_of_connection)]
Anybody = Annotated[CurrentUser | None, Depends(user_of_connection)]
