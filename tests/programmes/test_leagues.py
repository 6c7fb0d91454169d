"""League tables are fair: denominators in the name and large enough, ties stated, late corrections as such, nobody's purchases shown."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from app.accounts.models import User
from app.accounts.permissions import Grant
from app.programmes.errors import LeagueOrderUnfit, UnionUnitExists, UnionUnitNotFound
from app.programmes.leagues import ranked
from app.programmes.rates import per_each, percent
from app.programmes.schemas import League, LeagueBy, LeagueOrder, LeagueRow, UnitChoice, UnitContent
from app.sessions.errors import SessionNotFound
from tests.programmes.builders import PRICE_VND, Province

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
HERE, THERE, ELSEWHERE = 18133, 18547, 18073


def buyers(count: int, *, of: str = "") -> list[str]:
    return [f"{of} buyer {number}" for number in range(count)]


async def league(province: Province, by: LeagueBy, order: LeagueOrder | None = None) -> League:
    programme = await province.programme(FIRST, LAST)
    return await province.house.leagues.table(province.user(), programme.id, by, order)


def row_of(name: str, *, net_vnd: int | None) -> LeagueRow:
    return LeagueRow(rank=None, group_id=name, name=name, about=None, sessions=1, is_hidden=net_vnd is None, net_vnd=net_vnd)


def test_equal_figures_share_a_rank_and_the_next_is_left_out() -> None:
    rows = [row_of("c", net_vnd=5), row_of("b", net_vnd=9), row_of("a", net_vnd=9), row_of("d", net_vnd=None)]

    found = ranked(rows, "net_vnd", lowest_first=False)

    assert [(row.name, row.rank) for row in found] == [("a", 1), ("b", 1), ("c", 3), ("d", None)]


def test_rates_are_not_told_below_their_denominators() -> None:
    assert percent("lost_per_order_placed_percent", 1, 19) is None
    assert percent("lost_per_order_placed_percent", 1, 20) == 5.0
    assert per_each("net_per_session_vnd", 10, 0) is None


async def test_communes_stand_by_what_they_kept_and_sessions_without_one_stand_last(province: Province) -> None:
    producer = await province.producer()
    for ward_code, count in ((HERE, 6), (THERE, 9), (None, 30)):
        session_id = await province.session(FIRST, ward_code=ward_code)
        for each in await province.sell(session_id, producer, FIRST, buyers=buyers(count)):
            await province.record(each, "confirmed", "delivered", "paid", day=FIRST)
    await province.sum()

    found = await league(province, "commune")

    assert [(row.group_id, row.rank, row.net_vnd) for row in found.rows] == [
        (str(THERE), 1, 9 * PRICE_VND),
        (str(HERE), 2, 6 * PRICE_VND),
        (None, None, 30 * PRICE_VND),
    ]
    assert found.rows[0].lost_per_order_placed_percent is None
    assert found.rows[2].lost_per_order_placed_percent == 0


async def test_who_held_many_sessions_is_not_first_for_that_alone(province: Province) -> None:
    producer = await province.producer()
    for ward_code, sessions in ((HERE, 3), (THERE, 1)):
        for _ in range(sessions):
            count = 6 if ward_code == HERE else 9
            for each in await province.sell(await province.session(FIRST, ward_code=ward_code), producer, FIRST, buyers=buyers(count)):
                await province.record(each, "confirmed", "delivered", "paid", day=FIRST)
    await province.sum()

    in_all, per_session = await league(province, "commune"), await league(province, "commune", "net_per_session_vnd")

    assert in_all.rows[0].group_id == str(HERE)
    assert per_session.rows[0].group_id == str(THERE)


async def test_a_commune_of_few_buyers_is_hidden_and_cannot_be_subtracted(province: Province) -> None:
    producer = await province.producer()
    for ward_code, count in ((HERE, 2), (THERE, 9), (ELSEWHERE, 20)):
        await province.sell(await province.session(FIRST, ward_code=ward_code), producer, FIRST, buyers=buyers(count))
    await province.sum()

    found = await league(province, "commune")
    producers = await league(province, "producer")

    assert [(row.group_id, row.is_hidden, row.placed_vnd) for row in found.rows] == [
        (str(ELSEWHERE), False, 20 * PRICE_VND),
        *sorted(
            [(str(HERE), True, None), (str(THERE), True, None)],
            key=lambda each: next(r.name or "" for r in found.rows if r.group_id == each[0]),
        ),
    ]
    assert found.hidden_rows == 2
    assert [row.placed_vnd for row in producers.rows] == [31 * PRICE_VND]


async def test_a_producer_of_few_buyers_is_hidden_together_with_another(province: Province) -> None:
    small, large, larger = [await province.producer(name) for name in ("a", "b", "c")]
    session_id = await province.session(FIRST)
    for producer, count in ((small, 1), (large, 8), (larger, 20)):
        await province.sell(session_id, producer, FIRST, buyers=buyers(count, of=str(producer)))
    await province.sum()

    found = await league(province, "producer")

    assert {row.group_id for row in found.rows if row.is_hidden} == {str(small), str(large)}
    assert [row.kept_vnd for row in found.rows if not row.is_hidden] == [20 * PRICE_VND]


async def test_late_corrections_are_said_as_such(province: Province) -> None:
    producer, session_id = await province.producer(), await province.session(FIRST, ward_code=HERE)
    sold = await province.sell(session_id, producer, FIRST, buyers=buyers(6))
    for each in sold:
        await province.record(each, "confirmed", "delivered", "paid", day=FIRST)
    await province.close(session_id)
    await province.record(sold[0], "returned", "refunded", day=FIRST + timedelta(days=9))
    await province.sum()

    communes, producers = await league(province, "commune"), await league(province, "producer")

    assert (communes.rows[0].net_vnd, communes.rows[0].late_change_vnd) == (5 * PRICE_VND, -PRICE_VND)
    assert (producers.rows[0].kept_vnd, producers.rows[0].late_change_vnd) == (5 * PRICE_VND, -PRICE_VND)


async def test_an_order_that_the_table_does_not_have_is_refused(province: Province) -> None:
    with pytest.raises(LeagueOrderUnfit):
        await league(province, "producer", "net_vnd")


async def test_a_host_who_moves_takes_no_past_along(province: Province) -> None:
    units, organiser = province.house.units, province.user()
    old = await units.add(organiser, UnitContent(name="Đoàn xã Thiên Cầm"), None)
    new = await units.add(organiser, UnitContent(name="Đoàn trường"), None)
    await units.set_host(organiser, province.host_id, UnitChoice(unit_id=old.id))
    await province.session(FIRST)
    await province.sum()

    await units.set_host(organiser, province.host_id, UnitChoice(unit_id=new.id))
    later = await province.session(FIRST + timedelta(days=1))
    await province.sum()
    corrected = await province.session(FIRST + timedelta(days=2))
    await units.set_session(organiser, corrected, UnitChoice(unit_id=None))
    await province.sum()

    programme = await province.programme(FIRST, LAST)
    rows = (await province.house.reading.sessions(organiser, programme.id, cursor=None, limit=10)).sessions
    assert [row.unit_name for row in rows] == [None, "Đoàn trường", "Đoàn xã Thiên Cầm"]
    assert rows[1].session_id == later


async def test_units_have_names_of_their_own_and_belong_to_one_organisation(province: Province) -> None:
    units, organiser = province.house.units, province.user()
    unit = await units.add(organiser, UnitContent(name="Đoàn xã"), None)
    other = Province(province.database, province.house)
    await other.begin()

    with pytest.raises(UnionUnitExists):
        await units.add(organiser, UnitContent(name="Đoàn  xã"), None)
    with pytest.raises(UnionUnitNotFound):
        await units.rename(other.user(), unit.id, UnitContent(name="x"))
    with pytest.raises(UnionUnitNotFound):
        await units.set_session(organiser, await province.session(FIRST), UnitChoice(unit_id=uuid4()))
    with pytest.raises(SessionNotFound):
        await units.set_session(other.user(), await province.session(FIRST), UnitChoice(unit_id=None))
    assert (await units.list(province.user("auditor", Grant("auditor")))).hosts == ()


async def test_hosts_of_an_organisation_are_listed_with_their_units(province: Province) -> None:
    await province.session(FIRST)
    async with province.database.transactions.begin() as db:
        login = f"idle-{uuid4()}"
        db.add(User(id=uuid4(), organisation_id=province.organisation_id, login=login, display_name="Idle", role="desk", password_hash="-"))

    assert [host.name for host in (await province.house.units.list(province.user())).hosts] == ["Lan"]
