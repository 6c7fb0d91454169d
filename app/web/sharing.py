"""The card that a chat draws for a shared address: title, words, picture. Zalo and Facebook read absolute addresses and PNG or JPEG only."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from app.infra.provided import provided_by
from app.protocol.views import SessionView
from app.settings import Settings
from app.web.published import published
from app.web.rendering import language_of, when_in_words
from app.web.texts import texts_for

_PICTURE = "pictures/share.png"


@dataclass(frozen=True, slots=True)
class ShareCard:
    """`site` is scheme and host as the asker knows them, `path` the page without its query, `picture` 1200 by 630 pixels."""

    title: str
    words: str
    site: str
    path: str
    picture: str


def share_card(request: Request, session: SessionView | None = None) -> ShareCard:
    """The card of a session's page; of the start page without one."""
    language = language_of(request)
    texts = texts_for(language)
    title, words = texts["app.name"], texts["home.share"]
    if session is not None:
        hosts = texts["viewer.hosted_by"].format(host=session.host_name, organisation=session.organisation_name)
        if session.kind == "booth":
            hosts = f"{texts['booth.title']} · {session.organisation_name}"
        start = when_in_words(session.planned_start_at_ms, language) if session.state == "scheduled" else ""
        title, words = session.title, " · ".join(part for part in (start, hosts) if part)
    scheme = "https" if provided_by(request.app, Settings).cookies_are_secure else request.url.scheme
    return ShareCard(title, words, f"{scheme}://{request.url.netloc}", request.url.path, published().address(_PICTURE))
