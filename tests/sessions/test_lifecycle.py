"""The life of a session: every move there is, and no other."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from app.accounts.permissions import RULES
from app.protocol.views import SessionState
from app.sessions.lifecycle import action_of_move, missing_for

MOVES = {
    ("draft", "scheduled"): {"organiser"},
    ("scheduled", "draft"): {"organiser"},
    ("draft", "live"): {"organiser", "host"},
    ("scheduled", "live"): {"organiser", "host"},
    ("live", "ended"): {"organiser", "host"},
    ("ended", "closed"): {"organiser"},
}


@pytest.mark.parametrize(("state", "to"), list(product(get_args(SessionState), repeat=2)))
def test_the_table_of_moves(state, to):
    action = action_of_move(state, to)

    assert (set() if action is None else set(RULES[action].roles)) == MOVES.get((state, to), set())


@pytest.mark.parametrize(
    ("to", "title", "has_plan", "products", "missing"),
    [
        ("scheduled", "Chợ phiên", True, 0, ()),
        ("scheduled", " ", False, 0, ("title", "planned_start_at")),
        ("live", "Chợ phiên", False, 1, ()),
        ("live", "Chợ phiên", True, 0, ("products",)),
        ("ended", "", False, 0, ()),
    ],
)
def test_what_a_session_needs_before_it_moves(to, title, has_plan, products, missing):
    assert missing_for(to, title=title, has_plan=has_plan, product_count=products) == missing
