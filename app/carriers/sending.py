"""Parcels given to a carrier's API: written down before the first byte goes out, asked by our code when the outcome is unknown, never twice.

No transaction is open while a carrier is waited for. Two who send one parcel at once: the second finds it asked and leaves it alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from app.accounts.audit import insert_audit
from app.accounts.service import CurrentUser
from app.carriers.accounts import CarrierAccounts
from app.carriers.carrier_api import CarrierApi, Connection, Taken, Tracked
from app.carriers.errors import CarrierAway, CarrierRefused, CarrierTokenRefused
from app.carriers.fitting import Unfit, fits, unfit
from app.carriers.from_parcels import read_parcels, to_send
from app.carriers.parcels_to_send import ParcelToSend
from app.carriers.ready import API_NEEDS
from app.carriers.schemas import ApiCarrier, CarrierAnswer, CarrierAnswers
from app.infra.clock import monotonic, utc_now
from app.infra.database import Database, RawConnection
from app.infra.sealing import Envelopes
from app.parcels.revealing import note_revealed

AT_ONCE = 5
# Of one request new parcels are begun so long; with one answer's limit that stays below the request's own deadline.
BEGINS_SECONDS = 4.0

_READ = "SELECT state, label, fee_vnd, asked_until FROM carrier_orders WHERE parcel_id = $1 FOR UPDATE"
# The parcel's row is what two who send it first meet at.
_LOCK_PARCEL = "SELECT id FROM parcels WHERE id = $1 FOR NO KEY UPDATE"
_CLAIM = """
INSERT INTO carrier_orders (parcel_id, organisation_id, account_id, state, claim, asked_until, asked_by, asked_at)
VALUES ($1, $2, $3, 'asked', $4, $5, $6, $7)
ON CONFLICT (parcel_id) DO UPDATE SET account_id = $3, state = 'asked', claim = $4, asked_until = $5, asked_by = $6, asked_at = $7,
  answered_at = NULL
"""
_ANSWERED = """
UPDATE carrier_orders SET state = $3, label = coalesce($4, label), fee_vnd = coalesce($5, fee_vnd), words = $6, answered_at = $7, asked_until = $7
WHERE parcel_id = $1 AND claim = $2 AND state = 'asked' RETURNING parcel_id
"""
_FREE = "UPDATE carrier_orders SET asked_until = $3 WHERE parcel_id = $1 AND claim = $2 AND state = 'asked'"
_LABEL = "UPDATE parcels SET carrier = $2, tracking_code = $3 WHERE id = $1"
_CANCELLED = """
UPDATE carrier_orders SET state = 'cancelled', answered_at = $2 WHERE parcel_id = $1 AND state IN ('asked', 'taken') RETURNING parcel_id
"""


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A parcel that this request asks about; `is_first` false: somebody asked before and heard nothing."""

    parcel: ParcelToSend
    claim: UUID
    is_first: bool
    problems: list[Unfit]


