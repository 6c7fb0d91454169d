"""How a room is kept clean: the rules of a session, what is hidden and from whom nothing is shown, and what everybody sees of it."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from app.protocol.base import PERSON_NAME, Message, Milliseconds
from app.protocol.text import Line
from app.protocol.views import CommentView

BLOCK_WORD = Line(40, needs="letter")
NOTICE_TEXT = Line(200)
WARNING_TEXT = Line(200)
BLOCK_WORDS_MOST = 200
RESTRICT_MINUTES_MOST = 7 * 24 * 60
STRICT_REPEATS_MOST, STRICT_SLOW_SECONDS, STRICT_NEW_VIEWER_SECONDS = 2, 10, 60

BlockWord = Annotated[str, *BLOCK_WORD.rules]
NoticeText = Annotated[str, *NOTICE_TEXT.rules]
HiddenReason = Literal["staff", "muted", "block_word", "link", "repeat"]
RestrictionKind = Literal["mute", "ban"]
RestrictionScope = Literal["device", "address"]
QuestionState = Literal["waiting", "answering", "answered"]


class ModerationRules(Message):
    """The rules of a session's talk. What `block_words`, `links` and `repeats_most` hold waits for somebody in charge to let it through."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"block_words": ["hàng lậu"], "hold_links": True, "slow_mode_seconds": 10}]})

    usual_words: bool = Field(True, description="also hold the insults and adverts that come with the program")
    block_words: tuple[BlockWord, ...] = Field((), max_length=BLOCK_WORDS_MOST, description="words and phrases; disguises are seen through")
    hold_links: bool = Field(True, description="hold comments with an address on the web")
    repeats_most: int = Field(
        0, ge=0, le=100, description="hold a text that the room has said more often than this within a minute; 0: never"
    )
    slow_mode_seconds: int = Field(0, ge=0, le=600, description="between two comments of one device, over all nodes; 0: as fast as ever")
    buyers_only: bool = Field(False, description="only devices that have ordered in this session may comment")
    new_viewer_seconds: int = Field(0, ge=0, le=3_600, description="how long a new device only watches before it may comment")
    muted_may_write: bool = Field(True, description="somebody muted may go on writing, seen by nobody else; false: is told so")
    is_strict: bool = Field(
        False,
        description="for as long as a room is raided: usual words and links are held, a text counts as repeated after twice, a device speaks "
        "every 10 s and a new one after a minute, wherever these rules are not stricter already",
    )

    @property
    def in_force(self) -> ModerationRules:
        """What holds now: these rules, or with `is_strict` the stricter of each."""
        if not self.is_strict:
            return self
        stricter = {
            "usual_words": True,
            "hold_links": True,
            "repeats_most": min(self.repeats_most or STRICT_REPEATS_MOST, STRICT_REPEATS_MOST),
            "slow_mode_seconds": max(self.slow_mode_seconds, STRICT_SLOW_SECONDS),
            "new_viewer_seconds": max(self.new_viewer_seconds, STRICT_NEW_VIEWER_SECONDS),
        }
        return self.model_copy(update=stricter)


class HiddenMark(Message):
    """Why a comment is hidden, and who did it; `by` is null for a rule."""

    reason: HiddenReason
    by: str | None = None
    word: str | None = Field(None, description="the block word that was found")
    at_ms: Milliseconds


class HiddenComment(Message):
    """A comment that only those in charge still see."""

    comment: CommentView
    mark: HiddenMark


class RestrictionView(Message):
    """Somebody who is muted or banned, as those in charge see it."""

    id: UUID
    kind: RestrictionKind
    scope: RestrictionScope
    author: Annotated[str, PERSON_NAME.limits]
    comment_id: UUID = Field(description="the comment that was the occasion")
    by: str
    at_ms: Milliseconds
    until_ms: Milliseconds | None = Field(description="null: until the session ends")


class QuestionView(Message):
    """A comment that somebody in charge has put into the queue of questions."""

    comment: CommentView
    state: QuestionState
    marked_by: str


class TalkView(Message):
    """What everybody sees of the talk: the rules that concern a speaker, and what stands above the comments."""

    slow_mode_seconds: int = 0
    buyers_only: bool = False
    new_viewer_seconds: int = 0
    notice: str | None = None
    pinned: CommentView | None = None
    answering: CommentView | None = Field(None, description="the question that is being answered")


class WarningView(Message):
    """The organiser's warning that stands on every screen until it is lifted."""

    text: Annotated[str, WARNING_TEXT.limits]
    at_ms: Milliseconds


class ModerationView(Message):
    """What those in charge know beyond the room: only on staff sockets."""

    rules: ModerationRules
    hidden: tuple[HiddenComment, ...] = ()
    restrictions: tuple[RestrictionView, ...] = ()
    questions: tuple[QuestionView, ...] = ()
