"""The services of this package, built together: one object for `app/wiring.py`, which has enough to name."""

from __future__ import annotations

from dataclasses import dataclass

from app.accounts.api_tokens import ApiTokens
from app.accounts.invitations import Invitations
from app.accounts.own_account import OwnAccount
from app.accounts.people import PeopleService
from app.accounts.second_factor import SecondFactors
from app.accounts.service import AccountService
from app.infra.database import Database
from app.infra.key_ring import KeyRing
from app.infra.redis_client import RedisClients


@dataclass(frozen=True, slots=True)
class Household:
    """Sign-in, people, invitations, one's own account, tokens for scripts."""

    accounts: AccountService
    people: PeopleService
    invitations: Invitations
    own_account: OwnAccount
    api_tokens: ApiTokens

    def all(self) -> tuple[object, ...]:
        """Each of them once."""
        return tuple(getattr(self, name) for name in self.__slots__)


def household(database: Database, redis: RedisClients, ring: KeyRing, *, prefix: str) -> Household:
    factors = SecondFactors(ring)
    accounts = AccountService(database, redis, redis_prefix=prefix, factors=factors)
    return Household(
        accounts=accounts,
        people=PeopleService(database),
        invitations=Invitations(database, accounts, ring=ring),
        own_account=OwnAccount(database, accounts, factors),
        api_tokens=ApiTokens(database, ring=ring),
    )
