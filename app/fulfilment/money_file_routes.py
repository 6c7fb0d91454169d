"""HTTP routes of files of money: statements of banks and couriers' lists, with a preview."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from app.accounts.access import SignedInUser, needs
from app.accounts.permissions import Action
from app.catalog.errors import SheetUnreadable
from app.errors import AppError, MalformedRequest, NotSignedIn, OriginRefused, Unavailable
from app.fulfilment.money_files import FILE_MAX_BYTES, MoneyFiles
from app.fulfilment.money_schemas import CollectedSums, FileColumns, FileOutcome, FilePreview
from app.infra.body_limits import body_at_most
from app.infra.bounded_requests import BodyTooLarge
from app.infra.problems import problem_responses
from app.infra.provided import provided

router = APIRouter(prefix="/api/v1", tags=["payments"])

Files = Annotated[MoneyFiles, Depends(provided(MoneyFiles))]
_FILE = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}
_UPLOAD: tuple[type[AppError], ...] = (NotSignedIn, OriginRefused, MalformedRequest, BodyTooLarge, SheetUnreadable, Unavailable)
Place = Annotated[int | None, Query(ge=0, le=59, description="which column of the file, from 0; none = by its head")]


def chosen_columns(
    date: Place = None, amount: Place = None, debit: Place = None, words: Place = None, reference: Place = None, fee: Place = None
) -> FileColumns:
    return FileColumns(date=date, amount=amount, debit=debit, words=words, reference=reference, fee=fee)


Columns = Annotated[FileColumns, Depends(chosen_columns)]


@router.post(
    "/statements/preview",
    dependencies=[needs(Action.BOOK_PAYMENTS)],
    summary="What a bank's statement would do, row by row",
    description="Staff of the organisation. The body is the file, XLSX or CSV, at most 5,000 rows and 4 MB; nothing is changed.",
    openapi_extra=_FILE | body_at_most(FILE_MAX_BYTES),
    responses=problem_responses(*_UPLOAD),
)
async def preview_statement(request: Request, user: SignedInUser, files: Files, columns: Columns) -> FilePreview:
    return await files.preview(user, "statement", await request.body(), columns)


@router.post(
    "/statements",
    dependencies=[needs(Action.BOOK_PAYMENTS)],
    summary="Book the transfers of a bank's statement",
    description="Staff of the organisation. Each once, also when a notice told of it before; the same file again goes on where time ran out.",
    openapi_extra=_FILE | body_at_most(FILE_MAX_BYTES),
    responses=problem_responses(*_UPLOAD),
)
async def book_statement(request: Request, user: SignedInUser, files: Files, columns: Columns) -> FileOutcome:
    return await files.bring_in(user, "statement", await request.body(), columns)


@router.post(
    "/collections/preview",
    dependencies=[needs(Action.BOOK_PAYMENTS)],
    summary="What a courier's list of cash would do, row by row",
    description="Staff of the organisation. `words` is the column of our order codes. Nothing is changed.",
    openapi_extra=_FILE | body_at_most(FILE_MAX_BYTES),
    responses=problem_responses(*_UPLOAD),
)
async def preview_collection(request: Request, user: SignedInUser, files: Files, columns: Columns) -> FilePreview:
    return await files.preview(user, "collection", await request.body(), columns)


@router.post(
    "/collections",
    dependencies=[needs(Action.BOOK_PAYMENTS)],
    summary="Book the cash that a courier collected",
    description="Staff of the organisation. `delivered`: a row says that the goods were delivered, too. Each row once.",
    openapi_extra=_FILE | body_at_most(FILE_MAX_BYTES),
    responses=problem_responses(*_UPLOAD),
)
async def book_collection(
    request: Request,
    user: SignedInUser,
    files: Files,
    columns: Columns,
    delivered: Annotated[bool, Query(description="whether orders that nobody has noted as delivered are noted so")] = True,
) -> FileOutcome:
    return await files.bring_in(user, "collection", await request.body(), columns, is_delivered=delivered)


@router.get(
    "/collections",
    dependencies=[needs(Action.BOOK_PAYMENTS)],
    summary="Cash that couriers collected, and their fees",
    description="Staff of the organisation. Whole VND, over all lists.",
    responses=problem_responses(NotSignedIn),
)
async def collected_sums(user: SignedInUser, files: Files) -> CollectedSums:
    return await files.sums(user)
