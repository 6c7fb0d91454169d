"""A reader goes on from the fold that the last reader left, and gets what a fold of the whole ledger gives."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from uuid import UUID, uuid4

import pytest

from app.ledger.chain import Entry, EntryLine, body_of, chain, genesis_hash
from app.ledger.kinds import KINDS
from app.reports.folding import ENTRIES_PER_STEP, FoldedLedger, extend_fold, fold_ledger
from app.reports.kept_folds import KeptFolds
from tests.reports.builders import Fair, failed, headline

Row = tuple[int, str, bytes, int]
SESSION = UUID(int=9)


def a_random_ledger(dice: random.Random, entries: int) -> list[Row]:
    orders: list[tuple[UUID, str, tuple[EntryLine, ...]]] = []
    rows: list[Row] = []
    previous = genesis_hash(SESSION)
    later = [kind for kind in KINDS if kind != "placed"]
    for seq in range(1, entries + 1):
        if not orders or dice.random() < 0.5:
            numbers = [dice.randrange(4) for _ in range(dice.randint(1, 3))]
            lines = tuple(
                EntryLine(UUID(int=n), UUID(int=n // 2), UUID(int=n % 2), dice.randint(1, 5), dice.randrange(1, 9) * 1000) for n in numbers
            )
            orders.append((uuid4(), f"buyer {dice.randrange(20)}", lines))
            order, kind, reason = orders[-1], "placed", ""
        else:
            order, kind, reason = dice.choice(orders), dice.choice(later), dice.choice(("", "late", "changed mind"))
        entry = Entry(SESSION, seq, kind, order[0], order[1], seq * 9000, order[2], reason)  # type: ignore[arg-type]
        previous = chain(previous, body_of(entry))
        rows.append((seq, body_of(entry), previous, entry.amount_vnd))
    return rows


async def each(rows: Sequence[Row]) -> AsyncIterator[Row]:
    for row in rows:
        yield row


@pytest.mark.parametrize("seed", range(20))
async def test_a_fold_extended_at_any_points_equals_the_whole_fold(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - a ledger made up for a test
    rows = a_random_ledger(dice, 150)
    folded = FoldedLedger(last_hash=genesis_hash(SESSION))
    counted_to = 0
    for stop in [*sorted(dice.sample(range(1, 150), 5)), 150]:
        counted_to = dice.randint(counted_to, stop)
        after = min(folded.whole.last_seq, folded.counted.last_seq)
        await extend_fold(folded, each(rows[after:stop]), counted_to=counted_to)

        anew = await fold_ledger(SESSION, each(rows[:stop]), counted_to=counted_to)
        assert (folded.whole, folded.counted, folded.minutes, folded.steps.steps()) == (
            anew.whole,
            anew.counted,
            anew.minutes,
            anew.steps.steps(),
        )
        assert (folded.entries, folded.last_hash, folded.broken_at) == (stop, anew.last_hash, 0)


async def test_a_changed_tail_is_found_by_an_extended_fold() -> None:
    rows = a_random_ledger(random.Random(1), 30)  # noqa: S311 - a ledger made up for a test
    folded = await fold_ledger(SESSION, each(rows[:20]), counted_to=20)
    seq, body, stored_hash, amount_vnd = rows[24]
    rows[24] = (seq, body.replace('"at_ms":', '"at_ms":1'), stored_hash, amount_vnd)

    await extend_fold(folded, each(rows[20:]), counted_to=30)

    assert folded.broken_at == 25


async def test_others_get_their_turn_at_every_step_of_a_long_fold() -> None:
    rows = a_random_ledger(random.Random(2), 10 * ENTRIES_PER_STEP)  # noqa: S311 - a ledger made up for a test
    turns = 0
    folding = True

    async def others() -> None:
        nonlocal turns
        while folding:
            turns += 1
            await asyncio.sleep(0)

    async def fold() -> None:
        nonlocal folding
        await fold_ledger(SESSION, each(rows), counted_to=0)
        folding = False

    await asyncio.gather(others(), fold())

    assert turns >= 10


async def test_a_second_report_reads_only_what_was_added(fair: Fair) -> None:
    offer_id = await fair.offer(total=20)
    for _ in range(5):
        await fair.order(offer_id)
    await fair.project()
    await fair.report()
    assert fair.reports.folds.rows_read == 5

    await fair.order(offer_id)
    await fair.project()
    report = await fair.report()

    assert fair.reports.folds.rows_read == 6
    assert headline(report)["orders_placed"] == 6
    assert report.reconciliation.ok, failed(report)


async def test_readers_at_the_same_time_while_orders_come_in_agree_with_the_ledger(fair: Fair) -> None:
    offer_id = await fair.offer(total=50)

    async def orders() -> None:
        for _ in range(15):
            await fair.order(offer_id)

    async def reads() -> None:
        for _ in range(5):
            report = await fair.report()
            named = {check.name: check for check in report.reconciliation.checks}
            assert [name for name in ("ledger_entries", "ledger_chain", "order_rows") if not named[name].ok] == []

    await asyncio.gather(orders(), reads(), reads(), reads())


async def test_figures_that_were_lost_are_compared_with_the_ledger_from_its_beginning(fair: Fair) -> None:
    offer_id = await fair.offer()
    await fair.order(offer_id)
    await fair.project()
    await fair.report()
    await fair.lose_redis()

    report = await fair.report()

    assert report.reconciliation.figures_ledger_seq == 0
    assert report.reconciliation.ok, failed(report)


async def test_folds_of_sessions_read_long_ago_are_dropped(fair: Fair) -> None:
    offer_id = await fair.offer()
    await fair.order(offer_id)
    folds = KeptFolds(kept_entries=1)
    for session_id in (fair.id, uuid4(), fair.id):
        async with folds.turn(session_id), fair.database.pool.acquire() as db, db.transaction():
            await folds.read(db, session_id, counted_to=0)

    assert folds.rows_read == 2
