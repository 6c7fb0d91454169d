"""Exports are jobs: one per intention, few at a time, stopped when cancelled, taken up again, fetched by those who may."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from app.accounts.errors import IntentionKeyReused
from app.accounts.service import CurrentUser
from app.exports.asking import OPEN_MOST
from app.exports.errors import TooManyExports
from app.exports.schemas import WantedExport
from app.sessions.errors import SessionNotFound
from tests.exports.builders import Exporting, an_intention, opened


async def test_a_second_tap_is_the_same_job_and_the_key_for_something_else_is_refused(exporting: Exporting) -> None:
    first = await exporting.ask("xlsx", intention=an_intention("k"))
    again = await exporting.ask("xlsx", intention=an_intention("k"))

    assert first.id == again.id
    with pytest.raises(IntentionKeyReused):
        await exporting.ask("csv", intention=an_intention("k", b"other"))
    assert [job.id for job in await exporting.desk.about(exporting.fair.staff, exporting.fair.id)] == [first.id]


async def test_nobody_has_more_exports_under_way_than_the_limit_however_many_tap_at_once(exporting: Exporting) -> None:
    found = await asyncio.gather(*(tried(exporting) for _ in range(OPEN_MOST * 2)))

    assert found.count("too_many_exports") == OPEN_MOST
    assert len(await exporting.desk.about(exporting.fair.staff, exporting.fair.id)) == OPEN_MOST


async def tried(exporting: Exporting) -> str:
    try:
        await exporting.ask("json")
    except TooManyExports as error:
        return error.code
    return "asked"


async def test_a_job_whose_runner_died_is_made_from_the_beginning_by_the_next(exporting: Exporting) -> None:
    await exporting.say("chào")
    job = await exporting.ask("xlsx", "comments")
    await exporting.fair.database.pool.execute(
        "UPDATE jobs SET state = 'running', claim = 1, claimed_by = 'gone', lease_until = now() - interval '1 s' WHERE id = $1", job.id
    )
    await exporting.fair.database.pool.execute("INSERT INTO job_file_parts VALUES ($1, 1, 0, 'half')", job.id)

    assert await exporting.runner().run_once()

    done = await exporting.status(job)
    assert (done.state, done.claim, done.done, done.total) == ("done", 2, 1, 1)
    assert opened(await exporting.file(job))["Bình luận"].max_row == 2


async def test_a_cancelled_export_makes_no_file_and_leaves_nothing_behind(exporting: Exporting) -> None:
    job = await exporting.ask("csv", "comments")
    await exporting.queue.cancel(job.id, job.organisation_id)

    assert not await exporting.runner().run_once()
    assert (await exporting.status(job)).file_name is None


async def test_people_of_other_organisations_and_without_the_role_find_no_session(exporting: Exporting) -> None:
    fair = exporting.fair
    stranger = CurrentUser(uuid4(), uuid4(), "Nơi khác", "x", "X", "organiser")
    helper = CurrentUser(fair.market.user_id, fair.market.organisation_id, "Đoàn xã", "h", "H", "helper")

    for user in (stranger, helper):
        with pytest.raises(SessionNotFound):
            await exporting.desk.start(user, fair.id, WantedExport(format="csv"), None)
        with pytest.raises(SessionNotFound):
            await exporting.desk.about(user, fair.id)
