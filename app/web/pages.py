"""The HTML pages: who may open which, and what their scripts start from. Data moves over the API and the sockets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from app.accounts.access import Anybody, SignedInUser, needs
from app.accounts.permissions import Action, Place, Role
from app.accounts.service import CurrentUser
from app.catalog.addresses import book
from app.errors import AppError
from app.infra.clock import now_ms
from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.provided import provided, provided_by
from app.live.rooms import RoomDirectory
from app.live.staff_watch import actions_at
from app.realtime.errors import TicketInvalid
from app.realtime.tickets import TICKET_COOKIE, TICKET_MAX_AGE_SECONDS, TicketSigner
from app.sessions.editing import may_choose_ward
from app.sessions.errors import SessionNotFound
from app.sessions.lookup import SessionLookup
from app.sessions.reading import SessionFacts
from app.settings import Settings
from app.web.page_route import PageRoute
from app.web.rendering import language_of, render
from app.web.sharing import share_card
from app.web.static_files import mount_static
from app.web.texts import texts_for

__all__ = ["mount_static", "router"]

_SEE_OTHER = 303
# Where somebody begins, by the weightiest of their roles.
START_OF_ROLE: dict[Role, str] = {
    "organiser": "/organiser",
    "host": "/host",
    "helper": "/host",
    "desk": "/desk",
    "producer": "/organiser/goods",
    "auditor": "/organiser",
}
_VIEWER_WORDS = (
    "viewer.",
    "form.",
    "consent.",
    "claim.",
    "source.",
    "product.",
    "producer.",
    "goods.label",
    "order.has_answer",
    "order.open",
    "order.shipping",
    "desk.state_",
)
_BOARD_WORDS = ("host.", "claim.", "form.", "source.", "question.", "goods.item_", "viewer.", "product.", "session.")
_SIGNED_OUT_WORDS = ("host.signed_out", "host.sign_in_again")
_DESK_WORDS = ("desk.", "claim.", "form.", "source.", "host.order_desk", "viewer.order_number", *_SIGNED_OUT_WORDS)
_FORM_WORDS = (
    *("host.", "goods.item_", "session.", "viewer.a_product", "form.less", "form.more"),
    *("goods.province", "goods.commune", "form.nothing_found"),
)
_ORGANISER_WORDS = ("host.seller_phone", "host.shipping", "host.terms_", "form.less", "form.more", *_SIGNED_OUT_WORDS)
_REPORT_WORDS = ("report.", "source.", "ladder.", "desk.reason_", "session.", "producer.", "host.platform_", "product.", *_SIGNED_OUT_WORDS)


Sessions = Annotated[SessionLookup, Depends(provided(SessionLookup))]
Rooms = Annotated[RoomDirectory, Depends(provided(RoomDirectory))]

# Rehearsals stand on the desks of their sessions alone; the common one names those that have orders.
_WITH_ORDERS = frozenset(("live", "ended"))
_LOOKED_AT_FOR_REHEARSALS, _REHEARSALS_NAMED = 50, 3

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/", dependencies=[OPEN_TO_EVERYBODY])
async def home(request: Request, sessions: Sessions) -> Response:
    """Sessions that are live or planned."""
    found = await sessions.list_public()
    live = [view for view in found if view.state == "live"]
    return render(
        request,
        "home.html",
        script="home.js",
        live=live,
        coming=[view for view in found if view.state == "scheduled"],
        share=share_card(request),
        facts={"session_ids": [str(view.id) for view in live]},
    )


@router.get("/s/{session_id}", dependencies=[OPEN_TO_EVERYBODY])
async def viewer(request: Request, session_id: UUID, sessions: Sessions, rooms: Rooms) -> Response:
    """The market as a viewer sees it. Gives this device its ticket; a draft is nobody's business yet."""
    facts = await sessions.facts(session_id)
    if facts.record.state == "draft":
        raise SessionNotFound
    if facts.record.producer_id is not None:
        return RedirectResponse(f"/b/{facts.record.producer_id}", _SEE_OTHER)
    content = session_facts(facts) | {"offers": await offers_now(rooms, facts)}
    share = share_card(request, facts)
    request.state.shows_video = True
    response = render(request, "viewer.html", script="viewer.js", words=_VIEWER_WORDS, session=facts.view, share=share, facts=content)
    give_ticket(request, response)
    return response


