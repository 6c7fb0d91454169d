"""Logins of producers: an organiser makes one for a producer, and closes it again."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.directory import Login, logins_of
from app.accounts.intentions import Intention, claim_intention
from app.accounts.service import AccountService, CurrentUser, NewUser, add_user, close_user
from app.catalog.errors import LoginNotFound
from app.catalog.models import ProducerLogin
from app.catalog.reach import require_producer
from app.infra.database import Database


class ProducerLogins:
    """For organisers; who that is, the routes ask. A login of the role `producer` reaches the goods of its producer and nothing else."""

    def __init__(self, database: Database, accounts: AccountService) -> None:
        self._transactions = database.transactions
        self._accounts = accounts

    async def list(self, user: CurrentUser, producer_id: UUID) -> list[Login]:
        """The producer's logins, closed ones too. Raises `ProducerNotFound`."""
        async with self._transactions() as db:
            await require_producer(db, user, producer_id)
            return await _logins(db, user, producer_id)

    async def create(
        self, user: CurrentUser, producer_id: UUID, *, login: str, display_name: str, password: str, intention: Intention | None = None
    ) -> Login:
        """A new login. Raises `ProducerNotFound`, `LoginTaken`, `InvalidUser`."""
        ready = await self._accounts.prepare_user(NewUser(login, display_name, "producer", password))
        async with self._transactions.begin() as db:
            await require_producer(db, user, producer_id)
            claim = await claim_intention(db, user.id, intention, ready.id)
            if claim.is_first:
                await add_user(db, user.organisation_id, ready, created_by=user.id)
                db.add(ProducerLogin(user_id=ready.id, producer_id=producer_id, created_by=user.id))
                await db.flush()
            (made,) = await logins_of(db, organisation_id=user.organisation_id, user_ids=[claim.subject_id])
        return made

    async def close(self, user: CurrentUser, producer_id: UUID, user_id: UUID) -> None:
        """Nobody signs in by it any more, and who is signed in is out. Closing twice is no error. Raises `ProducerNotFound`, `LoginNotFound`."""
        async with self._transactions.begin() as db:
            await require_producer(db, user, producer_id)
            of_producer = (ProducerLogin.user_id == user_id, ProducerLogin.producer_id == producer_id)
            if await db.scalar(select(ProducerLogin.user_id).where(*of_producer)) is None:
                raise LoginNotFound
            await close_user(db, user.organisation_id, user_id, closed_by=user.id)


async def _logins(db: AsyncSession, user: CurrentUser, producer_id: UUID) -> list[Login]:
    ids = (await db.scalars(select(ProducerLogin.user_id).where(ProducerLogin.producer_id == producer_id))).all()
    return await logins_of(db, organisation_id=user.organisation_id, user_ids=ids)
