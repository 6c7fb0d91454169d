"""What of a programme somebody may read: all of their organisation, or the communes in which they have a role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from app.accounts.permissions import Action
from app.accounts.service import CurrentUser


@dataclass(frozen=True, slots=True)
class Reach:
    """`ward_codes` null: everything of the organisation."""

    organisation_id: UUID
    ward_codes: tuple[int, ...] | None


Reader: TypeAlias = CurrentUser | Reach
"""Somebody, or as much as somebody could read when they asked for it."""


def reach_of(user: Reader) -> Reach:
    if isinstance(user, Reach):
        return user
    if user.may_everywhere(Action.READ_PROGRAMMES):
        return Reach(user.organisation_id, None)
    wards = {grant.ward_code for grant in user.grants_for(Action.READ_PROGRAMMES) if grant.ward_code is not None}
    return Reach(user.organisation_id, tuple(sorted(wards)))
