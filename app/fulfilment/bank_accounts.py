"""Where buyers transfer to: an account per organisation, and per producer who has one of their own. The money is theirs; none passes through us.

Whoever changes an account unseen takes the money, so: organisers alone, typed twice, the old row kept, in the audit trail, masked to others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg

from app.accounts.audit import insert_audit
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.catalog.errors import ProducerNotFound
from app.errors import MalformedRequest
from app.fulfilment.banks import banks
from app.fulfilment.errors import AccountNumbersDiffer, BankAccountNotFound, UnknownBank
from app.fulfilment.money_schemas import BankAccountList, BankAccountView, BankView, NewBankAccount
from app.fulfilment.vietqr import ACCOUNT_SHAPE
from app.infra.clock import to_ms, utc_now
from app.infra.database import Database, RawConnection

_LIST = """
SELECT a.id, a.producer_id, p.name AS producer_name, a.bank_bin, a.account_number, a.holder_name, u.display_name, a.named_at
FROM bank_accounts a JOIN users u ON u.id = a.named_by LEFT JOIN producers p ON p.id = a.producer_id
WHERE a.organisation_id = $1 AND a.replaced_at IS NULL ORDER BY a.producer_id IS NOT NULL, p.name, a.id
"""
_HAS_PRODUCER = "SELECT EXISTS (SELECT FROM producers WHERE id = $1 AND organisation_id = $2)"
# Two who name an account at once come one after the other: the organisation's row is what they meet at.
_LOCK = "SELECT id FROM organisations WHERE id = $1 FOR NO KEY UPDATE"
_IN_USE = """
SELECT id, bank_bin, account_number, holder_name FROM bank_accounts
WHERE organisation_id = $1 AND producer_id IS NOT DISTINCT FROM $2 AND replaced_at IS NULL
"""
_REPLACE = """
UPDATE bank_accounts SET replaced_at = $3 WHERE organisation_id = $1 AND id = $2 AND replaced_at IS NULL RETURNING bank_bin, account_number
"""
_INSERT = """
INSERT INTO bank_accounts (id, organisation_id, producer_id, bank_bin, account_number, holder_name, named_by, named_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
# The producer's own where everything in the order is theirs; else the organisation's.
_TO_TRANSFER_FOR = """
SELECT r.product_id, EXISTS (
  SELECT FROM bank_accounts a WHERE a.organisation_id = s.organisation_id AND a.replaced_at IS NULL AND a.producer_id IS NULL) AS of_several
FROM session_products r JOIN sessions s ON s.id = r.session_id AND s.state <> 'draft' JOIN products p ON p.id = r.product_id
WHERE s.id = $1 AND EXISTS (
  SELECT FROM bank_accounts a WHERE a.organisation_id = s.organisation_id AND a.replaced_at IS NULL
    AND (a.producer_id IS NULL OR a.producer_id = p.producer_id)
) ORDER BY r.product_id
"""
_OF_ORDER = """
SELECT a.bank_bin, a.account_number, a.holder_name FROM orders o JOIN sessions s ON s.id = o.session_id
JOIN bank_accounts a ON a.organisation_id = s.organisation_id AND a.replaced_at IS NULL
WHERE o.id = $1 AND (a.producer_id IS NULL OR a.producer_id = (
  SELECT (array_agg(p.producer_id))[1] FROM order_lines l LEFT JOIN offers f ON f.id = l.offer_id
  JOIN products p ON p.id = coalesce(l.product_id, f.product_id) WHERE l.order_id = o.id HAVING count(DISTINCT p.producer_id) = 1))
ORDER BY a.producer_id NULLS LAST LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class AccountToPay:
    """What a code and a page need of an account."""

    bank_bin: str
    account_number: str
    holder_name: str


class BankAccounts:
    """Reads and names accounts; the routes ask who may."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def to_transfer_for(self, session_id: UUID) -> tuple[Sequence[UUID], bool]:
        """Products of a session whose orders can be paid by transfer, none of a draft or of a session that is not there; and whether an order
        of several sellers' goods can."""
        async with self._database.pool.acquire() as db:
            rows = await db.fetch(_TO_TRANSFER_FOR, session_id)
        return [row["product_id"] for row in rows], any(row["of_several"] for row in rows)

    async def list(self, user: CurrentUser) -> BankAccountList:
        """Those in use, the organisation's first, with all banks to choose from."""
        is_masked = not user.may(Action.SET_BANK_ACCOUNTS)
        async with self._database.pool.acquire() as db:
            rows = await db.fetch(_LIST, user.organisation_id)
        return BankAccountList(
            items=[_view(row, is_masked=is_masked) for row in rows],
            banks=[BankView(bin=bank.bin, code=bank.code, name=bank.name) for bank in banks().values()],
        )

    async def name(self, user: CurrentUser, wanted: NewBankAccount) -> BankAccountList:
        """Use this account from now on; the same again changes nothing. Raises `AccountNumbersDiffer`, `UnknownBank`, `ProducerNotFound`."""
        number = _spelt(wanted.account_number)
        if number != _spelt(wanted.account_number_again):
            raise AccountNumbersDiffer
        if ACCOUNT_SHAPE.fullmatch(number) is None:
            raise MalformedRequest(details={"problems": [{"at": "account_number", "problem": "must have 4 to 19 digits or letters"}]})
        if wanted.bank_bin not in banks():
            raise UnknownBank
        async with self._database.pool.acquire() as db, db.transaction():
            if wanted.producer_id and not await db.fetchval(_HAS_PRODUCER, wanted.producer_id, user.organisation_id):
                raise ProducerNotFound
            await self._use(db, user, wanted, number)
        return await self.list(user)

    async def drop(self, user: CurrentUser, account_id: UUID) -> BankAccountList:
        """Ask nobody to transfer there any more. Raises `BankAccountNotFound`."""
        async with self._database.pool.acquire() as db, db.transaction():
            await db.execute(_LOCK, user.organisation_id)
            row = await db.fetchrow(_REPLACE, user.organisation_id, account_id, utc_now())
            if row is None:
                raise BankAccountNotFound
            await _audit(db, user, account_id, "bank_account.dropped", before=_short(row))
        return await self.list(user)

    @staticmethod
    async def _use(db: RawConnection, user: CurrentUser, wanted: NewBankAccount, number: str) -> None:
        await db.execute(_LOCK, user.organisation_id)
        now = utc_now()
        before = await db.fetchrow(_IN_USE, user.organisation_id, wanted.producer_id)
        content = (wanted.bank_bin, number, wanted.holder_name)
        if before is not None and (before["bank_bin"], before["account_number"], before["holder_name"]) == content:
            return
        if before is not None:
            await db.execute(_REPLACE, user.organisation_id, before["id"], now)
        account_id = uuid4()
        await db.execute(_INSERT, account_id, user.organisation_id, wanted.producer_id, *content, user.id, now)
        about = {"before": None if before is None else _short(before), "after": f"{wanted.bank_bin} {masked_account(number)}"}
        await _audit(db, user, account_id, "bank_account.named", **about)


async def account_of_order(db: RawConnection, order_id: UUID) -> AccountToPay | None:
    """Where the buyer of an order transfers to; None while nobody has named an account."""
    row = await db.fetchrow(_OF_ORDER, order_id)
    return None if row is None else AccountToPay(**row)


def masked_account(number: str) -> str:
    """`1031933430` → `•••3430`."""
    return f"•••{number[-4:]}"


def _spelt(typed: str) -> str:
    return "".join(sign for sign in typed.upper() if sign not in " .-\u00a0\t")


def _short(row: asyncpg.Record) -> str:
    return f"{row['bank_bin']} {masked_account(row['account_number'])}"


def _view(row: asyncpg.Record, *, is_masked: bool) -> BankAccountView:
    bank = banks().get(row["bank_bin"])
    return BankAccountView(
        account_id=row["id"],
        producer_id=row["producer_id"],
        producer_name=row["producer_name"],
        bank_bin=row["bank_bin"],
        bank_code=row["bank_bin"] if bank is None else bank.code,
        account_number=masked_account(row["account_number"]) if is_masked else row["account_number"],
        is_masked=is_masked,
        holder_name=row["holder_name"],
        named_by=row["display_name"],
        named_at_ms=to_ms(row["named_at"]) or 0,
    )


async def _audit(db: RawConnection, user: CurrentUser, account_id: UUID, action: str, **about: str | None) -> None:
    await insert_audit(db, organisation_id=user.organisation_id, user_id=user.id, action=action, subject_id=account_id, details=about)
