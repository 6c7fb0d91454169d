"""The life of a session as a table: which moves exist and who may make them. Pure; `service.py` applies it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from app.accounts.schemas import Role
from app.protocol.views import SessionState

Mover = Literal["organiser", "host"]

_ORGANISER: frozenset[Mover] = frozenset({"organiser"})
_BOTH: frozenset[Mover] = frozenset({"organiser", "host"})

# An organiser acts for every session of the organisation, a host for the sessions that name them as host.
MOVES: Mapping[tuple[SessionState, SessionState], frozenset[Mover]] = {
    ("draft", "scheduled"): _ORGANISER,
    ("scheduled", "draft"): _ORGANISER,
    ("draft", "live"): _BOTH,
    ("scheduled", "live"): _BOTH,
    ("live", "ended"): _BOTH,
    ("ended", "closed"): _ORGANISER,
}

EDITABLE: frozenset[SessionState] = frozenset({"draft", "scheduled", "live"})


def move_exists(state: SessionState, to: SessionState) -> bool:
    return (state, to) in MOVES


def may_move(mover: Role, state: SessionState, to: SessionState) -> bool:
    """Whether this role may make this move; False also when the move does not exist."""
    return mover in MOVES.get((state, to), frozenset())


def missing_for(to: SessionState, *, title: str, has_plan: bool, product_count: int) -> tuple[str, ...]:
    """What a session still lacks before it may move: names of fields, empty when nothing."""
    missing = []
    if to in {"scheduled", "live"} and not title.strip():
        missing.append("title")
    if to == "scheduled" and not has_plan:
        missing.append("planned_start_at")
    if to == "live" and product_count == 0:
        missing.append("products")
    return tuple(missing)
