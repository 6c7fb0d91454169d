"""What a report opens on a tap: a minute, comments, the end of an offer, what is open; bounded, without buyers, for those who may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from app.accounts.service import CurrentUser
from app.errors import MalformedRequest, NotFound
from app.infra.clock import utc_now
from app.reports import inside
from app.reports import inside_queries as sql
from app.reports.inside import COMMENTS_PER_PAGE, CommentsWanted, ReportDetails
from app.sessions.errors import SessionNotFound
from tests.reports.builders import Fair


async def say(fair: Fair, text: str, *, at: datetime, reason: str = "", hidden_by: UUID | None = None, is_hidden: bool = True) -> UUID:
    comment_id = uuid4()
    await fair.database.pool.execute(
        "INSERT INTO comments (id, session_id, device_id, author, text, posted_at) VALUES ($1, $2, $3, 'Lan', $4, $5)",
        *(comment_id, fair.id, uuid4(), text, at),
    )
    if reason:
        await fair.database.pool.execute(
            "INSERT INTO comment_hidings (comment_id, session_id, is_hidden, reason, hidden_by, hidden_at) VALUES ($1, $2, $3, $4, $5, $6)",
            *(comment_id, fair.id, is_hidden, reason, hidden_by, at),
        )
    return comment_id


@pytest.fixture
def details(fair: Fair) -> ReportDetails:
    return ReportDetails(fair.database)


async def test_comments_are_paged_in_order_without_losing_or_repeating_any(fair: Fair, details: ReportDetails) -> None:
    began = utc_now() - timedelta(hours=1)
    for number in range(COMMENTS_PER_PAGE + 7):
        # several in the same moment: the cursor must not stand between them by time alone
        await say(fair, f"câu {number}", at=began + timedelta(seconds=number // 3))

    first = await details.comments(fair.staff, fair.id, CommentsWanted())
    rest = await details.comments(fair.staff, fair.id, CommentsWanted(cursor=first.next_cursor))

    found = [row.comment_id for row in (*first.comments, *rest.comments)]
    assert (len(first.comments), len(set(found)), rest.next_cursor) == (COMMENTS_PER_PAGE, COMMENTS_PER_PAGE + 7, None)


async def test_comments_are_found_by_words_time_and_what_was_decided_about_them(fair: Fair, details: ReportDetails) -> None:
    now = utc_now()
    await say(fair, "MẬT ong còn không", at=now)
    await say(fair, "bán hàng giả", at=now, reason="staff", hidden_by=fair.market.user_id)
    await say(fair, "xem ở trang này", at=now, reason="link")
    await say(fair, "nói một mình", at=now, reason="muted")
    await say(fair, "được hiện lại", at=now - timedelta(hours=2), reason="block_word", is_hidden=False)

    async def found(**wanted: object) -> list[str]:
        page = await details.comments(fair.staff, fair.id, CommentsWanted(**wanted))  # type: ignore[arg-type]
        return [row.text for row in page.comments]

    assert await found(text="mật ONG") == ["MẬT ong còn không"]
    assert await found(text="mat ong") == await found(text="Mật Ông".replace("Ô", "O")) == ["MẬT ong còn không"]
    assert await found(text="duoc") == ["được hiện lại"]
    for absurd in ("%", ".", "(", "[a", "\\", "*", "a{9", "^", "$", "ơ" * 100, "\U0001d4b6", "\u0301", "]"):
        assert await found(text=absurd) == []
    assert await found(text="a\0b") == []
    states = [await found(state=state) for state in ("hidden", "held", "unheard", "restored")]
    assert states == [["bán hàng giả"], ["xem ở trang này"], ["nói một mình"], ["được hiện lại"]]
    assert await found(until=now - timedelta(hours=1)) == ["được hiện lại"]
    assert await found(since=datetime(1, 1, 1, tzinfo=UTC), until=datetime(9999, 12, 31, tzinfo=UTC), state="shown") == [
        "MẬT ong còn không"
    ]
    with pytest.raises(MalformedRequest):
        await found(cursor="nonsense")


async def test_a_search_goes_on_piece_by_piece_and_says_how_far_it_looked(
    fair: Fair, details: ReportDetails, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inside, "COMMENTS_SEARCHED_AT_ONCE", 3)
    now = utc_now()
    for number in range(8):
        await say(fair, "cu đơ" if number in {1, 7} else "chào cả nhà", at=now + timedelta(seconds=number))

    pages: list[tuple[list[datetime], datetime | None]] = []
    cursor = None
    while not pages or cursor is not None:
        page = await details.comments(fair.staff, fair.id, CommentsWanted(text="cu do", cursor=cursor))
        pages.append(([row.said_at for row in page.comments], page.searched_to))
        cursor = page.next_cursor

    seconds = [timedelta(seconds=number) for number in range(8)]
    assert pages == [([now + seconds[1]], now + seconds[2]), ([], now + seconds[5]), ([now + seconds[7]], None)]


async def test_the_seq_before_a_moment_is_the_last_entry_that_is_earlier(fair: Fair) -> None:
    offer_id = await fair.offer()
    for _ in range(9):
        await fair.order(offer_id)
    asked = "SELECT seq, happened_at FROM ledger_entries WHERE session_id = $1"
    times = {row["seq"]: row["happened_at"] for row in await fair.database.pool.fetch(asked, fair.id)}

    moments = [*times.values(), *(at + timedelta(microseconds=1) for at in times.values()), datetime(1970, 1, 1, tzinfo=UTC)]
    halved = [await fair.database.pool.fetchval(sql.SEQ_BEFORE, fair.id, moment) for moment in moments]

    assert halved == [max((seq for seq, at in times.items() if at < moment), default=0) for moment in moments]
    assert await fair.database.pool.fetchval(sql.SEQ_BEFORE, uuid4(), utc_now()) == 0


async def test_a_minute_opens_to_who_was_pinned_what_was_said_and_orders_without_their_buyers(fair: Fair, details: ReportDetails) -> None:
    offer_id = await fair.offer(price_vnd=50_000)
    placed = await fair.order(offer_id, 2)
    code = await fair.database.pool.fetchval("SELECT code FROM orders WHERE id = $1", placed.order_id)
    now = utc_now()
    await say(fair, "chốt hai hũ", at=now)
    await say(fair, "hôm qua", at=now - timedelta(days=1))
    await fair.database.pool.execute(
        "INSERT INTO audit_entries (organisation_id, user_id, action, subject_id, details, happened_at) "
        "SELECT $1, $2, 'session.pinned', $3, jsonb_build_object('product_id', $4::text), now() - interval '1 hour' * n FROM generate_series(1, 2) n",
        *(fair.market.organisation_id, fair.market.user_id, str(fair.id), str(fair.market.product_id)),
    )

    minute = await details.moment(fair.staff, fair.id, at=now - timedelta(minutes=1), minutes=5)
    before = await details.moment(fair.staff, fair.id, at=now - timedelta(days=2), minutes=60)

    assert [(order.code, order.units, order.goods_vnd) for order in minute.orders] == [(code, 2, 100_000)]
    assert (minute.orders_count, [row.text for row in minute.comments.comments]) == (1, ["chốt hai hũ"])
    assert [pin.name for pin in minute.pinned] == ["Mật ong"], "the last one before, and no earlier one"
    await fair.end()
    last = await details.moment(fair.staff, fair.id, at=None, minutes=5)
    assert last.orders == minute.orders, "without a moment, the last minutes"
    assert (before.orders_count, before.pinned, before.comments.comments) == (0, (), ())
    assert "phone" not in minute.model_dump_json()


async def test_the_end_of_an_offer_counts_its_own_orders_alone(fair: Fair, details: ReportDetails) -> None:
    one, other = await fair.offer(price_vnd=50_000), await fair.offer()
    for quantity in (1, 2):
        await fair.order(one, quantity)
    await fair.order(other)

    end = await details.offer_end(fair.staff, fair.id, one, minutes=5)

    assert sum(minute.orders for minute in end.minutes) == 2
    assert sum(minute.revenue_vnd for minute in end.minutes) == 150_000
    with pytest.raises(NotFound):
        await details.offer_end(fair.staff, fair.id, uuid4(), minutes=5)


async def test_before_closing_it_says_what_is_open_and_afterwards_what_was_signed(fair: Fair, details: ReportDetails) -> None:
    offer_id = await fair.offer()
    orders = [await fair.order(offer_id) for _ in range(3)]
    for order, queue in zip(orders, ("first", "third", "sent"), strict=True):
        await fair.database.pool.execute(
            "INSERT INTO desk_orders (order_id, organisation_id, session_id, is_rehearsal, queue, ready_at) VALUES ($1, $2, $3, false, $4, now()) "
            "ON CONFLICT (order_id) DO UPDATE SET queue = excluded.queue",
            *(order.order_id, fair.market.organisation_id, fair.id, queue),
        )

    state = await details.closing_state(fair.staff, fair.id)

    assert [(item.kind, item.orders) for item in state.open] == [("calls", 2), ("on_the_way", 1)]
    assert (state.first, state.newest) == (None, None)


async def test_nothing_is_opened_for_another_organisation(fair: Fair, details: ReportDetails) -> None:
    stranger = CurrentUser(uuid4(), uuid4(), "Đơn vị khác", "khac", "Khác", "organiser")

    for asked in (
        details.comments(stranger, fair.id, CommentsWanted()),
        details.moment(stranger, fair.id, at=utc_now(), minutes=1),
        details.offer_end(stranger, fair.id, uuid4(), minutes=1),
        details.closing_state(stranger, fair.id),
    ):
        with pytest.raises(SessionNotFound):
            await asked
