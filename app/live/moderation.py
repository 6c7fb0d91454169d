"""What one node knows of a room's moderation, as of one place in its log: rules, hidden comments, who is muted, questions. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from app.live.block_words import BlockWords
from app.live.restrictions import Restriction, Restrictions
from app.live.usual_words import USUAL_WORDS
from app.protocol.moderation import HiddenComment, ModerationRules, ModerationView, QuestionView
from app.protocol.server_events import (
    ClaimChanged,
    CommentHeld,
    CommentPosted,
    CommentsHidden,
    CommentsRestored,
    ModerationChanged,
    QuestionsChanged,
    RoomEvent,
    SpeakerFreed,
    SpeakerRestricted,
)

HIDDEN_SHOWN = 60
# More than a room's window has events: whatever is told again from there is known here.
HIDDEN_KNOWN = 2_000


class RoomModeration:
    """Changed only by log events, in order; applying one twice changes nothing. `rules` are those in force."""

    def __init__(
        self,
        *,
        rules: ModerationRules | None = None,
        hidden: Iterable[HiddenComment] = (),
        hidden_ids: Iterable[str] = (),
        restrictions: Iterable[Restriction] = (),
        questions: tuple[QuestionView, ...] = (),
    ) -> None:
        self._set_rules(rules or ModerationRules())
        self._hidden_ids = dict.fromkeys(hidden_ids)
        self._hidden: dict[str, HiddenComment] = {}
        for each in hidden:
            self._keep(each)
        self.restrictions = Restrictions(restrictions)
        self._questions = questions

    def is_hidden(self, comment_id: str) -> bool:
        return comment_id in self._hidden_ids

    @property
    def view(self) -> ModerationView:
        return ModerationView(
            rules=self._rules, hidden=tuple(self._hidden.values()), restrictions=self.restrictions.views, questions=self._questions
        )

    def apply(self, event: RoomEvent) -> None:  # noqa: C901 - one case for each event
        """Make one event part of it; events of other things change nothing."""
        match event:
            case CommentsHidden():
                for comment_id in event.comment_ids:
                    self._hide(comment_id)
                if event.mark is not None:
                    for comment in event.comments:
                        self._keep(HiddenComment(comment=comment, mark=event.mark))
            case CommentHeld():
                self._keep(HiddenComment(comment=event.comment, mark=event.mark))
            case CommentsRestored():
                for comment in event.comments:
                    self._hidden_ids.pop(comment.id, None)
                    self._hidden.pop(comment.id, None)
            case SpeakerRestricted():
                concerns = event.device.bytes if event.device is not None else bytes.fromhex(event.network or "")
                self.restrictions.add(Restriction(event.restriction, concerns))
            case SpeakerFreed():
                self.restrictions.lift(event.restriction_id)
            case ModerationChanged():
                self._set_rules(event.rules)
            case QuestionsChanged():
                self._questions = event.questions
            case _:
                pass

    def told(self, event: RoomEvent, *, for_staff: bool) -> RoomEvent | None:
        """The event as one audience may hear it; None when it is not for them."""
        match event:
            case CommentHeld() | SpeakerFreed() | ModerationChanged() | QuestionsChanged():
                return event if for_staff else None
            case SpeakerRestricted():
                return event.model_copy(update={"device": None, "network": None}) if for_staff else None
            case ClaimChanged():
                return event.model_copy(update={"device": None}) if for_staff else None
            case CommentPosted():
                return event if for_staff or event.comment.id not in self._hidden_ids else None
            case CommentsHidden():
                return event if for_staff else CommentsHidden(comment_ids=event.comment_ids)
            case CommentsRestored():
                return event if for_staff else self._restored(event)
            case _:
                return event

    def _restored(self, event: CommentsRestored) -> RoomEvent | None:
        shown = tuple(comment for comment in event.comments if comment.id not in self._hidden_ids)
        return CommentsRestored(comments=shown) if shown else None

    def _set_rules(self, rules: ModerationRules) -> None:
        self._rules, self.rules = rules, rules.in_force
        self.words = BlockWords((*self.rules.block_words, *(USUAL_WORDS if self.rules.usual_words else ())))

    def _hide(self, comment_id: str) -> None:
        self._hidden_ids[comment_id] = None
        if len(self._hidden_ids) > HIDDEN_KNOWN:
            del self._hidden_ids[next(iter(self._hidden_ids))]

    def _keep(self, hidden: HiddenComment) -> None:
        self._hide(hidden.comment.id)
        self._hidden[hidden.comment.id] = hidden
        if len(self._hidden) > HIDDEN_SHOWN:
            del self._hidden[next(iter(self._hidden))]
