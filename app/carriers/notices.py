"""What carriers tell by themselves or when asked: taken in, each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.accounts.service import CurrentUser
from app.carriers.accounts import CarrierAccounts
from app.carriers.carrier_api import CarrierApi, Tracked
from app.carriers.events import CarrierEvents, Said
from app.carriers.ghtk import is_waiting
from app.carriers.schemas import ApiCarrier, CarrierAnswer, CarrierAnswers
from app.carriers.sending import CarrierSending
from app.errors import MalformedRequest
from app.infra.database import Database
from app.parcels.states import read_code

NOTICE_MAX_BYTES = 16 * 1024

_FIND = """
SELECT id FROM parcels WHERE organisation_id = $1 AND state <> 'dissolved' AND (code = $2 OR (tracking_code = $3 AND carrier = $4))
ORDER BY code = $2 DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class _From:
    organisation_id: UUID
    carrier: ApiCarrier
    source: str
    by: UUID | None = None


class CarrierNotices:
    """Takes notices, and asks where parcels are."""

    def __init__(
        self,
        database: Database,
        accounts: CarrierAccounts,
        apis: dict[ApiCarrier, CarrierApi],
        events: CarrierEvents,
        sending: CarrierSending,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._apis = apis
        self._events = events
        self._sending = sending

    async def take(self, account_id: UUID, shown: str, fields: Mapping[str, str]) -> None:
        """Note what a notice says; again changes nothing. Raises `CarrierNoticeNotGenuine`, and `MalformedRequest` when it says nothing."""
        organisation_id, carrier = await self._accounts.genuine(account_id, shown)
        tracked = self._apis[carrier].notice(fields)
        if tracked is None:
            raise MalformedRequest
        await self._note(_From(organisation_id, carrier, "notice"), None, tracked)
        await self._accounts.heard(account_id)

    async def ask(self, user: CurrentUser, carrier: ApiCarrier, parcel_ids: Sequence[UUID]) -> CarrierAnswers:
        """Where these parcels are; what is news is noted. Raises as `CarrierSending.price` does."""
        answers = {}
        for parcel, tracked in await self._sending.where(user, carrier, parcel_ids):
            if tracked is not None:
                await self._note(_From(user.organisation_id, carrier, "asked", user.id), parcel.parcel_id, tracked)
            state = "refused" if tracked is None else "cancelled" if tracked.is_cancelled else "taken"
            answers[parcel.parcel_id] = CarrierAnswer.model_validate(
                {
                    "parcel_id": parcel.parcel_id,
                    "code": parcel.code,
                    "state": state,
                    "tracking_code": None if tracked is None else tracked.label,
                    "words": "" if tracked is None else tracked.words,
                }
            )
        return CarrierAnswers(items=[answers[each] for each in dict.fromkeys(parcel_ids) if each in answers])

    async def _note(self, whose: _From, parcel_id: UUID | None, tracked: Tracked) -> None:
        if is_waiting(tracked):
            return
        code = read_code(tracked.parcel_code) or tracked.parcel_code[:80]
        if parcel_id is None:
            async with self._database.pool.acquire() as db:
                parcel_id = await db.fetchval(_FIND, whose.organisation_id, code, tracked.label[:80], whose.carrier)
        if parcel_id is not None and tracked.is_cancelled:
            await self._sending.cancelled(parcel_id)
        await self._events.note(
            Said(
                organisation_id=whose.organisation_id,
                source=whose.source,
                parcel_id=parcel_id,
                parcel_code=code,
                tracking_code=tracked.label[:80],
                words=tracked.words[:80],
                state=tracked.state,
                happened_at=tracked.happened_at,
                collected_vnd=tracked.collected_vnd,
                carrier=whose.carrier,
                by=whose.by,
            )
        )
