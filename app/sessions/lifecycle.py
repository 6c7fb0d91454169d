"""The life of a session as a table: which moves exist and what one must be allowed to do for each. Pure; `editing.py` applies it."""

from __future__ import annotations

from collections.abc import Mapping

from app.accounts.permissions import Action
from app.protocol.views import SessionState

MOVES: Mapping[tuple[SessionState, SessionState], Action] = {
    ("draft", "scheduled"): Action.PLAN_SESSIONS,
    ("scheduled", "draft"): Action.PLAN_SESSIONS,
    ("draft", "live"): Action.RUN_SESSIONS,
    ("scheduled", "live"): Action.RUN_SESSIONS,
    ("live", "ended"): Action.RUN_SESSIONS,
    ("ended", "closed"): Action.CLOSE_SESSIONS,
}

EDITABLE: frozenset[SessionState] = frozenset({"draft", "scheduled", "live"})


def action_of_move(state: SessionState, to: SessionState) -> Action | None:
    """What one must be allowed to do; None when there is no such move."""
    return MOVES.get((state, to))


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