class CarrierSending:
    """Asks carriers for staff; the routes ask who may."""

    def __init__(
        self, database: Database, envelopes: Envelopes, accounts: CarrierAccounts, apis: dict[ApiCarrier, CarrierApi], *, seconds: float
    ) -> None:
        self._database = database
        self._envelopes = envelopes
        self._accounts = accounts
        self._apis = apis
        # An order that was asked for longer than its answer can take is asked about again.
        self._asked_for = timedelta(seconds=4 * seconds + 5)

    async def price(self, user: CurrentUser, carrier: ApiCarrier, parcel_ids: Sequence[UUID]) -> CarrierAnswers:
        """What each would cost. Raises `CarrierAccountNotFound`, `ParcelNotFound`, `CarrierTokenRefused`."""
        _, connection = await self._accounts.connection(user.organisation_id, carrier)
        api = self._apis[carrier]

        async def ask(parcel: ParcelToSend) -> CarrierAnswer:
            quote = await api.price(connection, parcel)
            return _answer(parcel, "priced" if quote.delivers else "refused", fee_vnd=quote.fee_vnd)

        return await self._each(await self._parcels(user, parcel_ids), ask)

    async def submit(self, user: CurrentUser, carrier: ApiCarrier, parcel_ids: Sequence[UUID]) -> CarrierAnswers:
        """Have them carried. What is there already is answered as it is; what nobody knows is asked by our code first. Raises as `price` does."""
        account_id, connection = await self._accounts.connection(user.organisation_id, carrier)

        async def send(parcel: ParcelToSend) -> CarrierAnswer:
            claimed = await self._claim(user, account_id, parcel)
            if isinstance(claimed, CarrierAnswer):
                return claimed
            return await self._send(user, carrier, connection, claimed)

        return await self._each(await self._parcels(user, parcel_ids), send)

    async def cancel(self, user: CurrentUser, carrier: ApiCarrier, parcel_ids: Sequence[UUID]) -> CarrierAnswers:
        """Have them carried no more. Raises as `price` does."""
        _, connection = await self._accounts.connection(user.organisation_id, carrier)
        api = self._apis[carrier]

        async def call_off(parcel: ParcelToSend) -> CarrierAnswer:
            await api.cancel(connection, parcel.code)
            async with self._database.pool.acquire() as db, db.transaction():
                if await db.fetchval(_CANCELLED, parcel.parcel_id, utc_now()) is not None:
                    await self._audit(db, user, parcel, "carrier_order.cancelled", carrier)
            return _answer(parcel, "cancelled")

        return await self._each(await self._parcels(user, parcel_ids), call_off)

    async def where(self, user: CurrentUser, carrier: ApiCarrier, parcel_ids: Sequence[UUID]) -> list[tuple[ParcelToSend, Tracked | None]]:
        """What the carrier says of each, for whoever notes it; those that gave no answer are left out. Raises as `price` does."""
        _, connection = await self._accounts.connection(user.organisation_id, carrier)
        found: list[tuple[ParcelToSend, Tracked | None]] = []

        async def ask(parcel: ParcelToSend) -> CarrierAnswer:
            tracked = await self._apis[carrier].track(connection, parcel.code)
            found.append((parcel, tracked))
            if tracked is not None and not tracked.is_cancelled:
                await self._keep(parcel, carrier, None, Taken(tracked.label, tracked.fee_vnd))
            return _answer(parcel, "taken")

        await self._each(await self._parcels(user, parcel_ids), ask)
        return found

    async def cancelled(self, parcel_id: UUID) -> None:
        """The carrier itself says so."""
        async with self._database.pool.acquire() as db:
            await db.execute(_CANCELLED, parcel_id, utc_now())

    async def _parcels(self, user: CurrentUser, parcel_ids: Sequence[UUID]) -> list[ParcelToSend]:
        async with self._database.pool.acquire() as db:
            return [
                to_send(each) for each in await read_parcels(db, self._envelopes, user.organisation_id, list(dict.fromkeys(parcel_ids)))
            ]

    async def _each(self, parcels: Sequence[ParcelToSend], ask: Callable[[ParcelToSend], Awaitable[CarrierAnswer]]) -> CarrierAnswers:
        """Some at once, as long as time is left for their answers. A token that is refused ends it: it is refused for all."""
        turn, ends_at = asyncio.Semaphore(AT_ONCE), monotonic() + BEGINS_SECONDS
        refused: list[CarrierTokenRefused] = []

        async def one(parcel: ParcelToSend) -> CarrierAnswer:
            async with turn:
                if refused or monotonic() > ends_at:
                    return _answer(parcel, "waiting")
                try:
                    return await ask(parcel)
                except CarrierAway:
                    return _answer(parcel, "unknown")
                except CarrierRefused as refusal:
                    return _answer(parcel, "refused", words=str(refusal.details.get("words", "")))
                except CarrierTokenRefused as refusal:
                    refused.append(refusal)
                    return _answer(parcel, "refused")

        answers = await asyncio.gather(*(one(parcel) for parcel in parcels))
        if refused:
            raise refused[0]
        return CarrierAnswers(items=list(answers))

    async def _claim(self, user: CurrentUser, account_id: UUID, parcel: ParcelToSend) -> _Claimed | CarrierAnswer:
        """Write down that it is asked, and who had the receiver; committed before anything is sent."""
        now, claim = utc_now(), uuid4()
        async with self._database.pool.acquire() as db, db.transaction():
            await db.execute(_LOCK_PARCEL, parcel.parcel_id)
            (opened,) = await read_parcels(db, self._envelopes, user.organisation_id, [parcel.parcel_id])
            parcel, row = to_send(opened), await db.fetchrow(_READ, parcel.parcel_id)
            if row is not None and row["state"] == "taken":
                return _answer(parcel, "taken", label=row["label"], fee_vnd=row["fee_vnd"])
            if row is not None and row["state"] == "asked" and row["asked_until"] > now:
                return _answer(parcel, "unknown")
            problems = unfit(parcel, API_NEEDS)
            is_first = row is None or row["state"] != "asked"
            if not fits(problems) and is_first:
                return CarrierAnswer(parcel_id=parcel.parcel_id, code=parcel.code, state="unfit", problems=problems)
            await note_revealed(db, user, [opened], reason="carrier_api")
            await db.execute(_CLAIM, parcel.parcel_id, user.organisation_id, account_id, claim, now + self._asked_for, user.id, now)
        return _Claimed(parcel, claim, is_first, problems)

    async def _send(self, user: CurrentUser, carrier: ApiCarrier, connection: Connection, claimed: _Claimed) -> CarrierAnswer:
        parcel, api = claimed.parcel, self._apis[carrier]
        try:
            taken = await _taken(api, connection, claimed)
        except CarrierAway:
            # Whoever asks next need not wait until this claim is over.
            async with self._database.pool.acquire() as db:
                await db.execute(_FREE, parcel.parcel_id, claimed.claim, utc_now())
            raise
        except (CarrierRefused, CarrierTokenRefused):
            # Its words may repeat an address: whoever asked reads them, they are not kept.
            async with self._database.pool.acquire() as db:
                await db.execute(_ANSWERED, parcel.parcel_id, claimed.claim, "refused", None, None, "", utc_now())
            raise
        await self._keep(parcel, carrier, (user, claimed.claim), taken)
        return _answer(parcel, "taken", label=taken.label, fee_vnd=taken.fee_vnd)

    async def _keep(self, parcel: ParcelToSend, carrier: ApiCarrier, claimed: tuple[CurrentUser, UUID] | None, taken: Taken) -> None:
        """Note the carrier's code; with a claim, that it has taken the parcel."""
        label = taken.label[:80]
        async with self._database.pool.acquire() as db, db.transaction():
            await db.execute(_LOCK_PARCEL, parcel.parcel_id)
            if claimed is not None:
                user, claim = claimed
                if await db.fetchval(_ANSWERED, parcel.parcel_id, claim, "taken", label, taken.fee_vnd, "", utc_now()) is None:
                    return
                await self._audit(db, user, parcel, "carrier_order.taken", carrier)
            await db.execute(_LABEL, parcel.parcel_id, carrier, label)

    @staticmethod
    async def _audit(db: RawConnection, user: CurrentUser, parcel: ParcelToSend, action: str, carrier: str) -> None:
        about = {"code": parcel.code, "carrier": carrier}
        await insert_audit(
            db, organisation_id=user.organisation_id, user_id=user.id, action=action, subject_id=parcel.parcel_id, details=about
        )


def _answer(parcel: ParcelToSend, state: str, *, label: str | None = None, fee_vnd: int | None = None, words: str = "") -> CarrierAnswer:
    return CarrierAnswer.model_validate(
        {"parcel_id": parcel.parcel_id, "code": parcel.code, "state": state, "tracking_code": label, "fee_vnd": fee_vnd, "words": words}
    )


async def _taken(api: CarrierApi, connection: Connection, claimed: _Claimed) -> Taken:
    """Ask first where somebody asked before; what is there and was called off is refused, not carried."""
    code = claimed.parcel.code
    there = None if claimed.is_first else await api.track(connection, code)
    if there is None and not fits(claimed.problems):
        raise CarrierRefused
    taken = Taken(there.label, there.fee_vnd, was_there=True) if there is not None else await api.submit(connection, claimed.parcel)
    if taken.was_there and (there := there or await api.track(connection, code)) is not None and there.is_cancelled:
        raise CarrierRefused(details={"words": there.words})
    return taken
