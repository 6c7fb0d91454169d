"""Sessions side by side: the same definitions, each as of its own moment, nothing that one may not read alone."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from app.accounts.permissions import Grant
from app.programmes.errors import ComparisonUnfit
from app.sessions.errors import SessionNotFound
from tests.programmes.builders import PRICE_VND, Province

DAY = date(2026, 11, 2)


async def test_each_stands_in_the_order_it_was_named_with_both_figures(province: Province) -> None:
    producer = await province.producer()
    first, second = await province.session(DAY), await province.session(DAY)
    sold = await province.sell(first, producer, DAY, buyers=["a", "b"])
    for each in sold:
        await province.record(each, "confirmed", "delivered", "paid", day=DAY)
    await province.close(first)
    await province.record(sold[0], "returned", "refunded", day=DAY + timedelta(days=5))
    await province.measure(second, views=1_000, unique_viewers=400)
    await province.sum()

    found = await province.house.comparing.compare(province.user(), [second, first, second])

    assert [each.session_id for each in found.sessions] == [second, first]
    one, other = found.sessions
    assert (one.views, one.unique_viewers, one.placed_per_1000_views_vnd, one.at_closing) == (1_000, 400, 0, None)
    assert other.at_closing is not None
    assert (other.at_closing.net_vnd, other.sales.net_vnd, other.views) == (2 * PRICE_VND, PRICE_VND, None)
    assert [(row.kind, row.happened_on) for row in other.late] == [
        ("refunded", DAY + timedelta(days=5)),
        ("returned", DAY + timedelta(days=5)),
    ]


async def test_what_one_may_not_read_is_not_there(province: Province) -> None:
    mine, other = await province.session(DAY, ward_code=18133), await province.session(DAY, ward_code=18547)

    for user, ids in (
        (province.user("auditor", Grant("auditor", ward_code=18133)), [mine, other]),
        (province.user("desk", Grant("desk")), [mine, other]),
        (province.user(), [mine, uuid4()]),
    ):
        with pytest.raises(SessionNotFound):
            await province.house.comparing.compare(user, ids)


async def test_rehearsals_and_wrong_numbers_of_sessions_are_refused(province: Province) -> None:
    session_id, rehearsal = await province.session(DAY), await province.session(DAY, is_rehearsal=True)

    for ids in ([session_id], [session_id, session_id], [session_id, rehearsal], [uuid4() for _ in range(9)]):
        with pytest.raises(ComparisonUnfit):
            await province.house.comparing.compare(province.user(), ids)
