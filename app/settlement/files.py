"""Settlements as PDF and XLSX, the next one as a draft: a child process makes the file, so that no request waits for it. None is kept."""

from __future__ import annotations

import asyncio
import json
from typing import Final, Literal
from uuid import UUID

from app.accounts.service import CurrentUser
from app.errors import Unavailable
from app.infra.child_work import ChildWork, WorkFailed
from app.infra.clock import VIETNAM_TIME, from_ms, utc_now
from app.infra.database import Database
from app.settlement.drafts import ALL_SESSIONS, ORDERS_MOST, Chosen
from app.settlement.listing import SettlementLists
from app.settlement.reaching import SettlementReaches
from app.settlement.reading import ProducerFacts
from app.settlement.schemas import SettlementView

Form = Literal["pdf", "xlsx"]
MEDIA_TYPES: Final = {"pdf": "application/pdf", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class SettlementFiles:
    """One at a time on a worker: drawing takes a core, and orders come first."""

    def __init__(self, database: Database, reaches: SettlementReaches, lists: SettlementLists) -> None:
        self._database = database
        self._reaches = reaches
        self._lists = lists
        self._work = ChildWork("app.settlement.paper_work", at_once=1, waiting_max=10, seconds=60.0, answer_max_bytes=64 * 1024 * 1024)

    async def file(self, user: CurrentUser, producer_id: UUID, number: int | None, form: Form, chosen: Chosen = ALL_SESSIONS) -> bytes:
        """An agreed settlement, or (None) the next one of the chosen sessions. Raises `ProducerNotFound`, `SettlementNotFound`, `SettlementTooLarge`, `Unavailable`."""
        async with self._database.pool.acquire() as db:
            producer = await self._reaches.require(db, user, producer_id)
        if number is None:
            view = await self._lists.draft(user, producer_id, chosen=chosen, limit=ORDERS_MOST)
        else:
            view = await self._lists.settlement(user, producer_id, number, limit=ORDERS_MOST)
        try:
            return await self._work.run(await asyncio.to_thread(_facts, producer, view), form)
        except WorkFailed:
            raise Unavailable(retry_after_seconds=5) from None


def _facts(producer: ProducerFacts, view: SettlementView) -> bytes:
    when = utc_now() if view.agreed_at_ms is None else from_ms(view.agreed_at_ms)
    facts = {
        "organisation": producer.organisation_name,
        "place": producer.place,
        "when": when.astimezone(VIETNAM_TIME).strftime("%d/%m/%Y %H:%M"),
        "settlement": view.model_dump(mode="json"),
    }
    return json.dumps(facts, ensure_ascii=False).encode()
