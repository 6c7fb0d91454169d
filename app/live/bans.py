"""Who is banned from a room, for doors of HTTP, where the room may be open on another worker only: then PostgreSQL says so.

What the room knows here is as of its log. What PostgreSQL said is kept for half a second, so a crowd that orders costs two short reads a
second for each session and worker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.errors import AppError, Unavailable
from app.infra.clock import monotonic, now_ms, to_ms
from app.infra.database import Database
from app.infra.gathering import Gathering
from app.live.errors import SpeakerBanned
from app.live.rooms import RoomDirectory
from app.realtime.networks import UNKNOWN_NETWORK, NetworkDigests

KEPT_SECONDS = 0.5
# Within what an order may take; longer, and the order would not be placed either.
_PATIENCE_SECONDS = 2.0
_RETRY_AFTER_SECONDS = 2.0
_SESSIONS_AT_ONCE = 1_000
_SESSIONS_KEPT = 1_000
_WAITING_MAX = 20_000

_IN_FORCE = """
SELECT session_id, device_id, network, until_at FROM speaker_restrictions
WHERE session_id = ANY($1::uuid[]) AND kind = 'ban' AND lifted_at IS NULL AND (until_at IS NULL OR until_at > now())
"""


@dataclass(frozen=True, slots=True)
class _Bans:
    """By device (16 bytes) or network (8 bytes), until when in milliseconds; None: until the session ends."""

    until_ms: Mapping[bytes, int | None]
    read_at: float

    def refusal(self, device_key: bytes, network: bytes) -> SpeakerBanned | None:
        for concerned in (device_key, network):
            if concerned in self.until_ms and concerned != UNKNOWN_NETWORK:
                until_ms = self.until_ms[concerned]
                if until_ms is None or until_ms > now_ms():
                    return SpeakerBanned(details={"until_ms": until_ms})
        return None


class RoomBans:
    """One per worker."""

    def __init__(self, database: Database, *, rooms: RoomDirectory, networks: NetworkDigests) -> None:
        self._database = database
        self._rooms = rooms
        self._networks = networks
        self._kept: dict[UUID, _Bans] = {}
        self._reading: Gathering[UUID, _Bans] = Gathering(
            "bans", self._read, busy=_unavailable, seconds=_PATIENCE_SECONDS, most=_SESSIONS_AT_ONCE, queue_max=_WAITING_MAX
        )

    async def close(self) -> None:
        await self._reading.close()

    async def refusal(self, session_id: UUID, device_id: UUID | None, address: str) -> SpeakerBanned | None:
        """What to refuse a device at an address with; None when it is not banned. Raises `Unavailable` when nobody says in time."""
        device_key = b"" if device_id is None else device_id.bytes
        network = self._networks.of(session_id, address)
        if self._rooms.is_open(session_id):
            return self._rooms.ban_of(session_id, device_key, network)
        return (await self._bans(session_id)).refusal(device_key, network)

    async def refuse(self, session_id: UUID, device_id: UUID | None, address: str) -> None:
        """Raises `SpeakerBanned`, and what `refusal` raises."""
        if (refused := await self.refusal(session_id, device_id, address)) is not None:
            raise refused

    async def _bans(self, session_id: UUID) -> _Bans:
        kept = self._kept.get(session_id)
        if kept is not None and monotonic() - kept.read_at < KEPT_SECONDS:
            return kept
        return await self._reading.ask(session_id)

    async def _read(self, session_ids: Sequence[UUID]) -> list[_Bans | AppError]:
        asked = set(session_ids)
        # From before the question: whoever is banned while it is on its way is in the next answer.
        moment = monotonic()
        until_ms: dict[UUID, dict[bytes, int | None]] = {session_id: {} for session_id in asked}
        for row in await self._database.placing.fetch(_IN_FORCE, list(asked)):
            concerned = row["network"] if row["device_id"] is None else row["device_id"].bytes
            before = until_ms[row["session_id"]].get(concerned, 0)
            until = to_ms(row["until_at"])
            until_ms[row["session_id"]][concerned] = None if before is None or until is None else max(before, until)
        if len(self._kept) + len(asked) > _SESSIONS_KEPT:
            self._kept.clear()
        bans = {session_id: _Bans(found, moment) for session_id, found in until_ms.items()}
        self._kept.update(bans)
        return [bans[session_id] for session_id in session_ids]


def _unavailable() -> Unavailable:
    return Unavailable(retry_after_seconds=_RETRY_AFTER_SECONDS)
