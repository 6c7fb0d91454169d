"""The canonical text of a ledger entry: written by hand for speed, so it is held against the JSON library."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import pytest

from app.ledger.chain import Entry, EntryLine, body_of, entry_of
from app.ledger.fold import delta_of


@pytest.mark.parametrize("reason", ["", "no_answer", 'a "quoted" \\ reason', "xã Hương Sơn\n\u2028\x00"])
@pytest.mark.parametrize("line_count", [0, 1, 3])
@pytest.mark.parametrize("from_shelf", [False, True])
@pytest.mark.parametrize("shipping_vnd", [0, 30_000])
def test_the_text_of_an_entry_is_json_with_sorted_keys_and_no_spaces(reason: str, line_count: int, from_shelf: bool, shipping_vnd: int):
    lines = tuple(EntryLine(None if from_shelf else uuid4(), uuid4(), uuid4(), number + 1, 129_000) for number in range(line_count))
    entry = Entry(uuid4(), 7, "cancelled", uuid4(), "0123456789abcdef", 1_790_000_000_000, lines, reason, shipping_vnd)

    body = body_of(entry)

    assert body == json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    assert entry_of(body) == entry


def test_what_version_1_can_say_is_written_as_before():
    line = EntryLine(UUID(int=1), UUID(int=2), UUID(int=3), 2, 129_000)

    body = body_of(Entry(UUID(int=4), 7, "placed", UUID(int=5), "0123456789abcdef", 1, (line,)))

    ids = [f"00000000-0000-0000-0000-00000000000{number}" for number in range(6)]
    assert body == (
        f'{{"at_ms":1,"buyer":"0123456789abcdef","kind":"placed","lines":[{{"amount_vnd":258000,"offer":"{ids[1]}","producer":"{ids[3]}",'
        f'"product":"{ids[2]}","quantity":2,"unit_price_vnd":129000}}],"order":"{ids[5]}","reason":"","seq":7,"session":"{ids[4]}"}}'
    )


def test_a_fee_is_a_line_of_its_own_kind_and_no_revenue():
    entry = Entry(uuid4(), 1, "placed", uuid4(), "b", 1, (EntryLine(None, uuid4(), uuid4(), 2, 180_000),), shipping_vnd=30_000)

    fields = json.loads(body_of(entry))

    assert fields["v"] == 2
    assert fields["lines"][0]["offer"] is None
    assert fields["lines"][1] == {"amount_vnd": 30_000, "kind": "shipping"}
    assert (entry.amount_vnd, entry.total_vnd) == (360_000, 390_000)
    assert delta_of(entry).totals == {
        "orders_placed": 1, "units_placed": 2, "revenue_placed_vnd": 360_000, "shipping_placed_vnd": 30_000
    }  # fmt: skip


def test_a_difference_is_written_with_its_sign_and_the_money_beside_it():
    lines = (EntryLine(UUID(int=1), UUID(int=2), UUID(int=3), -1, 129_000), EntryLine(None, UUID(int=4), UUID(int=3), 2, 90_000))
    entry = Entry(UUID(int=4), 7, "changed", UUID(int=5), "b", 1, lines, "buyer_asked", -20_000, 5_000, turn=2)

    body = body_of(entry)

    fields = json.loads(body)
    assert body == json.dumps(fields, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    assert (fields["v"], fields["turn"], [line["amount_vnd"] for line in fields["lines"]]) == (3, 2, [-129_000, 180_000, 5_000, -20_000])
    assert [line.get("kind") for line in fields["lines"]] == [None, None, "money", "shipping"]
    assert entry_of(body) == entry
    assert (entry.amount_vnd, entry.units, entry.total_vnd) == (56_000, 1, 36_000)
    assert delta_of(entry).taken == {str(UUID(int=1)): -1, str(UUID(int=4)): 2}
    assert delta_of(entry).totals == {
        "orders_changed": 0, "units_changed": 1, "revenue_changed_vnd": 56_000, "shipping_changed_vnd": -20_000
    }  # fmt: skip


def test_a_change_is_never_written_as_something_that_older_code_would_take_for_a_whole_order():
    line = EntryLine(UUID(int=1), UUID(int=2), UUID(int=3), 1, 129_000)

    assert json.loads(body_of(Entry(UUID(int=4), 7, "changed", UUID(int=5), "b", 1, (line,))))["v"] == 3


@pytest.mark.parametrize("change", [('"v":2', '"v":4'), ('"kind":"shipping"', '"kind":"tip"'), ('"kind":"shipping"', '"kind":"money"')])
def test_a_body_that_this_code_does_not_know_is_not_read_as_something_else(change: tuple[str, str]):
    body = body_of(Entry(uuid4(), 1, "placed", uuid4(), "b", 1, (EntryLine(None, uuid4(), uuid4(), 2, 180_000),), shipping_vnd=30_000))

    with pytest.raises(ValueError, match="newer than this code"):
        entry_of(body.replace(*change))
