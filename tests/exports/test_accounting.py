"""Receivers leave the service in the clear only for those who may reveal them, and each of them is written down first."""

from __future__ import annotations

import csv
import io
import json

import pytest

from app.accounts.service import CurrentUser
from app.exports.accounting import AccountingLists
from app.fulfilment.sealed_rows import SealedRows
from app.infra.key_ring import KeyRing
from app.sessions.errors import SessionNotFound
from tests.exports.builders import Exporting


def lists_of(exporting: Exporting) -> AccountingLists:
    return AccountingLists(exporting.fair.database, SealedRows(KeyRing("tests")))


async def the_list(exporting: Exporting) -> list[dict[str, str]]:
    _, pieces = await lists_of(exporting).revealed(exporting.fair.staff, exporting.fair.id, "accounting", "vi")
    content = b"".join([piece async for piece in pieces]).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content), delimiter=";"))


async def test_each_receiver_that_is_revealed_is_written_down_with_who_and_what_for(exporting: Exporting) -> None:
    fair = exporting.fair
    offer = await fair.offer()
    orders = [await fair.order(offer, 1) for _ in range(3)]

    found = await the_list(exporting)

    codes = await fair.database.pool.fetch("SELECT code FROM orders ORDER BY seq")
    assert [row["Mã đơn"] for row in found] == [each["code"] for each in codes]
    assert all(row["Người nhận"] and row["Địa chỉ"] for row in found)
    # a spreadsheet shows the number as it is, and keeps its sign
    assert all(row["Điện thoại"].startswith('="+84') for row in found)
    looks = await fair.database.pool.fetch("SELECT subject_id, user_id, details FROM audit_entries WHERE action = 'order.contact_read'")
    assert {look["subject_id"] for look in looks} == {str(order.order_id) for order in orders}
    assert {(look["user_id"], json.loads(look["details"])["reason"]) for look in looks} == {(fair.market.user_id, "accounting")}


async def test_an_erased_person_is_in_no_later_list(exporting: Exporting) -> None:
    fair = exporting.fair
    await fair.order(await fair.offer(), 1)
    await fair.database.pool.execute(
        "UPDATE order_contacts SET key_id = NULL, wrapped_key = NULL, sealed = NULL, phone_digest = NULL, erased_at = now()"
    )

    found = await the_list(exporting)

    assert [(row["Người nhận"], row["Điện thoại"], row["Địa chỉ"]) for row in found] == [("", "", "")]
    assert await fair.database.pool.fetchval("SELECT count(*) FROM audit_entries WHERE action = 'order.contact_read'") == 0


@pytest.mark.parametrize("role", ["auditor", "helper", "producer"])
async def test_whoever_may_not_reveal_finds_no_session_and_nothing_is_written(exporting: Exporting, role: str) -> None:
    fair = exporting.fair
    user = CurrentUser(fair.market.user_id, fair.market.organisation_id, "Đoàn xã", "x", "X", role)  # type: ignore[arg-type]  # of the roles

    with pytest.raises(SessionNotFound):
        await lists_of(exporting).revealed(user, fair.id, "accounting", "vi")
