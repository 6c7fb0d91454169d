"""At the packing table: a scan counts one unit and never two, what is wrong is refused, boxes are split and merged, and changes are noticed."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from app.fulfilment.changes import Change, WantedLine, append_change
from app.orders.shelf import ShelfWant
from app.parcels.errors import (
    AlreadyAllIn,
    BuyersDiffer,
    NothingPacked,
    ParcelNotFound,
    ParcelStateUnfit,
    SplitUnfit,
    WrongProduct,
)
from app.parcels.schemas import ParcelScan, ParcelSizes, ParcelView, Split, SplitLine
from app.parcels.states import new_code
from tests.orders.builders import a_pool, a_product, an_offer
from tests.parcels.builders import Table

PHONE = "+84912345678"


async def an_open_parcel(table: Table, units: int = 3) -> ParcelView:
    return await table.parcel(await table.order({await an_offer(table.database, table.node.market, total=50, limit=50): units}))


def a_split(parcel: ParcelView, *quantities: int) -> Split:
    lines = zip(parcel.lines, quantities, strict=False)
    return Split(lines=[SplitLine(order_id=line.order_id, sold_by=line.sold_by, quantity=quantity) for line, quantity in lines if quantity])


# --- scanning ---


async def test_a_label_opens_its_box_and_so_does_an_order_however_they_are_spelt(table: Table) -> None:
    parcel = await an_open_parcel(table)
    code, order_code = parcel.code, parcel.order_codes[0]

    found = [await table.packing.find(table.lan, typed) for typed in (code, code.lower().replace("-", " "), order_code, order_code.lower())]

    assert {each.parcel_id for each in found} == {parcel.parcel_id}
    for typed in ("", new_code(), "P-", "x" * 5_000, "\u0000", "K7M2PAA"):
        with pytest.raises(ParcelNotFound):
            await table.packing.find(table.lan, typed)


async def test_with_the_last_unit_that_is_missing_the_box_is_packed_and_every_step_is_written_down(table: Table) -> None:
    parcel = await an_open_parcel(table, units=2)

    first = await table.scan(parcel)
    last = await table.scan(parcel, code=parcel.lines[0].product_code.lower())

    assert (first.state, first.packed_units) == ("open", 1)
    assert (last.state, last.packed_units) == ("packed", 2)
    assert await table.audited("parcel.unit_in") == 2
    assert await table.audited("parcel.packed") == 1
    with pytest.raises(ParcelStateUnfit):
        await table.scan(parcel)


async def test_what_does_not_belong_in_is_refused_by_its_name(table: Table) -> None:
    parcel = await an_open_parcel(table)
    other = await a_product(table.database, table.node.market)
    await table.database.pool.execute("UPDATE products SET code = 'CUDO' WHERE id = $1", other)

    for scan in ({"code": "cudo"}, {"product_id": other}):
        with pytest.raises(WrongProduct) as refused:
            await table.scan(parcel, **scan)
        assert refused.value.details == {"product": "Cu đơ"}
    for scan in ({"code": "không có"}, {"product_id": uuid4()}):
        with pytest.raises(WrongProduct):
            await table.scan(parcel, **scan)
    assert (await table.read(parcel.parcel_id)).packed_units == 0


async def test_the_label_scanned_again_and_a_scan_sent_twice_count_nothing(table: Table) -> None:
    parcel = await an_open_parcel(table)

    await table.scan(parcel, code=parcel.code)
    for _ in range(3):
        await table.scan(parcel, key="one beep")

    assert (await table.read(parcel.parcel_id)).packed_units == 1


async def test_a_unit_can_be_taken_out_again_but_none_that_is_not_in(table: Table) -> None:
    parcel, product_id = await an_open_parcel(table), table.node.market.product_id

    with pytest.raises(NothingPacked):
        await table.scan(parcel, product_id=product_id, take_out=True)
    await table.scan(parcel)
    await table.scan(parcel, product_id=product_id, take_out=True)

    assert (await table.read(parcel.parcel_id)).packed_units == 0


async def test_of_many_hands_at_one_box_none_counts_a_unit_that_is_in_already(table: Table) -> None:
    parcel = await an_open_parcel(table, units=5)

    async def beep(number: int) -> str:
        try:
            await table.scan(parcel, user=(table.lan, table.minh)[number % 2], key=f"beep {number}")
        except (AlreadyAllIn, ParcelStateUnfit) as refused:
            return refused.code
        return "counted"

    answers = await asyncio.gather(*(beep(number) for number in range(9)))
    packed = await table.read(parcel.parcel_id)

    assert answers.count("counted") == 5
    assert (packed.state, packed.packed_units) == ("packed", 5)
    assert await table.audited("parcel.packed") == 1


async def test_two_lines_of_one_product_are_filled_one_after_the_other(table: Table) -> None:
    market = table.node.market
    offer, other = await an_offer(table.database, market), await an_offer(table.database, market, price_vnd=99_000)
    one, two = await table.order({offer: 1}, phone=PHONE), await table.order({other: 2}, phone=PHONE)
    parcel = await table.parcel(one, two)

    for _ in range(3):
        await table.scan(parcel)

    assert [(line.quantity, line.packed) for line in (await table.read(parcel.parcel_id)).lines] in ([(1, 1), (2, 2)], [(2, 2), (1, 1)])


async def test_a_weight_is_what_somebody_said_until_they_take_it_back(table: Table) -> None:
    parcel = await an_open_parcel(table)

    said = await table.packing.measure(
        table.lan, parcel.parcel_id, ParcelSizes(weight_grams=2_000, length_cm=30, width_cm=20, height_cm=10)
    )
    back = await table.packing.measure(table.lan, parcel.parcel_id, ParcelSizes())

    assert (said.weight_grams, said.is_weighed, said.length_cm) == (2_000, True, 30)
    assert (back.weight_grams, back.is_weighed, back.length_cm) == (1_500, False, None)


# --- split and merge ---


async def test_a_split_moves_units_and_the_debt_stays_with_one_box(table: Table) -> None:
    parcel = await an_open_parcel(table, units=5)
    await table.scan(parcel)

    done = await table.packing.split(table.lan, parcel.parcel_id, a_split(parcel, 2), None)

    assert (done.parcel.units, done.parcel.packed_units, done.other.units, done.other.packed_units) == (3, 1, 2, 0)
    assert sorted([done.parcel.cod_vnd, done.other.cod_vnd]) == [0, 5 * 129_000]
    assert done.parcel.value_vnd + done.other.value_vnd == 5 * 129_000


async def test_a_split_leaves_something_on_both_sides_of_what_is_there(table: Table) -> None:
    parcel = await an_open_parcel(table, units=3)
    foreign = await an_open_parcel(table)

    for split in (a_split(parcel, 3), a_split(parcel, 4), a_split(foreign, 1)):
        with pytest.raises(SplitUnfit):
            await table.packing.split(table.lan, parcel.parcel_id, split, None)
    assert await table.database.pool.fetchval("SELECT count(*) FROM parcels") == 2


async def test_splits_and_makings_at_once_never_put_a_unit_into_two_boxes(table: Table) -> None:
    order_id = await table.order({await an_offer(table.database, table.node.market, total=50, limit=50): 9})
    parcel = await table.parcel(order_id)

    outcomes = await asyncio.gather(
        *(table.packing.split(table.lan, parcel.parcel_id, a_split(parcel, 2), None) for _ in range(6)),
        *(table.make([order_id]) for _ in range(2)),
        return_exceptions=True,
    )

    assert [each for each in outcomes if isinstance(each, Exception) and not isinstance(each, SplitUnfit)] == []
    rows = await table.database.pool.fetch("SELECT quantity FROM parcel_lines WHERE order_id = $1", order_id)
    assert sum(row["quantity"] for row in rows) == 9
    assert await table.database.pool.fetchval("SELECT count(*) FROM parcel_orders WHERE carries_cod") == 1


async def test_boxes_of_one_buyer_are_merged_and_others_are_not(table: Table) -> None:
    one, two = await table.parcel(await table.order(phone=PHONE)), await table.parcel(await table.order(phone=PHONE))
    other = await an_open_parcel(table)

    merged = await table.packing.merge(table.lan, one.parcel_id, two.parcel_id, None)

    assert (len(merged.orders), merged.units, merged.cod_vnd) == (2, 4, one.cod_vnd + two.cod_vnd)
    with pytest.raises(ParcelNotFound):
        await table.read(two.parcel_id)
    with pytest.raises(BuyersDiffer):
        await table.packing.merge(table.lan, one.parcel_id, other.parcel_id, None)
    with pytest.raises(ParcelNotFound):
        await table.packing.merge(table.lan, one.parcel_id, one.parcel_id, None)


async def test_what_is_dissolved_waits_for_a_parcel_again(table: Table) -> None:
    order_id = await table.order()
    parcel = await table.parcel(order_id)

    for _ in range(2):
        await table.packing.dissolve(table.lan, parcel.parcel_id)
    again = await table.parcel(order_id)

    assert again.code != parcel.code
    assert again.cod_vnd == parcel.cod_vnd
    assert await table.audited("parcel.dissolved") == 1


# --- changes ---


async def test_a_cancelled_order_leaves_its_open_box_and_an_empty_box_is_no_more(table: Table) -> None:
    stays, leaves = await table.order(phone=PHONE), await table.order(phone=PHONE)
    both, alone = await table.parcel(stays, leaves), await table.parcel(cancelled := await table.order())

    await table.step(leaves, "cancelled")
    await table.step(cancelled, "cancelled")
    await table.follower.follow()

    left = await table.read(both.parcel_id)
    assert ([order.order_id for order in left.orders], left.units, left.cod_vnd) == ([stays], 2, 2 * 129_000)
    with pytest.raises(ParcelNotFound):
        await table.read(alone.parcel_id)


async def test_a_box_that_is_packed_is_only_marked_and_follows_once_it_is_open_again(table: Table) -> None:
    parcel = await table.parcel(order_id := await table.order())
    await table.packing.close(table.lan, parcel.parcel_id, None, all_in=True)

    await table.step(order_id, "cancelled")
    await table.follower.follow()
    marked = await table.read(parcel.parcel_id)
    listed = await table.lists.page(table.lan, "looks", cursor=None, limit=10)
    opened = await table.packing.reopen(table.lan, parcel.parcel_id, None)

    assert (marked.state, marked.looks_at, marked.units) == ("packed", "order_over", 2)
    assert [each.parcel_id for each in listed.parcels] == [parcel.parcel_id]
    assert (opened.state, opened.units) == ("dissolved", 0)


async def test_more_units_join_the_open_box_and_fewer_ones_are_taken_out_of_it(table: Table) -> None:
    parcel = await an_open_parcel(table, units=3)
    await table.scan(parcel)
    await table.scan(parcel)

    await _change(table, parcel, 5)
    more = await table.read(parcel.parcel_id)
    await _change(table, parcel, 1)
    fewer = await table.read(parcel.parcel_id)
    packed = await table.scan(parcel, product_id=table.node.market.product_id, take_out=True)

    assert (more.units, more.cod_vnd) == (5, 5 * 129_000)
    assert (fewer.units, fewer.packed_units, fewer.looks_at) == (1, 2, "order_changed")
    assert (packed.state, packed.looks_at) == ("packed", None)


async def test_units_that_come_after_a_box_was_packed_wait_for_a_box_of_their_own(table: Table) -> None:
    parcel = await an_open_parcel(table, units=2)
    await table.packing.close(table.lan, parcel.parcel_id, None, all_in=True)

    await _change(table, parcel, 3)
    marked = await table.read(parcel.parcel_id)
    made = await table.make([parcel.orders[0].order_id])
    (rest,) = [await table.read(each) for each in made.parcel_ids]

    assert (marked.looks_at, marked.units) == ("order_changed", 2)
    assert (rest.units, rest.cod_vnd, marked.cod_vnd) == (1, 0, 3 * 129_000)


async def test_an_order_that_changes_is_packed_as_it_is_now_though_nobody_followed_the_ledger_yet(table: Table) -> None:
    parcel = await an_open_parcel(table, units=2)
    await _change(table, parcel, 1, follow=False)

    packed = await table.scan(parcel)

    assert (packed.state, packed.units) == ("packed", 1)


async def _change(table: Table, parcel: ParcelView, units: int, *, follow: bool = True) -> None:
    line = parcel.lines[0]
    change = Change(line.order_id, [WantedLine(units, offer_id=line.sold_by)])
    async with table.database.pool.acquire() as db, db.transaction():
        await append_change(db, await table.node.session_of(line.order_id), change, call_seconds=60)
    if follow:
        await table.follower.follow()


# --- what the tables themselves refuse ---


async def test_without_our_locks_the_table_still_refuses_the_same_part_twice(table: Table) -> None:
    """The key is the last guard: two makings that saw the same rest would give it the same part."""
    parcel, other = await an_open_parcel(table), await an_open_parcel(table)
    line = parcel.lines[0]
    again = """
    INSERT INTO parcel_lines (parcel_id, order_id, sold_by, part, product_id, unit_price_vnd, quantity) VALUES ($1, $2, $3, 0, $4, 1, 1)
    """

    with pytest.raises(Exception, match="pk_parcel_lines"):
        await table.database.pool.execute(again, other.parcel_id, line.order_id, line.sold_by, line.product_id)


async def test_goods_from_the_shelf_are_packed_like_those_of_offers(table: Table) -> None:
    product_id = await a_pool(table.database, table.node.market, units=9)
    order_id = await table.order(shelf={product_id: ShelfWant(2, 180_000)})
    parcel = await table.parcel(order_id)

    await table.scan(parcel)
    last = await table.packing.scan(table.minh, parcel.parcel_id, ParcelScan(product_id=product_id), None)

    assert (last.state, last.cod_vnd) == ("packed", 2 * 180_000)
