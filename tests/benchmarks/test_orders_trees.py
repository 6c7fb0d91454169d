"""Which Python and which code measure a tree."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.settings import PROJECT_ROOT
from benchmarks.orders_pairs import Comparison, Row, sheet_of
from benchmarks.orders_trees import Side, SideFailed, Tree
from benchmarks.pairs import Pair

ENTRY = "benchmarks/orders_side.py"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As much of another tree as tells that it is one: older than the entry, without an environment."""
    benchmarks = tmp_path / "benchmarks"
    benchmarks.mkdir()
    (benchmarks / "orders_service.py").touch()
    return tmp_path


def test_a_tree_without_the_entry_is_measured_by_ours_with_our_python(checkout: Path) -> None:
    command = Tree.other(checkout).command("writer", 1234)

    assert command == [sys.executable, "-P", str(PROJECT_ROOT / ENTRY), "writer", "1234"]


def test_a_tree_is_measured_by_its_own_entry_and_python_when_it_has_them(checkout: Path) -> None:
    (checkout / ENTRY).touch()
    python = checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()

    assert Tree.other(checkout).command("sockets", 1234) == [str(python), "-m", "benchmarks.orders_side", "sockets", "1234"]


def test_only_another_checkout_can_be_compared_with(tmp_path: Path) -> None:
    with pytest.raises(SideFailed, match="no checkout"):
        Tree.other(tmp_path)
    with pytest.raises(SideFailed, match="this very tree"):
        Tree.other(PROJECT_ROOT)


async def test_a_side_that_took_the_code_of_another_tree_measures_nothing(checkout: Path) -> None:
    (checkout / ENTRY).write_text("""print('{"ready": true, "tree": "elsewhere"}')""")

    with pytest.raises(SideFailed, match="took the code of elsewhere"):
        async with Side(Tree.other(checkout), "writer", 1):
            pytest.fail("it was taken for ready")


async def test_a_side_that_ends_is_an_error_with_its_trees_name(checkout: Path) -> None:
    (checkout / ENTRY).touch()

    with pytest.raises(SideFailed, match=f"{checkout.name} ended"):
        async with Side(Tree.other(checkout), "writer", 1):
            pytest.fail("it was taken for ready")


async def test_a_side_answers_each_question_and_ends_with_the_block(checkout: Path) -> None:
    (checkout / ENTRY).write_text(
        "import json, os, sys\n"
        "print(json.dumps({'ready': True, 'tree': os.getcwd()}), flush=True)\n"
        "for line in sys.stdin:\n"
        "    print(json.dumps({'asked': line.strip(), 'of': sys.argv[1:]}), flush=True)\n"
    )

    async with Side(Tree.other(checkout), "writer", 77) as side:
        assert await side.ask("writer 3") == {"asked": "writer 3", "of": ["writer", "77"]}
        (process,) = side.family()
    assert not process.is_running()


def test_the_table_says_which_way_is_better(checkout: Path) -> None:
    ours, theirs = Tree(PROJECT_ROOT, "new"), Tree(checkout, "old")
    rows = [
        Row("orders/s", "writer", "orders_per_s", more_is_better=True, pairs=[Pair(12_000, 10_000), Pair(11_000, 10_000)]),
        Row("p99 ms", "sockets 500", "p99_ms", more_is_better=False, pairs=[Pair(20.0, 40.0)]),
    ]

    sheet = sheet_of(Comparison(ours, theirs, pairs=2, port=1, rows=rows))

    assert [list(row) for row in sheet.rows] == [
        ["orders/s", "11,500 (11,000 to 12,000)", "10,000 (10,000 to 10,000)", "1.15 (1.10 to 1.20)", "above 1"],
        ["p99 ms", "20.0 (20.0 to 20.0)", "40.0 (40.0 to 40.0)", "0.50 (0.50 to 0.50)", "below 1"],
    ]
