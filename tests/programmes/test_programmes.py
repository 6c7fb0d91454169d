"""A programme adds up what its sessions sold in its days; rehearsals, other days and other organisations never count."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from redis.client import NEVER_DECODE

from app.accounts.permissions import Grant
from app.infra.database import Database
from app.infra.redis_client import RedisClients
from app.programmes import members
from app.programmes.errors import ProgrammeDaysUnfit, ProgrammeNotFound, ProgrammeSessionUnfit, ProgrammeTooLarge
from app.programmes.programmes import Programmes
from app.programmes.schemas import ChosenSessions, ProgrammeReport
from tests.programmes.builders import PRICE_VND, Province

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
MANY = [f"buyer {number}" for number in range(8)]


async def report_of(province: Province, **chosen: object) -> ProgrammeReport:
    programme = await province.programme(FIRST, LAST)
    return await province.house.reading.report(province.user(), programme.id)


async def test_totals_are_the_sums_of_the_sessions_within_its_days(province: Province) -> None:
    producer = await province.producer()
    for day in (FIRST, LAST, LAST + timedelta(days=1), FIRST - timedelta(days=1)):
        await province.sell(await province.session(day), producer, day, buyers=MANY)
    rehearsal = await province.session(FIRST, is_rehearsal=True)
    await province.sell(rehearsal, producer, FIRST, buyers=MANY)
    await province.sum()

    found = await report_of(province)

    assert (found.streams, found.booths) == (2, 0)
    assert found.sales is not None
    assert (found.sales.orders_placed, found.sales.placed_vnd) == (16, 16 * PRICE_VND)


async def test_a_booth_counts_for_its_orders_of_these_days_alone(province: Province) -> None:
    producer = await province.producer()
    booth = await province.session(FIRST - timedelta(days=200), booth_of=producer)
    await province.sell(booth, producer, FIRST - timedelta(days=1), buyers=MANY)
    await province.sell(booth, producer, FIRST + timedelta(days=3), buyers=MANY[:6])
    await province.measure(booth, views=500, unique_viewers=100)
    await province.sum()

    found = await report_of(province)

    assert found.sales is not None
    assert found.sales.orders_placed == 6
    assert found.audience.measured_sessions == 0


async def test_both_figures_are_about_the_same_closed_sessions(province: Province) -> None:
    producer = await province.producer()
    closed, still_open = await province.session(FIRST), await province.session(FIRST)
    sold = await province.sell(closed, producer, FIRST, buyers=MANY)
    await province.sell(still_open, producer, FIRST, buyers=MANY)
    await province.close(closed)
    await province.record(sold[0], "cancelled", day=FIRST + timedelta(days=2))
    await province.sum()

    found = await report_of(province)

    assert found.both is not None
    assert found.both.closed_sessions == 1
    assert found.both.at_closing.placed_vnd == found.both.now.placed_vnd == 8 * PRICE_VND
    assert [(row.happened_on, row.kind, row.orders) for row in found.late] == [(FIRST + timedelta(days=2), "cancelled", 1)]


async def test_weeks_begin_on_monday_and_end_with_the_programme(province: Province) -> None:
    producer = await province.producer()
    for day in (date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 8)):
        await province.sell(await province.session(day), producer, day, buyers=MANY)
    await province.sum()

    found = await report_of(province)

    assert [(row.first_day, row.last_day, row.sessions) for row in found.weeks] == [
        (date(2026, 11, 1), date(2026, 11, 1), 1),
        (date(2026, 11, 2), date(2026, 11, 8), 2),
    ]
    assert [(row.first_day, row.last_day, row.sessions) for row in found.months] == [(FIRST, LAST, 3)]


async def test_sums_that_are_behind_are_said_with_their_time(province: Province) -> None:
    producer, session_id = await province.producer(), await province.session(FIRST)
    await province.sell(session_id, producer, FIRST, buyers=MANY)
    await province.sum()
    await province.sell(session_id, producer, FIRST, buyers=MANY)

    found = await report_of(province)

    assert found.sessions_behind == 1
    assert found.sums_as_of is not None
    assert found.sums_as_of < found.as_of


async def test_chosen_sessions_alone_count_where_it_takes_chosen_ones(province: Province) -> None:
    producer = await province.producer()
    wanted, other = await province.session(FIRST), await province.session(FIRST)
    for session_id in (wanted, other):
        await province.sell(session_id, producer, FIRST, buyers=MANY)
    await province.sum()
    programme = await province.programme(FIRST, LAST, takes="chosen")
    kept = Programmes(province.database)

    await kept.choose(province.user(), programme.id, ChosenSessions(session_ids=(wanted, wanted)))

    found = await province.house.reading.sessions(province.user(), programme.id, cursor=None, limit=10)
    assert [row.session_id for row in found.sessions] == [wanted]
    assert (await kept.chosen(province.user(), programme.id)).session_ids == (wanted,)


async def test_what_can_be_chosen_is_what_falls_into_its_days(province: Province) -> None:
    inside, outside = await province.session(FIRST), await province.session(LAST + timedelta(days=3))
    await province.session(FIRST, is_rehearsal=True)
    programme = await province.programme(FIRST, LAST, takes="chosen")
    await Programmes(province.database).choose(province.user(), programme.id, ChosenSessions(session_ids=(outside,)))

    found = await province.house.reading.candidates(province.user(), programme.id)

    assert [(each.session_id, each.is_chosen) for each in found.candidates] == [(inside, False)]
    assert found.chosen_beside == 1


async def test_a_programme_of_too_many_sessions_is_refused_and_not_cut(province: Province, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "MEMBERS_MAX", 2)
    for _ in range(3):
        await province.session(FIRST)

    with pytest.raises(ProgrammeTooLarge):
        await report_of(province)


async def test_rehearsals_and_sessions_of_others_cannot_be_chosen(province: Province) -> None:
    programme = await province.programme(FIRST, LAST, takes="chosen")
    rehearsal = await province.session(FIRST, is_rehearsal=True)

    for session_id in (rehearsal, uuid4()):
        with pytest.raises(ProgrammeSessionUnfit):
            await Programmes(province.database).choose(province.user(), programme.id, ChosenSessions(session_ids=(session_id,)))


async def test_somebody_of_one_commune_sees_its_sessions_alone(province: Province) -> None:
    producer = await province.producer()
    here, there = await province.session(FIRST, ward_code=18133), await province.session(FIRST, ward_code=18547)
    for session_id in (here, there):
        await province.sell(session_id, producer, FIRST, buyers=MANY)
    await province.sum()
    programme = await province.programme(FIRST, LAST)
    of_commune = province.user("auditor", Grant("auditor", ward_code=18133))
    reading = province.house.reading

    found, rows = await reading.report(of_commune, programme.id), await reading.sessions(of_commune, programme.id, cursor=None, limit=10)

    assert found.sales is not None
    assert (found.streams, found.sales.orders_placed, found.whole_organisation) == (1, 8, False)
    assert [row.session_id for row in rows.sessions] == [here]


async def test_pages_of_sessions_are_whole_and_each_once(province: Province) -> None:
    made = {await province.session(FIRST + timedelta(days=number // 2)) for number in range(7)}
    programme = await province.programme(FIRST, LAST)
    reading, seen, cursor = province.house.reading, [], None

    while True:
        page = await reading.sessions(province.user(), programme.id, cursor=cursor, limit=3)
        seen += [row.session_id for row in page.sessions]
        if (cursor := page.next_cursor) is None:
            break

    assert len(seen) == 7
    assert set(seen) == made


async def test_programmes_of_others_do_not_exist(province: Province, database: Database) -> None:
    other = Province(database, province.house)
    await other.begin()
    programme = await other.programme(FIRST, LAST)

    with pytest.raises(ProgrammeNotFound):
        await province.house.reading.report(province.user(), programme.id)


async def test_days_in_the_wrong_order_and_endless_programmes_are_refused(province: Province) -> None:
    for first, last in ((LAST, FIRST), (date(1, 1, 1), date(9999, 12, 31))):
        with pytest.raises(ProgrammeDaysUnfit):
            await province.programme(first, last)


async def test_who_watched_two_sessions_is_one_viewer_of_the_programme(province: Province, redis: RedisClients) -> None:
    devices = [uuid4().bytes for _ in range(60)]
    for number, of in enumerate((devices[:40], devices[20:])):
        session_id = await province.session(FIRST + timedelta(days=number))
        await redis.idempotent.pfadd("bench", *of)
        sketch = await redis.idempotent.execute_command("GET", "bench", **{NEVER_DECODE: True})
        await redis.idempotent.delete("bench")
        await province.measure(session_id, views=100, unique_viewers=40, sketch=sketch)
    await province.sum()

    audience = (await report_of(province)).audience

    assert (audience.measured_sessions, audience.session_unique_viewers) == (2, 80)
    assert audience.unique_viewers is not None
    assert 57 <= audience.unique_viewers <= 63


async def test_without_a_kept_sketch_nobody_guesses_the_viewers(province: Province) -> None:
    await province.measure(await province.session(FIRST), views=100, unique_viewers=40)
    await province.sum()

    audience = (await report_of(province)).audience

    assert (audience.unique_viewers, audience.session_unique_viewers) == (None, 40)
