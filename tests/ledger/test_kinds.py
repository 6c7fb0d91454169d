"""One table says what kinds of ledger entries there are; everything else follows from it, so that a new kind is added in one place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from app.fulfilment.schemas import NewStep
from app.infra.database import Database
from app.ledger.kind_files import BROWSER, SALES, VERIFIER, VERIFIER_IN_BROWSER, render_kinds
from app.ledger.kinds import KINDS, LATER_KINDS, LOSS_KINDS, RUNGS, STAFF_KINDS, EntryKind, Kind, figure_names, sql_list, words_of_kinds
from app.metrics.definitions import DEFINITIONS
from app.metrics.figures import ledger_metric_names
from app.metrics.sales import COUNTED_KINDS
from app.reports.schemas import LadderStep, Loss
from app.settings import PROJECT_ROOT
from app.web.texts import texts_for
from tests.ledger.lists_of_kinds import lists_of_kinds, our_sources

PICKED = Kind(
    by="staff",
    rank=8,
    needs=("confirmed",),
    units_taken=-1,
    counted=("đã lấy", "picked"),
    definition=("đã được lấy", "picked from the shelf"),
    state=("Đã lấy", "Picked"),
    loss=("Lấy: {count} đơn, {amount}", "Picked: {count} orders, {amount}"),
)


async def test_the_database_takes_exactly_the_kinds_of_the_table(database: Database) -> None:
    """When this fails a migration is missing; CONTRIBUTING.md says which."""
    check = await database.pool.fetchval(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'ledger_entries'::regclass AND conname LIKE '%kind'"
    )

    assert set(re.findall(r"'(\w+)'", check)) == set(KINDS)


def test_the_table_names_the_kinds_that_the_type_checker_knows_and_ranks_each() -> None:
    named = {name for kind in KINDS.values() for name in (*kind.needs, *kind.needs_any, *kind.never_after)}

    assert tuple(KINDS) == get_args(EntryKind)
    assert named <= set(KINDS)
    assert len({kind.rank for kind in KINDS.values()}) == len(KINDS)
    assert [name for name, kind in KINDS.items() if kind.by == "buyer"] == ["placed"]


@pytest.mark.parametrize("path", [SALES, BROWSER, VERIFIER, VERIFIER_IN_BROWSER], ids=str)
def test_a_file_that_follows_from_the_table_is_exactly_what_make_gen_writes(path: Path) -> None:
    rendered = render_kinds(PROJECT_ROOT, KINDS.items())[path]

    assert (PROJECT_ROOT / path).read_text(encoding="utf-8") == rendered, f"{path} is stale, run `make gen`"


def test_a_kind_that_is_added_to_the_table_reaches_every_file_that_follows_from_it() -> None:
    rendered = render_kinds(PROJECT_ROOT, [*KINDS.items(), ("picked", PICKED)])

    assert '"orders_picked"' in rendered[SALES]
    assert "    revenue_picked_vnd: int = 0\n" in rendered[SALES]
    assert "picked from the shelf" in rendered[SALES]
    assert '  picked: {"by": "staff", "rank": 8, "needs": ["confirmed"]' in rendered[BROWSER]
    assert '"refunded" | "picked"} Kind' in rendered[BROWSER]
    assert '"picked": -1' in rendered[VERIFIER]


def test_nothing_but_the_table_lists_kinds() -> None:
    """A list elsewhere would have to be found and changed by whoever adds a kind."""
    assert list(our_sources())
    assert [found for source in our_sources() for found in lists_of_kinds(source, frozenset(KINDS))] == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tuple.py", 'OVER = ("cancelled", "expired")'),
        ("literal.py", 'Loss = Literal["returned", "refunded"]'),
        ("keys.py", 'LABELS = {"placed": 1, "paid": 2}'),
        ("match.py", 'match kind:\n    case "paid" | "placed":\n        pass'),
        ("either.py", 'x = kind == "paid" or kind == "placed"'),
        ("query.py", "SQL = \"e.kind IN ('confirmed', 'paid')\""),
        ("names.py", f"x = {[f'orders_{kind}' for kind in list(KINDS)[:8]]}"),
        ("fields.py", "class S:\n" + "".join(f"    orders_{kind}: int\n" for kind in list(KINDS)[:8])),
        ("array.js", 'const OVER = ["cancelled",\n  "expired"];'),
        ("either.js", 'const isOver = state === "cancelled" || state === "expired";'),
        ("rules.js", "const RULES = {\n  paid: {},\n  placed: {},\n};"),
        ("union.d.ts", 'kind: "placed" | "paid";'),
        ("query.sql", "kind IN ('placed', 'paid')"),
        ("script.lua", "local over = {'cancelled', 'expired'}"),
        ("words.json", '{"desk.state_placed": "x", "desk.state_paid": "y"}'),
    ],
)
def test_the_search_for_lists_of_kinds_finds_them(tmp_path: Path, name: str, text: str) -> None:
    source = tmp_path / name
    source.write_text(text, encoding="utf-8")

    assert lists_of_kinds(source, frozenset(KINDS)) != []


def test_figures_and_definitions_are_those_of_the_table() -> None:
    names = [figure_names(kind) for kind in KINDS]
    averages = {figure_names(kind).average_vnd for kind in RUNGS}

    assert [kind.name for kind in COUNTED_KINDS] == list(KINDS)
    assert list(ledger_metric_names()) == [
        *(each for name in names for each in (name.orders, name.units, name.revenue_vnd)),
        *(name.shipping_vnd for name in names),
    ]
    assert {*ledger_metric_names(), *averages} <= {definition.name for definition in DEFINITIONS}


def test_the_api_takes_from_staff_the_steps_that_the_table_gives_them() -> None:
    schema = NewStep.model_json_schema()["properties"]["kind"]

    assert schema["enum"] == list(STAFF_KINDS)
    assert set(STAFF_KINDS) < set(LATER_KINDS)


def test_reports_name_the_losses_and_rungs_of_the_table() -> None:
    assert Loss.model_json_schema()["properties"]["kind"]["enum"] == list(LOSS_KINDS)
    assert LadderStep.model_json_schema()["properties"]["name"]["enum"] == [*RUNGS, "net"]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_pages_have_words_for_every_kind(language: str) -> None:
    place = ("vi", "en").index(language)
    texts = texts_for("vi" if place == 0 else "en")

    assert {name: texts[f"desk.state_{name}"] for name in KINDS} == {name: kind.state[place] for name, kind in KINDS.items()}
    assert all(texts[f"ladder.loss_{name}"] for name in LOSS_KINDS)
    assert all(texts[f"ladder.{name}.meaning"] for name in [*RUNGS, "net"])
    assert words_of_kinds("vi").keys() == words_of_kinds("en").keys()


def test_sql_gets_kinds_in_the_order_of_the_table() -> None:
    assert sql_list(["expired", "cancelled"]) == "('cancelled', 'expired')"