@router.get("/s/{session_id}/overlay", dependencies=[OPEN_TO_EVERYBODY])
async def overlay(request: Request, session_id: UUID, sessions: Sessions) -> Response:
    """Words for a streaming program to lay over its picture: the organiser's warning, the question that is answered, the pinned comment, the notice."""
    facts = await sessions.facts(session_id)
    if facts.record.state == "draft":
        raise SessionNotFound
    content: dict[str, Any] = {"session": facts.view, "facts": {"session_id": str(session_id)}}
    return render(
        request, "overlay.html", script="overlay.js", words=("viewer.answering", "viewer.pinned_comment", "viewer.warning"), **content
    )


@router.get("/login", dependencies=[OPEN_TO_EVERYBODY])
async def login(request: Request, user: Anybody) -> Response:
    """Sign-in of hosts and organisers; whoever is signed in goes on at once."""
    wanted = _own_path(request.query_params.get("next", ""))
    if user is not None:
        return RedirectResponse(wanted or _start_of(user), _SEE_OTHER)
    return render(request, "login.html", script="login.js", words=("login.",), next_path=wanted)


@router.get("/host", dependencies=[needs(Action.SEE_SESSIONS)])
async def host_sessions(request: Request, user: SignedInUser, sessions: Sessions) -> Response:
    """The sessions of whoever is signed in, and the form for a new one."""
    content: dict[str, Any] = {
        "user": user,
        "managed": await sessions.list_managed(user),
        "facts": {"may_choose_ward": may_choose_ward(user)},
    }
    return render(request, "host_sessions.html", script="host_sessions.js", words=_FORM_WORDS, **content)


@router.get("/host/{session_id}", dependencies=[needs(Action.SEE_BOARD)])
async def board(request: Request, session_id: UUID, user: SignedInUser, sessions: Sessions) -> Response:
    """The board of a session, for those in charge of it."""
    record = await sessions.managed(user, session_id, Action.SEE_BOARD)
    facts = await sessions.facts(session_id)
    content = session_facts(facts) | {"may": sorted(actions_at(user, Place(record.id, record.host_id, record.ward_code)))}
    return render(request, "board.html", script="board.js", words=_BOARD_WORDS, user=user, session=facts.view, facts=content)


@router.get("/host/{session_id}/edit", dependencies=[needs(Action.PREPARE_SESSIONS)])
async def edit_session(request: Request, session_id: UUID, user: SignedInUser, sessions: Sessions) -> Response:
    """The form for changes to a session; afterwards it is up to the API whether they are still allowed."""
    record = await sessions.managed(user, session_id, Action.PREPARE_SESSIONS)
    facts = await sessions.facts(session_id)
    ward = (
        None if record.ward_code is None else {"code": record.ward_code, "name": book.ward_name(record.ward_code) or str(record.ward_code)}
    )
    is_asked = record.kind == "stream" and may_choose_ward(user)
    content = session_facts(facts) | {"video_url": record.video_url, "ward": ward, "may_choose_ward": is_asked}
    return render(request, "host_edit.html", script="host_edit.js", words=_FORM_WORDS, user=user, session=facts.view, facts=content)


@router.get("/host/{session_id}/orders", dependencies=[needs(Action.WORK_ORDERS)])
async def host_orders(request: Request, session_id: UUID, user: SignedInUser, sessions: Sessions) -> Response:
    """The order desk for those in charge of a session."""
    record = await sessions.managed(user, session_id, Action.WORK_ORDERS)
    return _desk(request, user, title=record.title, back=f"/host/{session_id}", session_id=session_id)


@router.get("/organiser/{session_id}/orders", dependencies=[needs(Action.WORK_ORDERS)])
async def organiser_orders(request: Request, session_id: UUID, user: SignedInUser, sessions: Sessions) -> Response:
    """The order desk on the way from a report."""
    record = await sessions.managed(user, session_id, Action.WORK_ORDERS)
    return _desk(request, user, title=record.title, back=f"/organiser/{session_id}", session_id=session_id)


