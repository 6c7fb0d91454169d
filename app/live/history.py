"""All comments of a session for its staff, from the archive: page by page back to the first, and searched without regard to marks."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from app.accounts.access import SignedInUser, needs
from app.accounts.permissions import Action
from app.errors import MalformedRequest, NotSignedIn
from app.infra.clock import to_ms
from app.infra.database import Database
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.protocol.base import COMMENT_TEXT
from app.protocol.text import clean_text
from app.protocol.views import CommentView
from app.sessions.errors import NotYourSession, SessionNotFound
from app.sessions.lookup import SessionLookup

# Vietnamese letters and what they are without marks, for PostgreSQL's `translate`.
_MARKED = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"
_PLAIN = "aaaaaaaaaaaaaaaaaeeeeeeeeeeeiiiiiooooooooooooooooouuuuuuuuuuuyyyyyd"
_FOLDED = "lower(translate({}, '" + _MARKED + _MARKED.upper() + "', '" + _PLAIN * 2 + "'))"
_PAGE = f"""
SELECT id, author, text, by_staff, posted_at,
  EXISTS (SELECT FROM comment_hidings h WHERE h.comment_id = comments.id AND h.is_hidden) AS is_hidden
FROM comments
WHERE session_id = $1
  AND ($2::uuid IS NULL OR (posted_at, id) < (SELECT b.posted_at, b.id FROM comments b WHERE b.id = $2 AND b.session_id = $1))
  AND ($3 = '' OR strpos({_FOLDED.format("author || ' ' || text")}, {_FOLDED.format("$3")}) > 0)
ORDER BY posted_at DESC, id DESC LIMIT $4
"""  # noqa: S608 - constants; what people type goes in as parameters

router = APIRouter(prefix="/api/v1/sessions/{session_id}", tags=["sessions"])


class CommentSearch(BaseModel):
    """Which comments: those before one, with these words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    before: UUID | None = Field(None, description="id of the oldest comment that is known: what was said before it")
    q: str = Field("", max_length=COMMENT_TEXT.most, description="words in name or text, with or without marks")
    limit: int = Field(50, ge=1, le=100)


class CommentPage(BaseModel):
    """Comments, the newest first."""

    comments: list[CommentView]
    hidden: list[str] = Field(description="ids of those that are hidden from viewers")
    has_more: bool = Field(description="there are older ones: ask with the id of the last as `before`")


@router.get(
    "/comments",
    dependencies=[needs(Action.SEE_BOARD)],
    summary="Comments of a session, page by page and searched",
    responses=problem_responses(NotSignedIn, NotYourSession, SessionNotFound, MalformedRequest),
)
async def read_comments(
    session_id: UUID,
    user: SignedInUser,
    sessions: Annotated[SessionLookup, Depends(provided(SessionLookup))],
    database: Annotated[Database, Depends(provided(Database))],
    search: Annotated[CommentSearch, Query()],
) -> CommentPage:
    """Staff in charge. As archived, about a second after they were said."""
    await sessions.managed(user, session_id, Action.SEE_BOARD)
    async with database.reading.acquire() as db:
        rows = await db.fetch(_PAGE, session_id, search.before, clean_text(search.q), search.limit + 1)
    shown = [
        CommentView(id=str(row["id"]), at_ms=to_ms(row["posted_at"]) or 0, author=row["author"], text=row["text"], by_staff=row["by_staff"])
        for row in rows[: search.limit]
    ]
    hidden = [str(row["id"]) for row in rows[: search.limit] if row["is_hidden"]]
    return CommentPage(comments=shown, hidden=hidden, has_more=len(rows) > search.limit)
