"""The questions of one session, gathered: who asked what, since when. In memory; made anew from the comments whenever it is needed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from app.protocol.questions import QuestionKind
from app.protocol.views import CommentView
from app.questions.recognising import Asked

Topic = tuple[QuestionKind, UUID | None]


@dataclass(frozen=True, slots=True)
class Heard:
    """A comment with the device that said it."""

    comment: CommentView
    device_id: UUID


@dataclass(slots=True)
class _Group:
    is_clear: bool
    heard: list[Heard] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class OpenGroup:
    """What is still to be answered of one topic."""

    topic: Topic
    is_clear: bool
    people: int
    newest: CommentView
    first_at_ms: int


class Gathering:
    """Holds what was heard in the last while; comments that were heard already change nothing."""

    def __init__(self) -> None:
        self._groups: dict[tuple[Topic, bool], _Group] = {}
        self._known: dict[str, int] = {}

    def __contains__(self, comment_id: str) -> bool:
        return comment_id in self._known

    def take(self, heard: Heard, asked: Iterable[Asked]) -> None:
        """Note a comment and what it asks."""
        if heard.comment.id in self._known:
            return
        self._known[heard.comment.id] = heard.comment.at_ms
        for each in asked:
            group = self._groups.setdefault(((each.kind, each.product_id), each.is_clear), _Group(each.is_clear))
            group.heard.append(heard)

    @property
    def asking(self) -> set[str]:
        """Ids of the comments that stand in groups."""
        return {heard.comment.id for group in self._groups.values() for heard in group.heard}

    def forget(self, comment_ids: Collection[str]) -> None:
        """Let go of comments as if they had never been heard: they may be taken again."""
        if not comment_ids:
            return
        for comment_id in comment_ids:
            self._known.pop(comment_id, None)
        self._keep(lambda heard: heard.comment.id not in comment_ids)

    def forget_before(self, at_ms: int) -> None:
        """Let go of what was heard long ago."""
        self._known = {comment_id: heard_at for comment_id, heard_at in self._known.items() if heard_at >= at_ms}
        self._keep(lambda heard: heard.comment.at_ms >= at_ms)

    def _keep(self, is_kept: Callable[[Heard], bool]) -> None:
        for key, group in list(self._groups.items()):
            group.heard = [heard for heard in group.heard if is_kept(heard)]
            if not group.heard:
                del self._groups[key]

    def open_groups(self, answered_until: Mapping[Topic, int]) -> list[OpenGroup]:
        """What was asked since it was answered last: what most people ask first, then the newest."""
        return sorted(self._open(answered_until), key=lambda group: (-group.people, -group.newest.at_ms, group.newest.id))

    def _open(self, answered_until: Mapping[Topic, int]) -> Iterator[OpenGroup]:
        for (topic, is_clear), group in self._groups.items():
            until = answered_until.get(topic, -1)
            waiting = [heard for heard in group.heard if heard.comment.at_ms > until]
            if waiting:
                newest = max(waiting, key=lambda heard: (heard.comment.at_ms, heard.comment.id)).comment
                people = len({heard.device_id for heard in waiting})
                yield OpenGroup(topic, is_clear, people, newest, min(heard.comment.at_ms for heard in waiting))
