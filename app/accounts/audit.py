"""The audit trail: who changed what, written in the same transaction as the change. Called by every service that changes something."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import AuditEntry
from app.infra.database import RawConnection


def record_audit(
    db: AsyncSession,
    *,
    organisation_id: UUID,
    user_id: UUID | None,
    action: str,
    subject_id: UUID | str | None = None,
    details: Mapping[str, object] | None = None,
) -> None:
    """Add one entry to the open transaction `db`; it exists if and only if the change does.

    `action` is `noun.verb` in the past (`product.updated`). `details` must be JSON and free of passwords, tokens and buyers' data.
    """
    db.add(
        AuditEntry(
            organisation_id=organisation_id,
            user_id=user_id,
            action=action,
            subject_id=None if subject_id is None else str(subject_id),
            details=dict(details or {}),
        )
    )


_INSERT = "INSERT INTO audit_entries (organisation_id, user_id, action, subject_id, details) VALUES ($1, $2, $3, $4, $5::jsonb)"


async def insert_audit(
    db: RawConnection,
    *,
    organisation_id: UUID,
    user_id: UUID | None,
    action: str,
    subject_id: UUID | str | None = None,
    details: Mapping[str, object] | None = None,
) -> None:
    """The same for a transaction that is written by hand, as the order path's are."""
    await db.execute(
        _INSERT, organisation_id, user_id, action, None if subject_id is None else str(subject_id), json.dumps(dict(details or {}))
    )


async def insert_audit_each(
    db: RawConnection, *, organisation_id: UUID, user_id: UUID | None, action: str, about: Sequence[tuple[UUID, Mapping[str, object]]]
) -> None:
    """The same done to many subjects, each with details of its own: one line each."""
    rows = [(organisation_id, user_id, action, str(subject_id), json.dumps(dict(details))) for subject_id, details in about]
    await db.executemany(_INSERT, rows)
