"""HTTP routes of settlements as files to sign and to calculate with."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response

from app.accounts.access import SignedInUser, needs
from app.accounts.permissions import Action
from app.catalog.errors import ProducerNotFound
from app.errors import AppError, Forbidden, MalformedRequest, NotSignedIn, Unavailable
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.settlement.choosing import ChosenSessions
from app.settlement.errors import SettlementNotFound, SettlementTooLarge
from app.settlement.files import MEDIA_TYPES, Form, SettlementFiles

router = APIRouter(prefix="/api/v1/settlements", tags=["settlements"])

Files = Annotated[SettlementFiles, Depends(provided(SettlementFiles))]
_READING: tuple[type[AppError], ...] = (NotSignedIn, Forbidden, MalformedRequest, ProducerNotFound, SettlementTooLarge, Unavailable)
_FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in MEDIA_TYPES.values()}}
}


@router.get(
    "/{producer_id}/next/settlement.{sheet}",
    dependencies=[needs(Action.SEE_SETTLEMENTS)],
    response_class=Response,
    summary="A producer's next settlement as a file",
    description="Staff of the organisation: organisers and auditors; producers their own. Of all sessions with something new or of chosen ones. Marked as a draft; names no buyer.",
    responses=_FILES | problem_responses(*_READING),
)
async def next_file(producer_id: UUID, sheet: Form, user: SignedInUser, files: Files, chosen: ChosenSessions) -> Response:
    return _answer(await files.file(user, producer_id, None, sheet, chosen), sheet, "du-thao-quyet-toan")


@router.get(
    "/{producer_id}/{number}/settlement.{sheet}",
    dependencies=[needs(Action.SEE_SETTLEMENTS)],
    response_class=Response,
    summary="An agreed settlement as a file",
    description="Staff of the organisation: organisers and auditors; producers their own. With fields to sign; names no buyer.",
    responses=_FILES | problem_responses(*_READING, SettlementNotFound),
)
async def settlement_file(
    producer_id: UUID, number: Annotated[int, Path(ge=1, le=1_000_000)], sheet: Form, user: SignedInUser, files: Files
) -> Response:
    return _answer(await files.file(user, producer_id, number, sheet), sheet, f"quyet-toan-{number}")


def _answer(content: bytes, form: Form, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}.{form}"', "cache-control": "no-store"}
    return Response(content, media_type=MEDIA_TYPES[form], headers=headers)
