"""The card that a chat draws for a shared address: title, words, picture. Zalo and Facebook read absolute addresses and PNG or JPEG only."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from typing import Final
from uuid import UUID

from starlette.requests import Request

from app.infra.provided import provided_by
from app.sessions.reading import SessionFacts
from app.settings import Settings
from app.web.published import published
from app.web.rendering import language_of, when_in_words
from app.web.share_drawing import VERSION, Drawing
from app.web.texts import DEFAULT_LANGUAGE, Language, texts_for

STANDARD_PICTURE: Final = "pictures/share.png"
_UPLOADED = re.compile(r"/pictures/([0-9a-f-]{36})/")
_PRODUCTS_TRIED = 20


@dataclass(frozen=True, slots=True)
class ShareCard:
    """`site` is scheme and host as the asker knows them, `path` the page without its query, `picture` 1200 by 630 pixels."""

    title: str
    words: str
    site: str
    path: str
    picture: str
    picture_type: str


@dataclass(frozen=True, slots=True)
class SharedPicture:
    """What a session's picture shows: words, and the first of these uploaded pictures that may be shown. `version` changes with any of it."""

    drawing: Drawing
    picture_ids: tuple[UUID, ...]
    version: str


def share_card(request: Request, facts: SessionFacts | None = None) -> ShareCard:
    """The card of a session's page; of the start page without one."""
    language = language_of(request)
    texts = texts_for(language)
    title, words = texts["app.name"], texts["home.share"]
    picture, kind = published().address(STANDARD_PICTURE), "image/png"
    if facts is not None:
        session = facts.view
        start = when_in_words(session.planned_start_at_ms, language) if session.state == "scheduled" else ""
        title, words = session.title, " · ".join(part for part in (start, _who(facts, language)) if part)
        picture, kind = f"/s/{session.id}/share.jpg?v={shared_picture(facts).version}", "image/jpeg"
    scheme = "https" if provided_by(request.app, Settings).cookies_are_secure else request.url.scheme
    return ShareCard(title, words, f"{scheme}://{request.url.netloc}", request.url.path, picture, kind)


def shared_picture(facts: SessionFacts) -> SharedPicture:
    """In Vietnamese for everybody: a chat shows one picture to all. The pinned product comes first."""
    session = facts.view
    when = when_in_words(session.planned_start_at_ms or session.started_at_ms, DEFAULT_LANGUAGE) if session.kind == "stream" else ""
    drawing = Drawing(session.title, when, _who(facts, DEFAULT_LANGUAGE), texts_for(DEFAULT_LANGUAGE)["app.name"])
    products = sorted(facts.products, key=lambda product: product.id != facts.record.pinned_product_id)
    urls = [product.picture_url for product in products[:_PRODUCTS_TRIED] if _UPLOADED.match(product.picture_url)]
    told = json.dumps([VERSION, asdict(drawing), urls])
    picture_ids = tuple(UUID(match[1]) for url in urls if (match := _UPLOADED.match(url)))
    return SharedPicture(drawing, picture_ids, hashlib.blake2b(told.encode(), digest_size=6).hexdigest())


def _who(facts: SessionFacts, language: Language) -> str:
    texts, session = texts_for(language), facts.view
    if session.kind == "booth":
        return f"{texts['booth.title']} · {session.organisation_name}"
    return texts["viewer.hosted_by"].format(host=session.host_name, organisation=session.organisation_name)
