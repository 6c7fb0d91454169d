"""Pages of orders in comments: an organisation's rules; and of one session its rules, product codes and sources of comments outside."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.accounts.access import SignedInUser, needs
from app.accounts.permissions import Action, Place
from app.infra.provided import provided
from app.sessions.lookup import SessionLookup
from app.web.page_route import PageRoute
from app.web.rendering import render

_WORDS = ("claim.", "host.platform_", "host.signed_out", "host.sign_in_again")

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/organiser/comment-orders", dependencies=[needs(Action.SET_RULES)])
async def common_rules(request: Request, user: SignedInUser) -> Response:
    """Rules of all sessions that have none of their own."""
    facts = {"session_id": None, "title": user.organisation_name, "back": "/desk", "may_prepare": False, "sets_rules": True}
    return render(request, "comment_orders.html", script="comment_orders.js", words=_WORDS, user=user, facts=facts)


@router.get("/host/{session_id}/comments", dependencies=[needs(Action.RUN_SESSIONS)])
async def session_comments(
    request: Request, session_id: UUID, user: SignedInUser, sessions: Annotated[SessionLookup, Depends(provided(SessionLookup))]
) -> Response:
    """How comments of a session become orders, and where they come from."""
    record = await sessions.managed(user, session_id, Action.RUN_SESSIONS)
    facts = {
        "session_id": str(session_id),
        "title": record.title,
        "back": f"/host/{session_id}",
        "may_prepare": record.state != "closed"
        and user.may_at(Action.PREPARE_SESSIONS, Place(record.id, record.host_id, record.ward_code)),
        "sets_rules": user.may(Action.SET_RULES),
    }
    return render(request, "comment_orders.html", script="comment_orders.js", words=_WORDS, user=user, facts=facts)
