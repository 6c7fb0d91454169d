"""A text that the door takes fits the table, and the table takes nothing longer."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.protocol.base import COMMENT_TEXT, NOTE_LINE, PERSON_NAME, STREET_LINE
from tests.live.market import Market

TABLES = {
    ("comments", "author"): PERSON_NAME.most,
    ("comments", "text"): COMMENT_TEXT.most,
    ("order_contacts", "name"): PERSON_NAME.most,
    ("order_contacts", "street"): STREET_LINE.most,
    ("order_contacts", "note"): NOTE_LINE.most,
}


async def test_every_table_has_the_limit_of_the_door(market: Market) -> None:
    async with market.stores.database.transactions() as db:
        found = await db.execute(
            text("SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conname LIKE '%\\_length'")
        )
        rules = {(table, name): rule for table, name, rule in found}

    for (table, column), most in TABLES.items():
        assert f"(char_length({column}) <= {most})" in rules[table, f"ck_{table}_{column}_length"]


async def test_the_longest_comment_is_archived_and_a_longer_one_is_not(live_market: Market) -> None:
    viewer = await live_market.enters(name="ế" * 40)

    await viewer.asks("comment.post", text="ế" * COMMENT_TEXT.most)

    assert await live_market.archived_comments(1) == [("ế" * 40, "ế" * COMMENT_TEXT.most)]
    with pytest.raises(IntegrityError, match="ck_comments_text_length"):
        async with live_market.stores.database.transactions.begin() as db:
            await db.execute(text("UPDATE comments SET text = text || 'ế'"))
