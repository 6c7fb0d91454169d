"""How carriers' APIs are reached for an organisation: its token, sealed; the secret of its notices, shown once; where parcels are fetched."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from uuid import UUID, uuid4

import asyncpg

from app.accounts.audit import insert_audit
from app.accounts.service import CurrentUser
from app.carriers.carrier_api import Connection, PickupPlace
from app.carriers.errors import CarrierAccountNotFound, CarrierNoticeNotGenuine
from app.carriers.schemas import AccountList, AccountView, ApiCarrier, ConnectedAccount, NewAccount, Pickup
from app.carriers.seals import CarrierSeals
from app.infra.clock import to_ms, utc_now
from app.infra.database import Database, RawConnection
from app.orders.contacts import normalise_phone

ADDRESS = "/api/v1/carrier-notices/{account_id}"
_SECRET_BYTES = 24

_LIST = """
SELECT a.*, u.display_name FROM carrier_accounts a JOIN users u ON u.id = a.made_by
WHERE a.organisation_id = $1 AND a.ended_at IS NULL ORDER BY a.carrier
"""
_ONE = "SELECT * FROM carrier_accounts WHERE organisation_id = $1 AND carrier = $2 AND ended_at IS NULL"
_BY_ID = "SELECT * FROM carrier_accounts WHERE id = $1 AND ended_at IS NULL"
_LOCK = "SELECT id FROM organisations WHERE id = $1 FOR NO KEY UPDATE"
_INSERT = """
INSERT INTO carrier_accounts (id, organisation_id, carrier, key_id, sealed_token, sealed_secret, pickup, made_by, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9)
"""
_UPDATE = """
UPDATE carrier_accounts SET key_id = $2, sealed_token = $3, sealed_secret = $4, pickup = $5::jsonb, made_by = $6, made_at = $7 WHERE id = $1
"""
_END = "UPDATE carrier_accounts SET ended_at = $3 WHERE organisation_id = $1 AND carrier = $2 AND ended_at IS NULL RETURNING id"
_HEARD = "UPDATE carrier_accounts SET heard_at = $2 WHERE id = $1 AND (heard_at IS NULL OR heard_at < $2)"


class CarrierAccounts:
    """Keeps them; the routes ask who may."""

    def __init__(self, database: Database, seals: CarrierSeals) -> None:
        self._database = database
        self._seals = seals

    async def listed(self, user: CurrentUser) -> AccountList:
        """Those in use; never a token or a secret."""
        async with self._database.pool.acquire() as db:
            rows = await db.fetch(_LIST, user.organisation_id)
        return AccountList(items=[_view(row) for row in rows])

    async def connect(self, user: CurrentUser, carrier: ApiCarrier, wanted: NewAccount) -> ConnectedAccount:
        """Use this token and this place from now on. Raises `InvalidPhone`, and `CarrierAccountNotFound` when the first token is missing."""
        pickup = wanted.pickup.model_copy(update={"phone": _local(normalise_phone(wanted.pickup.phone))})
        async with self._database.pool.acquire() as db, db.transaction():
            await db.execute(_LOCK, user.organisation_id)
            before = await db.fetchrow(_ONE, user.organisation_id, carrier)
            if before is None and wanted.token is None:
                raise CarrierAccountNotFound
            secret = await self._keep(db, user, carrier, wanted, before, json.dumps(pickup.model_dump(), ensure_ascii=False))
        return ConnectedAccount(account=(await self._one(user, carrier)), notice_secret=secret)

    async def end(self, user: CurrentUser, carrier: ApiCarrier) -> AccountList:
        """Reach this carrier no more, and hear no more of its notices. Raises `CarrierAccountNotFound`."""
        async with self._database.pool.acquire() as db, db.transaction():
            account_id = await db.fetchval(_END, user.organisation_id, carrier, utc_now())
            if account_id is None:
                raise CarrierAccountNotFound
            await _audit(db, user, account_id, "carrier_account.ended", carrier)
        return await self.listed(user)

    async def connection(self, organisation_id: UUID, carrier: ApiCarrier) -> tuple[UUID, Connection]:
        """The account's id and what its API is asked with. Raises `CarrierAccountNotFound`."""
        async with self._database.pool.acquire() as db:
            row = await db.fetchrow(_ONE, organisation_id, carrier)
        if row is None:
            raise CarrierAccountNotFound
        place = PickupPlace(**json.loads(row["pickup"]))
        return row["id"], Connection(self._seals.token(row["id"], row["key_id"], row["sealed_token"]), place)

    async def genuine(self, account_id: UUID, shown: str) -> tuple[UUID, ApiCarrier]:
        """Whose notice it is, and of which carrier. Raises `CarrierNoticeNotGenuine`, whatever is wrong."""
        async with self._database.pool.acquire() as db:
            row = await db.fetchrow(_BY_ID, account_id)
        secret = "" if row is None else self._seals.secret(account_id, row["key_id"], row["sealed_secret"])
        if row is None or not hmac.compare_digest(secret.encode(), shown.encode("utf-8", "replace")):
            raise CarrierNoticeNotGenuine
        return row["organisation_id"], row["carrier"]

    async def heard(self, account_id: UUID) -> None:
        async with self._database.pool.acquire() as db:
            await db.execute(_HEARD, account_id, utc_now())

    async def _keep(
        self, db: RawConnection, user: CurrentUser, carrier: ApiCarrier, wanted: NewAccount, before: asyncpg.Record | None, pickup: str
    ) -> str | None:
        """Returns the secret of notices when it is a new one: the token is, so that whoever had the old one knows nothing."""
        account_id = uuid4() if before is None else before["id"]
        old = None if before is None else (before["key_id"], before["sealed_token"], before["sealed_secret"])
        token = wanted.token.get_secret_value() if wanted.token is not None else ""
        secret = secrets.token_urlsafe(_SECRET_BYTES) if wanted.token is not None else None
        if old is not None and secret is None:
            token = self._seals.token(account_id, old[0], old[1])
            kept = self._seals.secret(account_id, old[0], old[2])
            sealed = self._seals.seal(account_id, token=token, secret=kept)
        else:
            sealed = self._seals.seal(account_id, token=token, secret=secret or "")
        about = (sealed.key_id, sealed.token, sealed.secret, pickup, user.id, utc_now())
        if before is None:
            await db.execute(_INSERT, account_id, user.organisation_id, carrier, *about)
        else:
            await db.execute(_UPDATE, account_id, *about)
        action = "carrier_account.connected" if secret is not None else "carrier_account.changed"
        await _audit(db, user, account_id, action, carrier)
        return secret

    async def _one(self, user: CurrentUser, carrier: ApiCarrier) -> AccountView:
        found = next((each for each in (await self.listed(user)).items if each.carrier == carrier), None)
        if found is None:
            raise CarrierAccountNotFound
        return found


def _local(phone: str) -> str:
    return f"0{phone.removeprefix('+84')}"


def _view(row: asyncpg.Record) -> AccountView:
    pickup: Mapping[str, str] = json.loads(row["pickup"])
    return AccountView(
        carrier=row["carrier"],
        pickup=Pickup(**pickup),
        notice_path=ADDRESS.format(account_id=row["id"]),
        made_by=row["display_name"],
        made_at_ms=to_ms(row["made_at"]) or 0,
        heard_at_ms=to_ms(row["heard_at"]),
    )


async def _audit(db: RawConnection, user: CurrentUser, account_id: UUID, action: str, carrier: str) -> None:
    about = {"carrier": carrier}
    await insert_audit(db, organisation_id=user.organisation_id, user_id=user.id, action=action, subject_id=account_id, details=about)
