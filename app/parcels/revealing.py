"""Whose receivers were given out in the clear is written down before anybody sees them: on papers, in carriers' files and calls."""

from __future__ import annotations

from collections.abc import Sequence

from app.accounts.audit import insert_audit_each
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.errors import Forbidden
from app.infra.database import RawConnection
from app.parcels.reading import OpenParcel


async def note_revealed(db: RawConnection, user: CurrentUser, parcels: Sequence[OpenParcel], *, reason: str) -> None:
    """Write down, in the caller's transaction, whose receivers `user` gets and what for: `reason` is a short code. Raises `Forbidden`."""
    if not user.may_everywhere(Action.PRINT_RECEIVERS):
        raise Forbidden
    about = [(order.id, {"reason": reason, "parcel": parcel.row["code"]}) for parcel in parcels for order, _ in parcel.orders]
    await insert_audit_each(db, organisation_id=user.organisation_id, user_id=user.id, action="order.contact_read", about=about)
