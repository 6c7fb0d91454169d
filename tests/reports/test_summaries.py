"""Stored folds: whoever goes on with one gets what a fold of the whole ledger gives, and none is believed that does not fit."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from app.infra.database import Database
from app.ledger.fold import Ladder
from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.reports import queries
from app.reports.errors import ReportBeingPrepared
from app.reports.fold_text import fold_text
from app.reports.folding import ENTRIES_PER_STEP, FOLD_VERSION, FoldedLedger, Row, empty_fold, extend_fold, extend_ladder
from app.reports.queries import ledger_rows
from app.reports.summaries import ENTRIES_PER_SUMMARY, READER_TAIL, Summaries, read_counted, read_fold
from tests.reports.builders import Fair, failed, headline
from tests.reports.ledgers import a_random_ledger, write_ledger

OLDER = 0


async def from_scratch(session_id: UUID, rows: Sequence[Row]) -> FoldedLedger:
    folded = empty_fold(session_id)
    await extend_fold(folded, rows)
    return folded


def said_by(folded: FoldedLedger) -> tuple[object, ...]:
    """Everything that a report reads of a fold."""
    text = json.loads(fold_text(folded))
    # made-up ledgers have no order rows
    del text["order_rows"]
    return text, folded.last_hash, folded.entries, folded.broken_at, folded.steps.steps(), folded.steps.net_vnd()


def sums_of(ladder: Ladder) -> tuple[object, ...]:
    return ladder.totals, ladder.taken, ladder.buyer_count, ladder.last_seq


async def stored(database: Database, session_id: UUID) -> list[int]:
    rows = await database.pool.fetch("SELECT seq FROM ledger_summaries WHERE session_id = $1 AND version > 0 ORDER BY seq", session_id)
    return [row["seq"] for row in rows]


async def folded_now(fair: Fair, to: int) -> FoldedLedger:
    async with fair.database.pool.acquire() as db, db.transaction():
        return await read_fold(db, fair.id, to=to)


Rewrite = Callable[[str], object]


@pytest.fixture
def rewrite(postgres_server: EmbeddedPostgres, postgres_url: str) -> Rewrite:
    """Change what the triggers refuse to change, as only the server's owner can."""
    name = urlsplit(postgres_url).path.lstrip("/")
    return lambda statement: postgres_server.run_sql(f"SET session_replication_role = replica; {statement}", database=name)


