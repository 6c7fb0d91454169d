"""The canonical text of a ledger entry: written by hand for speed, so it is held against the JSON library."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from app.ledger.chain import Entry, EntryLine, body_of, entry_of


@pytest.mark.parametrize("reason", ["", "no_answer", 'a "quoted" \\ reason', "xã Hương Sơn\n\u2028\x00"])
@pytest.mark.parametrize("line_count", [0, 1, 3])
def test_the_text_of_an_entry_is_json_with_sorted_keys_and_no_spaces(reason: str, line_count: int):
    lines = tuple(EntryLine(uuid4(), uuid4(), uuid4(), number + 1, 129_000) for number in range(line_count))
    entry = Entry(uuid4(), 7, "cancelled", uuid4(), "0123456789abcdef", 1_790_000_000_000, lines, reason)

    body = body_of(entry)

    assert body == json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    assert entry_of(body) == entry
