"""HTTP: products as a table, XLSX or CSV; out, and in with a preview."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.catalog.errors import PictureNotFound, ProducerNotFound, ProductCodeTaken, ProductNotFound, SheetHasProblems, SheetUnreadable
from app.catalog.importing import GoodsImport
from app.catalog.schemas import ProductDetails
from app.catalog.sheet_schemas import ImportOutcome, ImportPreview
from app.catalog.sheet_writing import products_csv, products_xlsx
from app.errors import AppError, MalformedRequest, NotSignedIn, OriginRefused, Unavailable
from app.infra.body_limits import body_at_most
from app.infra.bounded_requests import BodyTooLarge
from app.infra.problems import problem_responses
from app.infra.provided import provided

router = APIRouter(prefix="/api/v1/goods", tags=["catalog"])

Imports = Annotated[GoodsImport, Depends(provided(GoodsImport))]
Form = Literal["xlsx", "csv"]
_WRITERS: Mapping[Form, tuple[Callable[[Sequence[ProductDetails]], bytes], str]] = {
    "xlsx": (products_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": (products_csv, "text/csv; charset=utf-8"),
}
_FILE = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}
_UPLOAD: tuple[type[AppError], ...] = (NotSignedIn, OriginRefused, MalformedRequest, BodyTooLarge, SheetUnreadable, Unavailable)
_BRINGING_IN: tuple[type[AppError], ...] = (*(IntentionKeyReused, ProducerNotFound, ProductNotFound, PictureNotFound, ProductCodeTaken),)


@router.get(
    "/table.{form}",
    dependencies=[needs(Action.KEEP_GOODS)],
    summary="Products as a table",
    responses=problem_responses(NotSignedIn, MalformedRequest),
)
async def export_products(form: Form, user: SignedInUser, imports: Imports) -> Response:
    """Staff of the organisation; a producer gets their own. Brought in again as it is, it changes nothing."""
    return await _written(form, await imports.products_of(user), "san-pham-ocop")


@router.get(
    "/template.{form}",
    dependencies=[needs(Action.KEEP_GOODS)],
    summary="An empty table to fill in",
    responses=problem_responses(NotSignedIn, MalformedRequest),
)
async def empty_table(form: Form, user: SignedInUser) -> Response:
    """Staff of the organisation, and its producers."""
    return await _written(form, (), "mau-san-pham-ocop")


@router.post(
    "/imports/preview",
    dependencies=[needs(Action.KEEP_GOODS)],
    summary="What a table would do, row by row",
    openapi_extra=_FILE | body_at_most(4 * 1024 * 1024),
    responses=problem_responses(*_UPLOAD),
)
async def preview_import(request: Request, user: SignedInUser, imports: Imports) -> ImportPreview:
    """Staff of the organisation, and its producers. The body is the file, at most 1,000 rows and 4 MB; nothing is changed."""
    return await imports.preview(user, await request.body())


@router.post(
    "/imports/whole",
    dependencies=[needs(Action.KEEP_GOODS)],
    summary="Bring a table in, all rows or none",
    openapi_extra=_FILE | body_at_most(4 * 1024 * 1024),
    responses=problem_responses(*_UPLOAD, *_BRINGING_IN, SheetHasProblems),
)
async def import_whole(request: Request, user: SignedInUser, imports: Imports, intention: Intended) -> ImportOutcome:
    """Staff of the organisation, and its producers. Refused as a whole when one row is not right."""
    return await imports.bring_in(user, await request.body(), only_right_rows=False, intention=intention)


@router.post(
    "/imports/right-rows",
    dependencies=[needs(Action.KEEP_GOODS)],
    summary="Bring the right rows of a table in",
    openapi_extra=_FILE | body_at_most(4 * 1024 * 1024),
    responses=problem_responses(*_UPLOAD, *_BRINGING_IN),
)
async def import_right_rows(request: Request, user: SignedInUser, imports: Imports, intention: Intended) -> ImportOutcome:
    """Staff of the organisation, and its producers. Rows that are not right are left out."""
    return await imports.bring_in(user, await request.body(), only_right_rows=True, intention=intention)


async def _written(form: Form, products: Sequence[ProductDetails], name: str) -> Response:
    write, media_type = _WRITERS[form]
    # Some tenths of a second for a thousand products: not on the loop.
    content = await asyncio.to_thread(write, products)
    return Response(content, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}.{form}"'})
