"""When a session's recording begins, so that its moments fit: a recording seldom starts with the session itself."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, status
from pydantic import BaseModel, ConfigDict, Field

from app.accounts.access import SignedInUser, needs
from app.accounts.audit import record_audit
from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intended, Intention, claim_intention
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.errors import MalformedRequest, NotSignedIn, OriginRefused
from app.infra.database import Database
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.sessions.errors import BoothHasNoPlan, NotYourSession, SessionNotFound
from app.sessions.in_charge import lock_in_charge
from app.sessions.models import RECORDING_LEAD_MOST_SECONDS

router = APIRouter(prefix="/api/v1/sessions/{session_id}", tags=["sessions"])


class Recording(BaseModel):
    """`lead_seconds`: the recording began so long before the session was started; below zero: after it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"lead_seconds": 95}]})

    lead_seconds: int = Field(ge=-RECORDING_LEAD_MOST_SECONDS, le=RECORDING_LEAD_MOST_SECONDS)


@router.put(
    "/recording",
    dependencies=[needs(Action.PREPARE_SESSIONS)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Say when the recording begins",
    responses=problem_responses(
        NotSignedIn, OriginRefused, NotYourSession, SessionNotFound, BoothHasNoPlan, IntentionKeyReused, MalformedRequest
    ),
)
async def set_recording(
    session_id: UUID, body: Recording, user: SignedInUser, database: Annotated[Database, Depends(provided(Database))], intention: Intended
) -> None:
    """Staff in charge, also after the end, when the recording is there to look at. The moments of the session follow at once."""
    await set_recording_lead(database, user, session_id, body.lead_seconds, intention)


async def set_recording_lead(
    database: Database, user: CurrentUser, session_id: UUID, lead_seconds: int, intention: Intention | None = None
) -> None:
    """Raises `BoothHasNoPlan` for a booth, which is not broadcast, and those of access."""
    async with database.transactions.begin() as db:
        row = await lock_in_charge(db, user, session_id, Action.PREPARE_SESSIONS)
        if row.kind == "booth":
            raise BoothHasNoPlan
        if (await claim_intention(db, user.id, intention, session_id)).is_first:
            details = {"lead_seconds": {"from": row.recording_lead_seconds, "to": lead_seconds}}
            row.recording_lead_seconds = lead_seconds
            who = {"organisation_id": row.organisation_id, "user_id": user.id}
            record_audit(db, **who, action="session.recording_set", subject_id=session_id, details=details)
