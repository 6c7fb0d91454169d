"""The services of complaints, built together. Called by `app/wiring.py`."""

from __future__ import annotations

from dataclasses import dataclass

from app.fulfilment.complaint_desk import ComplaintDesk
from app.fulfilment.complaint_limits import ComplaintLimits
from app.fulfilment.sealed_rows import SealedRows
from app.fulfilment.session_complaints import SessionComplaints
from app.fulfilment.working_days import promise_of
from app.infra.database import Database
from app.infra.key_ring import KeyRing
from app.infra.redis_client import RedisClients
from app.sessions.lookup import SessionLookup
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class ComplaintServices:
    """What viewers complain of about sessions, and the organiser's work list of all complaints."""

    of_sessions: SessionComplaints
    desk: ComplaintDesk

    def all(self) -> tuple[object, ...]:
        return (self.of_sessions, self.desk)


def complaint_services(
    database: Database, redis: RedisClients, ring: KeyRing, *, sessions: SessionLookup, rows: SealedRows, settings: Settings
) -> ComplaintServices:
    limits = ComplaintLimits(redis, prefix=settings.redis_prefix, ring=ring)
    promise = promise_of(settings.complaints)
    return ComplaintServices(
        SessionComplaints(database, sessions=sessions, rows=rows, limits=limits, promise=promise),
        ComplaintDesk(database, sessions=sessions, rows=rows, promise=promise),
    )
