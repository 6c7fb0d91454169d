"""HTTP routes of what is published: switches for staff; minutes, report and export for everybody while they are on."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from app.accounts.access import SignedInUser, needs
from app.accounts.permissions import Action
from app.errors import Forbidden, MalformedRequest, NotSignedIn, OriginRefused
from app.exports.errors import NotPublished
from app.exports.public_report import PublicReport
from app.exports.publishing import Publishing
from app.exports.schemas import Publication, WantedPublication
from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.reports.errors import ReportBeingPrepared, StatementNotDue
from app.sessions.errors import SessionNotFound

router = APIRouter(prefix="/api/v1", tags=["publications"])

Shown = Annotated[Publishing, Depends(provided(Publishing))]
_PUBLIC = problem_responses(NotPublished, ReportBeingPrepared, MalformedRequest)
_CACHE = "public, max-age=60"


@router.get(
    "/sessions/{session_id}/publication",
    dependencies=[needs(Action.READ_REPORTS)],
    summary="What of a session everybody may see",
    description="Staff of the organisation.",
    responses=problem_responses(NotSignedIn, SessionNotFound, MalformedRequest),
)
async def read_publication(session_id: UUID, user: SignedInUser, shown: Shown, response: Response) -> Publication:
    response.headers["cache-control"] = "no-store"
    return await shown.publication(user, session_id)


@router.put(
    "/sessions/{session_id}/publication",
    dependencies=[needs(Action.PUBLISH_REPORTS)],
    summary="Say what of a session everybody may see",
    description="Organisers: the minutes as open data under a licence, and the report of a closed session with its export, which holds every "
    "ledger entry with a token instead of each buyer. Turned off, it is gone at once.",
    responses=problem_responses(NotSignedIn, Forbidden, OriginRefused, SessionNotFound, StatementNotDue, MalformedRequest),
)
async def write_publication(session_id: UUID, body: WantedPublication, user: SignedInUser, shown: Shown) -> Publication:
    return await shown.publish(user, session_id, body)


@router.get(
    "/open/sessions/{session_id}/minutes.json",
    dependencies=[OPEN_TO_EVERYBODY],
    response_model=None,
    summary="A session minute by minute, with a data dictionary",
    description="Open to everybody, where the organisation wishes it. Names nobody; what few buyers ordered is hidden. ETag; a minute old at most.",
    responses=_PUBLIC,
)
async def read_minutes_json(session_id: UUID, request: Request, shown: Shown) -> Response:
    story = await shown.story(session_id)
    return _tagged(request, story.tag, story.json, "application/json", f"{story.name}.json")


@router.get(
    "/open/sessions/{session_id}/minutes.csv",
    dependencies=[OPEN_TO_EVERYBODY],
    response_model=None,
    summary="The same as CSV",
    description="Open to everybody, where the organisation wishes it. Heads are the keys of the dictionary in the JSON.",
    responses=_PUBLIC,
)
async def read_minutes_csv(session_id: UUID, request: Request, shown: Shown) -> Response:
    story = await shown.story(session_id)
    return _tagged(request, story.tag, story.csv, "text/csv; charset=utf-8", f"{story.name}.csv")


@router.get(
    "/open/sessions/{session_id}/report",
    dependencies=[OPEN_TO_EVERYBODY],
    summary="The report of a closed session, for everybody",
    description="Open to everybody, where the organisation wishes it: figures with definitions, ladder, goods, newest statement.",
    responses=_PUBLIC,
)
async def read_public_report(session_id: UUID, shown: Shown, response: Response) -> PublicReport:
    response.headers["cache-control"] = _CACHE
    return await shown.report(session_id)


@router.get(
    "/open/sessions/{session_id}/export.zip",
    dependencies=[OPEN_TO_EVERYBODY],
    response_model=None,
    summary="The file to check a published report by",
    description="Open to everybody, where the organisation wishes it: ledger, statement, signature, verifier. Names no buyer.",
    responses=_PUBLIC,
)
async def read_public_export(session_id: UUID, request: Request, shown: Shown) -> Response:
    tag, pieces = await shown.export(session_id)
    headers = {"etag": f'"{tag}"', "cache-control": _CACHE, "access-control-allow-origin": "*"}
    if request.headers.get("if-none-match") == f'"{tag}"':
        return Response(status_code=304, headers=headers)
    headers["content-disposition"] = f'attachment; filename="ocop-session-{session_id}.zip"'
    return StreamingResponse(pieces, media_type="application/zip", headers=headers)


def _tagged(request: Request, tag: str, content: bytes, media_type: str, name: str) -> Response:
    kind = media_type.partition(";")[0].rpartition("/")[2]
    headers = {"etag": f'"{kind}-{tag}"', "cache-control": _CACHE, "access-control-allow-origin": "*"}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    headers["content-disposition"] = f'inline; filename="{name}"'
    return Response(content, media_type=media_type, headers=headers)