@pytest.mark.parametrize("seed", range(5))
async def test_a_stored_fold_extended_at_any_points_equals_the_fold_of_the_whole_ledger(fair: Fair, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - a ledger made up for a test
    rows = a_random_ledger(fair.id, dice, 1_300)
    summaries = Summaries(fair.database)
    written = 0
    for stop in [*sorted(dice.sample(range(1, 1_300), 5)), 1_300]:
        await write_ledger(fair.database, fair.id, rows[written:stop])
        written = stop
        if dice.random() < 0.7:
            await summaries.extend(fair.id, steps=dice.randint(1, 4))

        assert said_by(await folded_now(fair, stop)) == said_by(await from_scratch(fair.id, rows[:stop]))
        counted_to = dice.randint(0, stop)
        counted = Ladder()
        await extend_ladder(counted, rows[:counted_to])
        async with fair.database.pool.acquire() as db, db.transaction():
            whole, sums = await read_counted(db, fair.id, to=stop, counted_to=counted_to)
        assert said_by(whole) == said_by(await from_scratch(fair.id, rows[:stop]))
        assert sums_of(sums) == sums_of(counted)


async def test_a_fold_that_changes_needs_a_new_version() -> None:
    """When this fails because the fold says something else of the same ledger, raise `FOLD_VERSION` and put the new digest here."""
    session_id = UUID(int=9)
    rows = a_random_ledger(session_id, random.Random(7), 400)  # noqa: S311 - a ledger made up for a test
    folded = await from_scratch(session_id, rows)

    assert (FOLD_VERSION, hashlib.sha256(fold_text(folded).encode()).hexdigest()[:16]) == (4, "29e06d43c6c80b8f")


async def test_a_reader_reads_only_the_tail(fair: Fair, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = a_random_ledger(fair.id, random.Random(1), 1_030)  # noqa: S311 - a ledger made up for a test
    await write_ledger(fair.database, fair.id, rows[:1_000])
    assert await Summaries(fair.database).extend(fair.id, steps=9)
    await write_ledger(fair.database, fair.id, rows[1_000:])
    asked: list[tuple[int, int]] = []

    async def noted(db: object, session_id: UUID, *, after: int, to: int) -> list[Row]:
        asked.append((after, to))
        return await ledger_rows(db, session_id, after=after, to=to)  # type: ignore[arg-type]

    monkeypatch.setattr(queries, "ledger_rows", noted)
    folded = await folded_now(fair, 1_030)

    assert asked == [(1_000, 1_030)]
    assert said_by(folded) == said_by(await from_scratch(fair.id, rows))


async def test_a_ledger_without_a_stored_fold_is_prepared_in_the_background_and_not_for_a_reader(fair: Fair) -> None:
    rows = a_random_ledger(fair.id, random.Random(2), READER_TAIL + 1)  # noqa: S311 - a ledger made up for a test
    await write_ledger(fair.database, fair.id, rows)
    summaries = Summaries(fair.database)

    with pytest.raises(ReportBeingPrepared) as refusal:
        await fair.report()
    assert refusal.value.details == {"entries_left": READER_TAIL + 1}
    assert await summaries.behind(tail=200, limit=10) == [fair.id]
    assert not await summaries.extend(fair.id, steps=2)
    assert await stored(fair.database, fair.id) == [ENTRIES_PER_SUMMARY, 2 * ENTRIES_PER_SUMMARY]
    assert await summaries.extend(fair.id, steps=9)

    assert await summaries.behind(tail=200, limit=10) == []
    assert said_by(await folded_now(fair, len(rows))) == said_by(await from_scratch(fair.id, rows))


async def test_two_that_extend_one_session_at_once_store_the_same_and_one_row_per_block(fair: Fair) -> None:
    rows = a_random_ledger(fair.id, random.Random(3), 1_700)  # noqa: S311 - a ledger made up for a test
    one, other = Summaries(fair.database), Summaries(fair.database)
    for start, stop in ((0, 900), (900, 1_250), (1_250, 1_700)):
        await write_ledger(fair.database, fair.id, rows[start:stop])
        await asyncio.gather(one.extend(fair.id, steps=9), other.extend(fair.id, steps=9), one.extend(fair.id, steps=9))

    assert await stored(fair.database, fair.id) == [500, 1_000, 1_500, 1_700]
    assert said_by(await folded_now(fair, 1_700)) == said_by(await from_scratch(fair.id, rows))


async def test_another_version_of_the_fold_is_built_anew_and_the_old_one_goes(fair: Fair) -> None:
    rows = a_random_ledger(fair.id, random.Random(4), 800)  # noqa: S311 - a ledger made up for a test
    await write_ledger(fair.database, fair.id, rows)
    await Summaries(fair.database, version=OLDER).extend(fair.id, steps=9)
    await fair.database.pool.execute("UPDATE ledger_summaries SET fold = '{}'")

    assert said_by(await folded_now(fair, 800)) == said_by(await from_scratch(fair.id, rows))
    assert await Summaries(fair.database).behind(tail=200, limit=10) == [fair.id]
    await Summaries(fair.database).extend(fair.id, steps=9)

    versions = await fair.database.pool.fetch("SELECT DISTINCT version FROM ledger_summaries")
    assert [row["version"] for row in versions] == [FOLD_VERSION]
    assert said_by(await folded_now(fair, 800)) == said_by(await from_scratch(fair.id, rows))


async def test_a_stored_fold_of_another_history_is_not_believed_and_thrown_away(fair: Fair, rewrite: Rewrite) -> None:
    first = a_random_ledger(fair.id, random.Random(5), 1_200)  # noqa: S311 - a ledger made up for a test
    other = a_random_ledger(fair.id, random.Random(6), 1_100)  # noqa: S311 - a ledger made up for a test
    summaries = Summaries(fair.database)
    await write_ledger(fair.database, fair.id, first)
    await summaries.extend(fair.id, steps=9)
    rewrite("DELETE FROM ledger_entries")
    await write_ledger(fair.database, fair.id, other)

    assert await summaries.behind(tail=200, limit=10) == [fair.id]
    await summaries.extend(fair.id, steps=9)
    assert said_by(await folded_now(fair, 1_100)) == said_by(await from_scratch(fair.id, other))
    assert await stored(fair.database, fair.id) == [500, 1_000, 1_100]
    buyers = await fair.database.pool.fetchval("SELECT count(*) FROM ledger_buyers WHERE session_id = $1", fair.id)
    assert buyers == len((await from_scratch(fair.id, other)).whole.buyers)


async def test_a_break_is_shown_and_a_repair_too(fair: Fair, rewrite: Rewrite) -> None:
    rows = a_random_ledger(fair.id, random.Random(8), 900)  # noqa: S311 - a ledger made up for a test
    summaries = Summaries(fair.database)
    await write_ledger(fair.database, fair.id, rows)
    rewrite("UPDATE ledger_entries SET body = replace(body, '6300000', '6300001') WHERE seq = 700")

    assert (await folded_now(fair, 900)).broken_at == 700
    await summaries.extend(fair.id, steps=9)
    assert (await folded_now(fair, 900)).broken_at == 700

    rewrite("UPDATE ledger_entries SET body = replace(body, '6300001', '6300000') WHERE seq = 700")
    await summaries.extend(fair.id, steps=9)
    assert said_by(await folded_now(fair, 900)) == said_by(await from_scratch(fair.id, rows))


async def test_others_get_their_turn_at_every_step_of_a_long_fold() -> None:
    rows = a_random_ledger(UUID(int=9), random.Random(2), 10 * ENTRIES_PER_STEP)  # noqa: S311 - a ledger made up for a test
    turns = 0
    folding = True

    async def others() -> None:
        nonlocal turns
        while folding:
            turns += 1
            await asyncio.sleep(0)

    async def fold() -> None:
        nonlocal folding
        await from_scratch(UUID(int=9), rows)
        folding = False

    await asyncio.gather(others(), fold())

    assert turns >= 10


async def test_orders_are_counted_by_their_own_rows_across_a_stored_fold(fair: Fair) -> None:
    offer_id = await fair.offer(total=20)
    for _ in range(5):
        await fair.order(offer_id)
    await Summaries(fair.database).extend(fair.id, steps=1)
    await fair.order(offer_id)
    await fair.project()
    report = await fair.report()

    assert await stored(fair.database, fair.id) == [5]
    assert headline(report)["orders_placed"] == 6
    assert report.reconciliation.ok, failed(report)


async def test_readers_and_the_keeper_at_the_same_time_while_orders_come_in_agree_with_the_ledger(fair: Fair) -> None:
    offer_id = await fair.offer(total=50)
    summaries = Summaries(fair.database)

    async def orders() -> None:
        for _ in range(15):
            await fair.order(offer_id)
            await summaries.extend(fair.id, steps=1)

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
    await Summaries(fair.database).extend(fair.id, steps=1)
    await fair.report()
    await fair.lose_redis()

    report = await fair.report()

    assert report.reconciliation.figures_ledger_seq == 0
    assert report.reconciliation.ok, failed(report)
