"""Which sessions the next settlement shall cover, as the address of a request says it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from app.settlement.drafts import Chosen
from app.settlement.schemas import CHOSEN_MOST

Named = Annotated[
    list[UUID], Query(default_factory=list, max_length=CHOSEN_MOST, description="only these sessions; none named: all with something new")
]
LeftOut = Annotated[
    list[UUID], Query(default_factory=list, max_length=CHOSEN_MOST, description="all but these sessions, which wait for a later settlement")
]


def chosen_sessions(session_id: Named, without: LeftOut) -> Chosen:
    return Chosen(frozenset(session_id), frozenset(without))


ChosenSessions = Annotated[Chosen, Depends(chosen_sessions)]
