"""HTTP routes of closing statements, their exports and the keys that check them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from app.accounts.access import SignedInUser, needs
from app.accounts.permissions import Action
from app.errors import MalformedRequest, NotFound, NotSignedIn
from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.reports.closing import ClosingService
from app.reports.errors import ExportIsAJob, LedgerBroken, ReportBeingPrepared, SigningKeyUnreadable, StatementNotDue
from app.sessions.errors import SessionNotFound

router = APIRouter(prefix="/api/v1", tags=["reports"])


Closing = Annotated[ClosingService, Depends(provided(ClosingService))]
_REFUSALS = problem_responses(
    NotSignedIn, SessionNotFound, StatementNotDue, LedgerBroken, SigningKeyUnreadable, ReportBeingPrepared, MalformedRequest
)


class StatementView(BaseModel):
    """A closing statement: the signed text as it is, with what checks it."""

    number: int
    body: str = Field(description="JSON, exactly the text under the signature")
    signature: str = Field(description="Ed25519, hex")
    public_key: str = Field(description="hex")
    last_seq: int = Field(description="the last ledger entry it covers")


class PublicKey(BaseModel):
    organisation_id: UUID
    algorithm: str = "Ed25519"
    public_key: str = Field(description="hex")


@router.get(
    "/sessions/{session_id}/statement",
    dependencies=[needs(Action.READ_REPORTS)],
    summary="Signed closing statement",
    description="Staff of the organisation, once the session is closed. Written once per state of the ledger, never changed.",
    responses=_REFUSALS,
)
async def read_statement(session_id: UUID, user: SignedInUser, closing: Closing) -> StatementView:
    statement = await closing.statement(user, session_id)
    return StatementView(
        number=statement.number,
        body=statement.body,
        signature=statement.signed.signature.hex(),
        public_key=statement.signed.public_key.hex(),
        last_seq=statement.last_seq,
    )


@router.get(
    "/sessions/{session_id}/export.zip",
    dependencies=[needs(Action.READ_REPORTS)],
    response_class=Response,
    summary="Ledger, statement and verifier in one file",
    description="Staff of the organisation, once the session is closed. `python3 verify.py` inside it rebuilds every figure; nothing about buyers is in it. "
    "For ledgers of up to 2,000 entries; a longer one is made by a job (`POST …/exports`).",
    responses=problem_responses(
        *(NotSignedIn, SessionNotFound, StatementNotDue, ExportIsAJob),
        *(LedgerBroken, SigningKeyUnreadable, ReportBeingPrepared, MalformedRequest),
    ),
)
async def read_export(session_id: UUID, user: SignedInUser, closing: Closing) -> Response:
    headers = {"content-disposition": f'attachment; filename="ocop-session-{session_id}.zip"', "cache-control": "no-store"}
    return Response(await closing.export(user, session_id), media_type="application/zip", headers=headers)


@router.get(
    "/organisations/{organisation_id}/public-key",
    dependencies=[OPEN_TO_EVERYBODY],
    summary="The key that checks an organisation's statements",
    description="Open to everybody.",
    responses=problem_responses(NotFound, SigningKeyUnreadable, MalformedRequest),
)
async def read_public_key(organisation_id: UUID, closing: Closing) -> PublicKey:
    return PublicKey(organisation_id=organisation_id, public_key=(await closing.public_key(organisation_id)).hex())
