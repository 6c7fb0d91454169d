"""Where providers of notices send them, and the secret that proves it: one address per organisation and provider.

The secret is sealed; it is shown once, when we make it, or never, when the provider made it and somebody pasted it here.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from app.accounts.audit import insert_audit
from app.accounts.service import CurrentUser
from app.fulfilment.bank_lines import BankLines, BookedLine
from app.fulfilment.bank_notices import is_genuine, lines_of
from app.fulfilment.errors import BankFeedNotFound, NoticeNotGenuine
from app.fulfilment.money_kinds import Provider
from app.fulfilment.money_schemas import BankFeedList, BankFeedView, NewBankFeed, OpenedFeed
from app.fulfilment.money_seals import MoneySeals
from app.fulfilment.payments import SealedWords
from app.infra.clock import to_ms, utc_now
from app.infra.database import Database

ADDRESS = "/api/v1/bank-notices/{feed_id}"
_LIST = """
SELECT f.id, f.provider, f.made_at, f.heard_at, u.display_name FROM bank_feeds f JOIN users u ON u.id = f.made_by
WHERE f.organisation_id = $1 AND f.ended_at IS NULL ORDER BY f.provider DESC
"""
# A new secret keeps the address, so that at the provider one field changes, not two.
_OPEN = """
INSERT INTO bank_feeds (id, organisation_id, provider, key_id, sealed_secret, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_OF_PROVIDER = "SELECT id FROM bank_feeds WHERE organisation_id = $1 AND provider = $2 AND ended_at IS NULL"
_RENEW = "UPDATE bank_feeds SET key_id = $2, sealed_secret = $3, made_by = $4, made_at = $5 WHERE id = $1"
_END = "UPDATE bank_feeds SET ended_at = $3 WHERE organisation_id = $1 AND provider = $2 AND ended_at IS NULL RETURNING id"
_FIND = "SELECT organisation_id, provider, key_id, sealed_secret FROM bank_feeds WHERE id = $1 AND ended_at IS NULL"
_HEARD = "UPDATE bank_feeds SET heard_at = $2 WHERE id = $1 AND (heard_at IS NULL OR heard_at < $2)"
_LOCK = "SELECT id FROM organisations WHERE id = $1 FOR NO KEY UPDATE"
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Notice:
    """A request as it came: to which address, with which headers (small names), and its bytes."""

    feed_id: UUID
    headers: Mapping[str, str]
    body: bytes


class BankFeeds:
    """Opens and ends feeds, and takes what comes through them."""

    def __init__(self, database: Database, *, lines: BankLines, seals: MoneySeals) -> None:
        self._database = database
        self._lines = lines
        self._seals = seals

    async def listed(self, user: CurrentUser) -> BankFeedList:
        async with self._database.pool.acquire() as db:
            rows = await db.fetch(_LIST, user.organisation_id)
        return BankFeedList(
            items=[
                BankFeedView(
                    provider=row["provider"],
                    path=ADDRESS.format(feed_id=row["id"]),
                    made_by=row["display_name"],
                    made_at_ms=to_ms(row["made_at"]) or 0,
                    heard_at_ms=to_ms(row["heard_at"]),
                )
                for row in rows
            ]
        )

    async def open(self, user: CurrentUser, provider: Provider, wanted: NewBankFeed) -> OpenedFeed:
        """Take notices of this provider with this secret from now on, or with a new one that is shown in the answer alone."""
        secret = wanted.secret.get_secret_value() if wanted.secret is not None else secrets.token_urlsafe(_SECRET_BYTES)
        async with self._database.pool.acquire() as db, db.transaction():
            await db.execute(_LOCK, user.organisation_id)
            found = await db.fetchval(_OF_PROVIDER, user.organisation_id, provider)
            feed_id: UUID = found or uuid4()
            sealed = self._seals.seal(secret, feed_id)
            if found is None:
                await db.execute(_OPEN, feed_id, user.organisation_id, provider, sealed.key_id, sealed.sealed, user.id, utc_now())
            else:
                await db.execute(_RENEW, feed_id, sealed.key_id, sealed.sealed, user.id, utc_now())
            await insert_audit(
                db,
                organisation_id=user.organisation_id,
                user_id=user.id,
                action="bank_feed.opened" if found is None else "bank_feed.renewed",
                subject_id=feed_id,
                details={"provider": provider},
            )
        return OpenedFeed(path=ADDRESS.format(feed_id=feed_id), secret=secret if wanted.secret is None else None)

    async def end(self, user: CurrentUser, provider: Provider) -> BankFeedList:
        """Take no more notices of this provider. Raises `BankFeedNotFound`."""
        async with self._database.pool.acquire() as db, db.transaction():
            feed_id = await db.fetchval(_END, user.organisation_id, provider, utc_now())
            if feed_id is None:
                raise BankFeedNotFound
            await insert_audit(
                db,
                organisation_id=user.organisation_id,
                user_id=user.id,
                action="bank_feed.ended",
                subject_id=feed_id,
                details={"provider": provider},
            )
        return await self.listed(user)

    async def take(self, notice: Notice) -> list[BookedLine]:
        """Book what a notice says; again changes nothing. Raises `NoticeNotGenuine`, whatever is wrong, and `MalformedRequest`."""
        async with self._database.pool.acquire() as db:
            row = await db.fetchrow(_FIND, notice.feed_id)
        if row is None:
            raise NoticeNotGenuine
        secret = self._seals.open(SealedWords(row["key_id"], row["sealed_secret"]), notice.feed_id)
        if not is_genuine(row["provider"], secret, notice.headers, notice.body):
            raise NoticeNotGenuine
        booked = [await self._lines.book(row["organisation_id"], line) for line in lines_of(row["provider"], notice.body)]
        async with self._database.pool.acquire() as db:
            await db.execute(_HEARD, notice.feed_id, utc_now())
        return booked
