"""Whether somebody may speak in a room now, and whether what they say is shown: the session's rules, asked for every comment.

Everything but slow mode, repetitions and who has ordered is answered from what the node knows; PostgreSQL is asked only in buyers-only
mode, once per device.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from app.infra.clock import now_ms
from app.live.errors import BuyersOnly, CommentsTooFast, NewViewerWaits, SpeakerMuted
from app.live.moderation import RoomModeration
from app.live.talk_turns import TalkTurns
from app.protocol.moderation import HiddenMark
from app.realtime.connection import Connection
from app.realtime.tickets import device_known_since_ms

HasOrdered = Callable[[UUID, UUID], Awaitable[bool]]
_BUYERS_KEPT = 50_000
# Addresses on the web, also those that are spelled: `www`, `bit . ly/x`, `shop chấm com`.
_DOT = re.compile(r"\s*(?:\(\s*(?:dot|chấm|cham|\.)\s*\)|\[\s*(?:dot|chấm|cham|\.)\s*\]|\s(?:dot|chấm|cham)\s)\s*", re.IGNORECASE)
# A space before a domain's end alone is no disguise: people forget the space after a full stop, not before it.
_SPACED = re.compile(r"(?<=[a-z0-9])\s+\.\s*(?=[a-z])|(?<=[a-z0-9])\.\s+(?=(?:com|net|vn|ly|org)\b)", re.IGNORECASE)
_END = r"(?![a-z0-9\u00c0-\u1ef9])"
_ENDINGS = r"(?:com|net|org|info|xyz|biz|asia|site|online|click|club|icu|vip|pro|bet|win|tk|cc|ly|gl|io|gg|vn)"
_LINK = re.compile(
    r"https?\s*:\s*/\s*/|\bwww\s*\.\s*[a-z0-9]"
    r"|\b(?:zalo|t|m|wa|fb|telegram)\.me/"
    rf"|\b[a-z0-9][a-z0-9-]*[a-z0-9](?:\.[a-z0-9-]+)*\.{_ENDINGS}{_END}"
    # Endings that are words, too, only with a path: shop, me, co, top, link …
    r"|\b[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\.(?:me|co|top|shop|store|link|live|app|page|to|so|la|ai)/[a-z0-9]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`mark`: why it is not shown; None: it is. `is_unheard`: nobody but the speaker sees it, not even held for the board."""

    mark: HiddenMark | None = None
    is_unheard: bool = False


SHOWN = Verdict()


class Speaking:
    """One per node."""

    def __init__(self, turns: TalkTurns, *, has_ordered: HasOrdered) -> None:
        self._turns = turns
        self._has_ordered = has_ordered
        self._buyers: dict[tuple[UUID, bytes], None] = {}

    async def judge(self, connection: Connection, session_id: UUID, moderation: RoomModeration, text: str) -> Verdict:
        """What becomes of a viewer's comment; the name beside it is read as well.

        Raises `SpeakerMuted`, `NewViewerWaits`, `BuyersOnly`, `CommentsTooFast`: it was not taken, and the speaker is told so.
        """
        rules = moderation.rules
        muted = moderation.restrictions.find("mute", connection.device_key, connection.network)
        if muted is not None:
            if not rules.muted_may_write:
                raise SpeakerMuted(details={"until_ms": muted.until_ms})
            return Verdict(HiddenMark(reason="muted", by=muted.by, at_ms=now_ms()), is_unheard=True)
        if rules.new_viewer_seconds:
            self._require_known(connection, rules.new_viewer_seconds)
        if rules.buyers_only:
            await self._require_buyer(session_id, connection)
        times_said = 0
        if rules.slow_mode_seconds or rules.repeats_most:
            turn = await self._turns.take(
                session_id, connection.device_key, pause_seconds=rules.slow_mode_seconds, text=text if rules.repeats_most else ""
            )
            if turn.wait_seconds > 0:
                raise CommentsTooFast(retry_after_seconds=turn.wait_seconds)
            times_said = turn.times_said
        return held_by_rules(moderation, (connection.author, text), times_said)

    def _require_known(self, connection: Connection, seconds: int) -> None:
        known_since_ms = device_known_since_ms(UUID(bytes=connection.device_key))
        wait_ms = 0 if known_since_ms is None else known_since_ms + seconds * 1_000 - now_ms()
        if wait_ms > 0:
            raise NewViewerWaits(retry_after_seconds=wait_ms / 1_000)

    async def _require_buyer(self, session_id: UUID, connection: Connection) -> None:
        known = (session_id, connection.device_key)
        if known in self._buyers:
            return
        if not await self._has_ordered(session_id, UUID(bytes=connection.device_key)):
            raise BuyersOnly
        if len(self._buyers) >= _BUYERS_KEPT:
            self._buyers.clear()
        self._buyers[known] = None


def held_by_rules(moderation: RoomModeration, said: tuple[str, str], times_said: int) -> Verdict:
    """What the session's rules say to an author and their words; `times_said` within the last minute."""
    rules = moderation.rules
    word = next(filter(None, map(moderation.words.find, said)), None)
    if word is not None:
        return Verdict(HiddenMark(reason="block_word", word=word, at_ms=now_ms()))
    if rules.hold_links and any(map(has_link, said)):
        return Verdict(HiddenMark(reason="link", at_ms=now_ms()))
    if rules.repeats_most and times_said > rules.repeats_most:
        return Verdict(HiddenMark(reason="repeat", at_ms=now_ms()))
    return SHOWN


def has_link(text: str) -> bool:
    """Whether a cleaned comment has an address that can be typed into a browser."""
    plain = unicodedata.normalize("NFKC", text)
    return _LINK.search(plain) is not None or _LINK.search(_SPACED.sub(".", _DOT.sub(".", plain))) is not None
