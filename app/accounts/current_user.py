"""Somebody who is signed in, as routes and services see them: who they are, and what their roles let them do."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.accounts.errors import OrganiserOnly
from app.accounts.permissions import RULES, Action, Grant, Place, Reach, Role, Scope, grant_allows
from app.errors import Forbidden


@dataclass(frozen=True, slots=True)
class CurrentUser:
    """A user as routes and services see them."""

    id: UUID
    organisation_id: UUID
    organisation_name: str
    login: str
    display_name: str
    # the weightiest of theirs; without grants they have it in the whole organisation
    role: Role
    grants: tuple[Grant, ...] = ()
    # what a token limits them to
    only: frozenset[Action] | None = None

    def may(self, action: Action) -> bool:
        """Whether they may do it anywhere at all."""
        return bool(self.grants_for(action))

    def may_everywhere(self, action: Action) -> bool:
        """Whether they may do it in the whole organisation, not only to what is their own."""
        found = self.grants_for(action)
        return any(grant.scope is Scope.ORGANISATION and RULES[action].of(grant.role) is Reach.ALL for grant in found)

    def may_at(self, action: Action, place: Place) -> bool:
        """Whether they may do it to this session of their organisation."""
        return any(grant_allows(grant, action, self.id, place) for grant in self.grants_for(action))

    def grants_for(self, action: Action) -> tuple[Grant, ...]:
        """Those of their grants that count for the action."""
        if self.only is not None and action not in self.only:
            return ()
        return tuple(grant for grant in self.grants or (Grant(self.role),) if grant.counts_for(action))


def require(user: CurrentUser, action: Action) -> None:
    """Raises `OrganiserOnly`, `Forbidden` when none of their roles allows it anywhere."""
    if not user.may(action):
        raise refusal_of(action)


def refusal_of(action: Action) -> type[Forbidden]:
    """What somebody is refused with whose roles do not allow an action."""
    return OrganiserOnly if RULES[action].roles == ("organiser",) else Forbidden