@router.get("/desk", dependencies=[needs(Action.WORK_ORDERS)])
async def whole_desk(request: Request, user: SignedInUser, sessions: Sessions) -> Response:
    """The order desk over everything in somebody's reach, but rehearsals, which it names: they have desks of their own."""
    managed = await sessions.list_for(user, limit=_LOOKED_AT_FOR_REHEARSALS)
    rehearsals = [{"session_id": str(each.id), "title": each.title} for each in managed if each.is_rehearsal and each.state in _WITH_ORDERS]
    title = texts_for(language_of(request))["desk.all_sessions"]
    return _desk(request, user, title=title, back="/host", rehearsals=rehearsals[:_REHEARSALS_NAMED])


@router.get("/organiser", dependencies=[needs(Action.OPEN_REPORTS)])
async def organiser_sessions(request: Request, user: SignedInUser, sessions: Sessions) -> Response:
    """All sessions of the organisation, on the way to their reports."""
    content: dict[str, Any] = {"user": user, "sessions": await sessions.list_for(user), "facts": {}}
    return render(request, "organiser_sessions.html", script="organiser_sessions.js", words=_ORGANISER_WORDS, **content)


@router.get("/organiser/{session_id}", dependencies=[needs(Action.OPEN_REPORTS)])
async def report(request: Request, session_id: UUID, user: SignedInUser, sessions: Sessions) -> Response:
    """The report of one session."""
    record = await sessions.managed(user, session_id, Action.OPEN_REPORTS)
    may = sorted(actions_at(user, Place(record.id, record.host_id, record.ward_code)))
    sees_settlements = user.may_everywhere(Action.SEE_SETTLEMENTS)
    facts = {"session_id": str(session_id), "title": record.title, "state": record.state, "may": may, "sees_settlements": sees_settlements}
    return render(request, "report.html", script="report.js", words=_REPORT_WORDS, user=user, title=record.title, facts=facts)


def _desk(
    request: Request,
    user: CurrentUser,
    *,
    title: str,
    back: str,
    session_id: UUID | None = None,
    rehearsals: Sequence[Mapping[str, str]] = (),
) -> Response:
    facts = {
        "session_id": None if session_id is None else str(session_id),
        "title": title,
        "back": back,
        "user_id": str(user.id),
        "books_payments": user.may(Action.BOOK_PAYMENTS),
        "sets_rules": user.may(Action.SET_RULES),
        "rehearsals": list(rehearsals),
    }
    return render(request, "desk.html", script="desk.js", words=_DESK_WORDS, user=user, title=title, facts=facts)


def session_facts(facts: SessionFacts) -> dict[str, Any]:
    pinned = facts.record.pinned_product_id
    return {
        "session": facts.view.model_dump(mode="json"),
        "products": [product.model_dump(mode="json") for product in facts.products],
        "pinned_product_id": None if pinned is None else str(pinned),
        "server_time_ms": now_ms(),
    }


async def offers_now(rooms: RoomDirectory, facts: SessionFacts) -> list[dict[str, Any]]:
    """The room's offers, so that the order button is there before the socket is; none when the room cannot be read, for the socket brings them."""
    if facts.record.state != "live":
        return []
    try:
        room = await rooms.room(facts.record.id)
    except AppError:
        return []
    return [offer.model_dump(mode="json") for offer in room.mirror.offers]


def give_ticket(request: Request, response: Response) -> None:
    """A device keeps its ticket, so that it stays one viewer; the cookie's life begins anew with each visit's new ticket only."""
    signer = provided_by(request.app, TicketSigner)
    settings = provided_by(request.app, Settings)
    try:
        signer.read(request.cookies.get(TICKET_COOKIE, ""))
    except TicketInvalid:
        _, ticket = signer.issue()
        response.set_cookie(
            TICKET_COOKIE,
            ticket,
            max_age=TICKET_MAX_AGE_SECONDS,
            path="/",
            httponly=True,
            samesite="lax",
            secure=settings.cookies_are_secure,
        )


def _own_path(wanted: str) -> str:
    """`wanted` if it is a path of this site, else nothing: a login must not send anybody elsewhere."""
    parts = urlsplit(wanted)
    is_own = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted and not parts.scheme and not parts.netloc
    return wanted if is_own and wanted.isprintable() else ""


def _start_of(user: CurrentUser) -> str:
    return START_OF_ROLE[user.role]
