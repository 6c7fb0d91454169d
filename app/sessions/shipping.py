"""What delivery costs: one rule for all sessions of an organisation, and one session's own in place of it. Rooms are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import record_audit
from app.accounts.intentions import Intention, claim_intention
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.infra.database import Database
from app.protocol.server_events import SessionChanged
from app.protocol.shipping import ShippingRule
from app.sessions.in_charge import lock_in_charge, require_editable
from app.sessions.lookup import SessionLookup
from app.sessions.models import LivestreamSession, ShippingRuleRow
from app.sessions.outbox import event_to_tell, tell_room
from app.sessions.reading import session_views
from app.sessions.telling import RoomTeller

_OPEN = ("scheduled", "live")


@dataclass(frozen=True, slots=True)
class SessionShipping:
    """A session's own rule, where it has one, and the organisation's, which holds otherwise; None = free."""

    own: ShippingRule | None
    common: ShippingRule | None


class ShippingService:
    """Orders are charged by the rule that holds when they are placed; what was charged stays in the ledger whatever comes later."""

    def __init__(self, database: Database, *, sessions: SessionLookup, teller: RoomTeller) -> None:
        self._transactions = database.transactions
        self._sessions = sessions
        self._teller = teller

    async def of_organisation(self, user: CurrentUser) -> ShippingRule | None:
        """The organisation's rule; None = delivery is free."""
        async with self._transactions() as db:
            rule = await db.scalar(select(ShippingRuleRow.rule).where(_is_of(user.organisation_id, None)))
        return None if rule is None else ShippingRule.model_validate(rule)

    async def of_session(self, user: CurrentUser, session_id: UUID) -> SessionShipping:
        """For those in charge of the session. Raises `SessionNotFound`, `NotYourSession`."""
        organisation_id = (await self._sessions.managed(user, session_id, Action.PREPARE_SESSIONS)).organisation_id
        async with self._transactions() as db:
            own = await db.scalar(select(ShippingRuleRow.rule).where(_is_of(organisation_id, session_id)))
            common = await db.scalar(select(ShippingRuleRow.rule).where(_is_of(organisation_id, None)))
        return SessionShipping(*(None if rule is None else ShippingRule.model_validate(rule) for rule in (own, common)))

    async def set_for_organisation(self, user: CurrentUser, rule: ShippingRule | None, intention: Intention | None = None) -> None:
        """Set the rule of all sessions that have none of their own; None = free. For organisers."""
        async with self._transactions.begin() as db:
            if not (await claim_intention(db, user.id, intention, user.organisation_id)).is_first:
                return
            await _set(db, user.organisation_id, None, rule)
            _audit(db, user, user.organisation_id, rule)
            found = select(LivestreamSession).where(
                LivestreamSession.organisation_id == user.organisation_id, LivestreamSession.state.in_(_OPEN)
            )
            rows = (await db.scalars(found.order_by(LivestreamSession.id))).all()
            await _tell(db, rows)
        for row in rows:
            self._teller.kick(row.id)

    async def set_for_session(
        self, user: CurrentUser, session_id: UUID, rule: ShippingRule | None, intention: Intention | None = None
    ) -> None:
        """Set a session's own rule; None = the organisation's again. Raises `SessionClosed` and those of access."""
        async with self._transactions.begin() as db:
            row = await lock_in_charge(db, user, session_id, Action.PREPARE_SESSIONS)
            if not (await claim_intention(db, user.id, intention, session_id)).is_first:
                return
            require_editable(row)
            await _set(db, row.organisation_id, session_id, rule)
            _audit(db, user, session_id, rule)
            await _tell(db, [row])
        await self._teller.tell_soon(session_id)


def _is_of(organisation_id: UUID, session_id: UUID | None) -> ColumnElement[bool]:
    return and_(ShippingRuleRow.organisation_id == organisation_id, ShippingRuleRow.session_id.is_not_distinct_from(session_id))


async def _set(db: AsyncSession, organisation_id: UUID, session_id: UUID | None, rule: ShippingRule | None) -> None:
    if rule is None:
        await db.execute(delete(ShippingRuleRow).where(_is_of(organisation_id, session_id)))
        return
    written = rule.model_dump(mode="json")
    new = insert(ShippingRuleRow).values(organisation_id=organisation_id, session_id=session_id, rule=written)
    await db.execute(new.on_conflict_do_update(index_elements=["organisation_id", "session_id"], set_={"rule": written}))


async def _tell(db: AsyncSession, rows: Sequence[LivestreamSession]) -> None:
    for view in await session_views(db, rows):
        await tell_room(db, view.id, event_to_tell(SessionChanged(session=view)))


def _audit(db: AsyncSession, user: CurrentUser, subject_id: UUID, rule: ShippingRule | None) -> None:
    details = {"rule": None if rule is None else rule.model_dump(mode="json")}
    record_audit(db, organisation_id=user.organisation_id, user_id=user.id, action="shipping.set", subject_id=subject_id, details=details)
