"""What everybody may see: only what was switched on, gone when it is switched off, and nothing in it that points at a buyer."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.service import CurrentUser
from app.exports.errors import NotPublished
from app.exports.minute_story import BUYERS_LEAST, hidden_minutes
from app.exports.publishing import Publishing
from app.exports.schemas import WantedPublication
from app.infra.key_ring import KeyRing
from app.reports.closing import ClosingService
from app.reports.errors import StatementNotDue
from app.reports.signing import Signer
from app.sessions.errors import SessionNotFound
from tests.exports.builders import Exporting, unpacked
from tests.live.market import SECRET
from tests.reports.exports import run_verifier


def organiser(exporting: Exporting) -> CurrentUser:
    market = exporting.fair.market
    return CurrentUser(market.user_id, market.organisation_id, "Đoàn xã", "o", "O", "organiser")


@pytest.fixture
def publishing(exporting: Exporting) -> Publishing:
    return Publishing(exporting.fair.database, exporting.fair.reports)


async def publish(exporting: Exporting, publishing: Publishing, *, minutes: bool = False, report: bool = False) -> None:
    wanted = WantedPublication(minutes=minutes, report=report, licence="CC BY 4.0")
    await publishing.publish(organiser(exporting), exporting.fair.id, wanted)


async def test_nothing_is_public_before_it_is_switched_on_and_gone_at_once_when_switched_off(
    exporting: Exporting, publishing: Publishing
) -> None:
    for ask in (publishing.story, publishing.report, publishing.export):
        with pytest.raises(NotPublished):
            await ask(exporting.fair.id)
        with pytest.raises(NotPublished):
            await ask(uuid4())

    await publish(exporting, publishing, minutes=True)
    assert json.loads((await publishing.story(exporting.fair.id)).json)["licence"] == "CC BY 4.0"
    await publish(exporting, publishing)
    with pytest.raises(NotPublished):
        await publishing.story(exporting.fair.id)
    actions = await exporting.fair.database.pool.fetch("SELECT action FROM audit_entries WHERE action = 'report.published'")
    assert len(actions) == 2


async def test_the_licence_chosen_last_is_offered_for_the_next_session_of_the_organisation(
    exporting: Exporting, publishing: Publishing
) -> None:
    user, pool = organiser(exporting), exporting.fair.database.pool
    await publishing.publish(user, exporting.fair.id, WantedPublication(minutes=True, report=False, licence="CC0 1.0"))
    columns = "organisation_id, host_id, title, state, planned_start_at"
    insert = f"INSERT INTO sessions (id, {columns}) SELECT $1, {columns} FROM sessions WHERE id = $2"  # noqa: S608
    await pool.execute(insert, next_session := uuid4(), exporting.fair.id)

    assert (await publishing.publication(user, next_session)).licence == "CC0 1.0"


async def test_only_organisers_switch_and_a_report_only_once_its_books_are_closed(exporting: Exporting, publishing: Publishing) -> None:
    fair = exporting.fair
    wanted = WantedPublication(minutes=True, report=False)
    for user in (fair.staff, CurrentUser(uuid4(), uuid4(), "Nơi khác", "x", "X", "organiser")):
        with pytest.raises(SessionNotFound):
            await publishing.publish(user, fair.id, wanted)
    with pytest.raises(StatementNotDue):
        await publish(exporting, publishing, report=True)


async def test_the_minutes_hide_what_few_buyers_ordered_and_name_nobody(exporting: Exporting, publishing: Publishing) -> None:
    fair = exporting.fair
    await fair.watch(viewers=3, likes=8)
    await fair.order(await fair.offer(), 2)
    await publish(exporting, publishing, minutes=True)

    story = await publishing.story(fair.id)
    found = json.loads(story.json)
    rows = list(csv.DictReader(io.StringIO(story.csv.decode())))

    assert [each["key"] for each in found["dictionary"][0]["columns"]] == list(rows[0])
    sold = [row for row in found["minutes"] if row["is_hidden"]]
    assert [(row["orders_placed"], row["units_placed"], row["revenue_placed_vnd"]) for row in sold] == [(None, None, None)]
    assert sum(row["likes"] for row in found["minutes"]) == 8
    assert found["hiding_rule_vi"]
    assert story.tag == (await Publishing(fair.database, fair.reports).story(fair.id)).tag


@given(st.dictionaries(st.integers(0, 300), st.integers(1, 12), max_size=40))
def test_what_is_hidden_cannot_be_said_by_its_sum(buyers: dict[int, int]) -> None:
    hidden = hidden_minutes(buyers)

    assert {minute for minute, count in buyers.items() if count < BUYERS_LEAST} <= hidden
    told = set(buyers) - hidden
    if hidden and told:
        assert len(hidden) >= 2
        assert sum(buyers[minute] for minute in hidden) >= BUYERS_LEAST


async def test_a_published_report_has_its_statement_and_an_export_that_verifies_and_names_nobody(
    exporting: Exporting, publishing: Publishing, tmp_path: Path
) -> None:
    fair = exporting.fair
    order = await fair.order(await fair.offer(), 2)
    await fair.record(order, "confirmed", "delivered", "paid")
    await fair.end("closed")
    await ClosingService(fair.database, Signer(KeyRing(SECRET))).sign_closed()
    await publish(exporting, publishing, report=True)

    report = await publishing.report(fair.id)
    _, pieces = await publishing.export(fair.id)
    content = b"".join([piece async for piece in pieces])
    (tmp_path / "export.zip").write_bytes(content)
    code, said = run_verifier(str(tmp_path / "export.zip"), "--key", report.statement.public_key)

    assert (code, "placed 258000 VND" in said) == (0, True)
    ledger = b"".join(unpacked(content).values()).decode() + report.model_dump_json()
    row = await fair.database.pool.fetchrow("SELECT o.device_id::text, o.code, encode(o.phone_digest, 'hex') AS digest FROM orders o")
    assert row is not None
    assert [each for each in row if each in ledger] == []
    with pytest.raises(NotPublished):
        await publishing.story(fair.id)
