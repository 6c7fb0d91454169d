"""Claims of comments on the desk: how many wait for a decision over sessions, which, and orders that they ask to confirm again.

Claims themselves belong to `app/comment_orders`. Whatever became of one there is seen here within a second, whoever did it.
"""

from __future__ import annotations

from uuid import UUID

import structlog

from app.accounts.service import CurrentUser
from app.comment_orders.claims import ClaimDesk
from app.desk.news import DeskNews
from app.desk.reading import count_claims
from app.desk.schemas import QueuedClaims
from app.desk.work import DeskWork, ask_again
from app.infra.database import Database

log = structlog.get_logger(__name__)

SHOWN_MOST = 60
# What open desks would see change: how many there are, the newest hold, the newest question.
_LOOK = """
SELECT s.organisation_id, count(*) AS held, max(c.held_at) AS held_at, max(c.asked_at) AS asked_at
FROM comment_claims c JOIN sessions s ON s.id = c.session_id WHERE c.state = 'held' GROUP BY s.organisation_id
"""
_ASKING = """
SELECT c.id, c.follows_order_id, s.organisation_id FROM comment_claims c JOIN sessions s ON s.id = c.session_id WHERE c.asks_desk LIMIT 100
"""
_CARRIED = "UPDATE comment_claims SET asks_desk = false WHERE id = $1 AND asks_desk"


class DeskClaims:
    """Lists them, and carries to the desk's orders what claims say about these. Run by `jobs.py`."""

    def __init__(self, database: Database, work: DeskWork, *, claims: ClaimDesk, news: DeskNews) -> None:
        self._database = database
        self._work = work
        self._claims = claims
        self._news = news
        self._seen: dict[UUID, tuple[object, ...]] = {}

    async def queue(self, user: CurrentUser, session_id: UUID | None) -> QueuedClaims:
        """Those that wait for a decision, at most sixty, and how many there are. Raises those of access."""
        scope = await self._work.scope(user, session_id)
        found = await self._claims.held_over_sessions(*scope.parameters, with_rehearsals=scope.is_one, most=SHOWN_MOST)
        async with self._database.pool.acquire() as db:
            return QueuedClaims(claims=list(found), count=await count_claims(db, scope))

    async def follow(self) -> None:
        """Tell open desks of claims that came and went, and carry what these ask to orders."""
        found = {row["organisation_id"]: tuple(row)[1:] for row in await self._database.pool.fetch(_LOOK)}
        changed = [each for each in {*found, *self._seen} if found.get(each) != self._seen.get(each)]
        self._seen = found
        for organisation_id in changed:
            await self._news.changed(organisation_id)
        await self.carry()

    async def carry(self) -> int:
        """Put orders whose buyers want something else since they agreed into the queue "again"; returns how many claims asked for it."""
        asking = await self._database.pool.fetch(_ASKING)
        for row in asking:
            try:
                async with self._database.pool.acquire() as db, db.transaction():
                    # taken out with it: whoever carries the same at this moment finds it done
                    if await db.execute(_CARRIED, row["id"]) == "UPDATE 1":
                        await ask_again(db, row["follows_order_id"])
            except Exception as error:  # noqa: BLE001 - the order may be locked for too long; the others come all the same, this one again
                log.warning("claim_not_carried", claim=str(row["id"]), error=repr(error))
            await self._news.changed(row["organisation_id"])
        return len(asking)
