"""Who may enter: the login cookie, and the dependencies by which routes, pages and sockets ask for a user."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.websockets import WebSocket

from app.accounts.errors import OrganiserOnly
from app.accounts.login_limits import KNOWN_DEVICE_SECONDS
from app.accounts.service import SIGN_IN_LASTS, AccountService, CurrentUser
from app.errors import Forbidden, NotSignedIn
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


async def user_of_connection(connection: HTTPConnection) -> CurrentUser | None:
    """The signed-in user of a request or a socket's upgrade, or None. One database read when there is a cookie."""
    accounts = provided_by(connection.app, AccountService)
    token = token_of(connection)
    return None if token is None else await accounts.user_for_token(token)


async def require_user(connection: HTTPConnection) -> CurrentUser:
    """The signed-in organiser or host. Raises `NotSignedIn`, and `Forbidden` for producers: their login opens their goods, nothing else."""
    user = await require_goods_keeper(connection)
    if user.role == "producer":
        raise Forbidden
    return user


async def require_goods_keeper(connection: HTTPConnection) -> CurrentUser:
    """Whoever is signed in, producers included: for routes of goods, which look at whose goods they are. Raises `NotSignedIn`."""
    user = await user_of_connection(connection)
    if user is None:
        raise NotSignedIn
    return user


async def staff_of_connection(connection: HTTPConnection) -> CurrentUser | None:
    """The signed-in organiser or host, or None: what is open to everybody shows a producer no more than it shows a stranger."""
    user = await user_of_connection(connection)
    return None if user is None or user.role == "producer" else user


async def require_organiser(connection: HTTPConnection) -> CurrentUser:
    """The signed-in organiser. Raises `NotSignedIn`, `OrganiserOnly`."""
    user = await require_goods_keeper(connection)
    if user.role != "organiser":
        raise OrganiserOnly
    return user


async def user_of_websocket(websocket: WebSocket) -> CurrentUser:
    """The user of a staff socket, by the login cookie; the Origin is checked by the caller. Raises `NotSignedIn`."""
    return await require_user(websocket)


SignedInUser = Annotated[CurrentUser, Depends(require_user)]
Organiser = Annotated[CurrentUser, Depends(require_organiser)]
GoodsKeeper = Annotated[CurrentUser, Depends(require_goods_keeper)]
OptionalUser = Annotated[CurrentUser | None, Depends(staff_of_connection)]
Anybody = Annotated[CurrentUser | None, Depends(user_of_connection)]
