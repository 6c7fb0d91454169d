"""Parcels are made of orders that wait to be packed: each unit in one box, each buyer's orders together, each debt collected once."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from app.fulfilment.persons import erase_contacts
from app.parcels.errors import BuyersDiffer, ParcelNotFound
from app.parcels.schemas import ParcelRules, ParcelsWanted
from app.parcels.states import new_code, read_code
from tests.desk.builders import a_colleague
from tests.orders.builders import a_market, an_offer
from tests.parcels.builders import Table

PHONE = "+84912345678"


# --- which orders ---


async def test_only_what_the_buyer_agreed_to_is_packed_and_only_once(table: Table) -> None:
    agreed, fresh, cancelled = await table.order(), await table.order(confirmed=False), await table.order()
    await table.step(cancelled, "cancelled")

    proposed = await table.making.preview(table.lan, ParcelsWanted(order_ids=[agreed, fresh, cancelled]))
    made = await table.make([agreed], [fresh], [cancelled])
    again = await table.make([agreed])

    assert [[order.order_id for order in group.orders] for group in proposed.groups] == [[agreed]]
    assert {each.order_id: each.problem for each in proposed.left} == {fresh: "order_not_ready", cancelled: "order_not_ready"}
    assert len(made.parcel_ids) == 1
    assert [(each.order_id, each.problem) for each in again.left] == [(agreed, "already_in_parcel")]
    assert (await table.lists.counts(table.lan)).waiting_orders == 0


async def test_orders_of_one_person_to_one_address_are_offered_together_however_the_street_is_spelt(table: Table) -> None:
    one = await table.order(phone=PHONE, street="Thôn 3, đường Ví Dụ")
    two = await table.order(phone=PHONE, street="thôn 3 ĐƯỜNG  ví dụ")
    elsewhere = await table.order(phone=PHONE, street="Thôn 4")
    other = await table.order(street="Thôn 3, đường Ví Dụ")

    merged = await table.making.preview(table.lan, ParcelsWanted())
    apart = await table.making.preview(table.lan, ParcelsWanted(merge=False))

    assert sorted(len(group.orders) for group in merged.groups) == [1, 1, 2]
    assert {one, two} in [{order.order_id for order in group.orders} for group in merged.groups]
    assert apart.parcels == 4
    with pytest.raises(BuyersDiffer):
        await table.make([one, elsewhere])
    with pytest.raises(BuyersDiffer):
        await table.make([one, other])


async def test_a_proposal_names_nobody_in_the_clear(table: Table) -> None:
    await table.order(phone=PHONE, street="Ngõ 9 phố Kín")

    proposed = await table.making.preview(table.lan, ParcelsWanted())

    assert "Kín" not in proposed.model_dump_json()
    assert PHONE[3:] not in proposed.model_dump_json()
    assert "Nguyễn" not in proposed.model_dump_json()


async def test_orders_of_others_are_as_if_they_were_not_there(table: Table) -> None:
    stranger = await a_colleague(table.database, await a_market(table.database), "Ai")
    order_id = await table.order()
    parcel = await table.parcel(order_id)

    made = await table.make([order_id], user=stranger)

    assert [(each.code, each.problem) for each in made.left] == [("", "order_not_found")]
    assert (await table.lists.page(stranger, "open", cursor=None, limit=10)).parcels == []
    with pytest.raises(ParcelNotFound):
        await table.lists.read(stranger, parcel.parcel_id)
    with pytest.raises(ParcelNotFound):
        await table.packing.find(stranger, parcel.code)


async def test_whose_data_is_erased_gets_no_parcel(table: Table) -> None:
    order_id = await table.order()
    async with table.database.pool.acquire() as db:
        await erase_contacts(db, [order_id])

    made = await table.make([order_id])

    assert [each.problem for each in made.left] == ["receiver_erased"]


# --- once ---


@pytest.mark.parametrize("together", [2, 6])
async def test_of_colleagues_who_make_the_same_parcel_at_once_one_makes_it(table: Table, together: int) -> None:
    orders = [await table.order() for _ in range(5)]

    made = await asyncio.gather(*(table.make(*([each] for each in orders)) for _ in range(together)))

    assert sum(len(each.parcel_ids) for each in made) == 5
    rows = await table.database.pool.fetch("SELECT order_id, sum(quantity) AS units FROM parcel_lines GROUP BY order_id")
    assert {row["order_id"]: row["units"] for row in rows} == dict.fromkeys(orders, 2)


async def test_the_same_command_again_makes_nothing_and_says_what_it_made(table: Table) -> None:
    orders = [await table.order() for _ in range(2)]

    first = await table.make(*([each] for each in orders), key="once")
    again = await table.make(*([each] for each in orders), key="once")

    assert again.batch_id == first.batch_id
    assert sorted(again.parcel_ids) == sorted(first.parcel_ids)
    assert await table.database.pool.fetchval("SELECT count(*) FROM parcels") == 2


def test_a_code_is_read_however_it_is_spelt_and_is_no_order_code() -> None:
    code = new_code()

    assert read_code(code.lower()) == read_code(f" {code.replace('-', '')} ") == code
    assert read_code("K7M2PAE") is None
    assert read_code("P-" + "I" * 6) is None
    assert read_code("x" * 10_000) is None


# --- money and weight ---


async def test_a_parcel_collects_what_its_orders_still_owe_and_weighs_what_its_goods_weigh(table: Table) -> None:
    offer = await an_offer(table.database, table.node.market, price_vnd=129_000)
    owing = await table.order({offer: 3}, phone=PHONE)
    paid = await table.order({offer: 1}, phone=PHONE)
    await table.step(paid, "paid")

    parcel = await table.parcel(owing, paid)

    assert parcel.cod_vnd == 3 * 129_000
    assert parcel.value_vnd == 4 * 129_000
    assert parcel.weight_grams == 4 * 500


async def test_where_producers_pack_each_gets_a_box_and_the_debt_is_collected_with_one(table: Table) -> None:
    here, there = table.node.market, await _a_second_producer(table)
    await table.lists.set_rules(table.lan, ParcelRules(packed_by="producer"))
    order_id = await table.order({await an_offer(table.database, here): 1, there: 2})

    proposed = await table.making.preview(table.lan, ParcelsWanted())
    made = await table.make([order_id])
    parcels = [await table.read(each) for each in made.parcel_ids]

    assert [each.cod_vnd for group in proposed.groups for each in group.parcels].count(0) == 1
    assert len({each.producer_id for each in parcels}) == 2
    assert sorted(each.cod_vnd for each in parcels) == [0, 3 * 129_000]


async def _a_second_producer(table: Table) -> UUID:
    """An offer of 129,000 VND of another producer in the same session."""
    market = table.node.market
    pool = table.database.pool
    other = await pool.fetchval(
        "INSERT INTO producers (id, organisation_id, name, kind, province_code, province_name, commune_code, commune_name) "
        "SELECT gen_random_uuid(), organisation_id, 'HTX Cu đơ', kind, province_code, province_name, commune_code, commune_name "
        "FROM producers WHERE id = $1 RETURNING id",
        market.producer_id,
    )
    product = await pool.fetchval(
        "INSERT INTO products (id, organisation_id, producer_id, name, price_vnd, unit, weight_grams) "
        "VALUES (gen_random_uuid(), $1, $2, 'Cu đơ', 150000, 'gói', 300) RETURNING id",
        market.organisation_id,
        other,
    )
    offer_id = await an_offer(table.database, market)
    await pool.execute("UPDATE offers SET product_id = $2, producer_id = $3 WHERE id = $1", offer_id, product, other)
    return offer_id
