"""Right requests about people and accounts: somebody new for each, made without the cost of a password, so that nobody locks out the others."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pyotp

from app.accounts.service import token_digest

if TYPE_CHECKING:
    from tests.absurd.market import Sale
    from tests.absurd.operations import Operation

_PERSON = """
WITH person AS (
  INSERT INTO users (id, organisation_id, login, display_name, role, password_hash)
  SELECT $1, organisation_id, $2, 'Chị Sen', 'host', password_hash FROM users WHERE id = $3 RETURNING id, organisation_id
), granted AS (
  INSERT INTO role_grants (id, organisation_id, user_id, role) SELECT gen_random_uuid(), organisation_id, id, 'host' FROM person
)
INSERT INTO sign_ins (token_digest, user_id, expires_at) SELECT $4, id, now() + interval '1 hour' FROM person
"""
OF_ACCOUNT = "/api/v1/account"
# What `people_ids` adds for `Sale.send`: the cookie of whoever shall ask.
COOKIE = "sign-in"


async def a_person(sale: Sale) -> dict[str, str]:
    """Id of a new host and the cookie that they are signed in with; their password is everybody's."""
    person, token = uuid4(), secrets.token_urlsafe(32)
    pool = sale.market.stores.database.pool
    await pool.execute(_PERSON, person, f"nguoi.{person.hex[:12]}", sale.market.host.id, token_digest(token))
    return {"user_id": str(person), COOKIE: token}


async def people_ids(sale: Sale, operation: Operation) -> dict[str, str]:
    """Ids of people, invitations, sign-ins and tokens that this operation may take away."""
    path = operation.template
    if path.startswith("/api/v1/people/") and operation.method in {"PUT", "POST", "DELETE"}:
        return {"user_id": (await a_person(sale))["user_id"]}
    if path.endswith("/invitations/{invitation_id}") or path.startswith("/api/v1/invitation/"):
        made = (await sale.organiser.post("/api/v1/invitations", json={"grant": {"role": "helper"}, "note": ""})).json()
        return {"invitation_id": made["id"], "token": made["path"].partition("#")[2]}
    return await _account_ids(sale, operation) if path.startswith(OF_ACCOUNT) and operation.method != "GET" else {}


async def _account_ids(sale: Sale, operation: Operation) -> dict[str, str]:
    ids = await a_person(sale)
    async with sale.as_person(ids[COOKIE]) as person:
        if operation.template.endswith("/{sign_in_id}"):
            (own,) = (await person.get(OF_ACCOUNT)).json()["sign_ins"]
            ids["sign_in_id"] = own["id"]
        if operation.template.endswith("/{token_id}"):
            token = {"name": "Máy", "actions": ["read_figures"], "days": 1}
            ids["token_id"] = (await person.post(f"{OF_ACCOUNT}/tokens", json=token)).json()["id"]
        if operation.template.endswith("/confirm"):
            begun = (await person.post(f"{OF_ACCOUNT}/second-factor", json={"password": sale.password})).json()
            ids["code"] = pyotp.TOTP(begun["secret"]).now()
    return ids


def people_body(sale: Sale, operation: Operation) -> dict[str, Any]:
    """Values that only these operations need."""
    path = operation.template
    if path.startswith(("/api/v1/people", "/api/v1/invitations")):
        return {"grant": {"role": "helper"}, "grants": [{"role": "host"}]}
    if path.startswith("/api/v1/invitation/"):
        return {"login": f"chi.sen.{uuid4().hex[:12]}", "password": sale.password}
    if path.startswith(OF_ACCOUNT):
        return {"password": sale.password, "new_password": sale.password, "actions": ["read_figures"]}
    return {}
