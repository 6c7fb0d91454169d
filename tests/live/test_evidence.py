"""What was said is kept as evidence for as long as the setting says; then words and authors go, and how many there were stays."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.job_lock import JobLock
from app.infra.redis_client import RedisClients
from app.live.evidence import EvidenceKeeping
from tests.orders.builders import a_market

_COMMENT = "INSERT INTO comments (id, session_id, device_id, author, text, posted_at) VALUES ($1, $2, $3, 'Lan', 'còn hàng không', now())"


async def test_words_of_sessions_long_over_are_emptied_once_and_counted(database: Database, redis: RedisClients, redis_prefix: str) -> None:
    old, fresh, live = [await a_market(database, state=state) for state in ("closed", "ended", "live")]
    for market in (old, fresh, live):
        for _ in range(2):
            await database.pool.execute(_COMMENT, uuid4(), market.session_id, uuid4())
    for market, days in ((old, 1_096), (fresh, 1_000)):
        await database.pool.execute("UPDATE sessions SET ended_at = $2 WHERE id = $1", market.session_id, utc_now() - timedelta(days=days))
    keeping = EvidenceKeeping(database, JobLock(redis, redis_prefix, "node"), evidence_days=1_095)

    seen = [await keeping.empty_due() for _ in range(2)]

    rows = await database.pool.fetch("SELECT session_id, author, text FROM comments")
    emptied = [row["session_id"] for row in rows if (row["author"], row["text"]) == ("", "")]
    assert seen == [1, 0]
    assert (len(rows), emptied) == (6, [old.session_id] * 2)
    audited = await database.pool.fetch("SELECT subject_id, details FROM audit_entries WHERE action = 'retention.comments_emptied'")
    assert [tuple(row) for row in audited] == [(str(old.session_id), '{"comments": 2, "evidence_days": 1095}')]


async def test_whom_answers_were_for_who_was_muted_and_what_a_rule_found_go_with_the_words(
    database: Database, redis: RedisClients, redis_prefix: str
) -> None:
    market, pool = await a_market(database, state="ended"), database.pool
    comment_id = uuid4()
    await pool.execute(_COMMENT, comment_id, market.session_id, uuid4())
    await pool.execute("UPDATE comments SET reply_to_id = $2, reply_to_author = 'Minh' WHERE id = $1", comment_id, uuid4())
    await pool.execute(
        "INSERT INTO comment_hidings (comment_id, session_id, is_hidden, reason, word, hidden_at) VALUES ($1, $2, true, 'block_word', 'dởm', now())",
        comment_id,
        market.session_id,
    )
    user_id = await pool.fetchval("SELECT host_id FROM sessions WHERE id = $1", market.session_id)
    await pool.execute(
        "INSERT INTO speaker_restrictions (id, session_id, kind, device_id, author, comment_id, created_by, created_at)"
        " VALUES ($1, $2, 'mute', $1, 'Kẻ phá', $3, $4, now())",
        uuid4(),
        market.session_id,
        comment_id,
        user_id,
    )
    await pool.execute("INSERT INTO room_talks (session_id, notice) VALUES ($1, 'Gọi chị Hoa')", market.session_id)
    await pool.execute("UPDATE sessions SET ended_at = $2 WHERE id = $1", market.session_id, utc_now() - timedelta(days=31))

    await EvidenceKeeping(database, JobLock(redis, redis_prefix, "node"), evidence_days=30).empty_due()

    left = await pool.fetch(
        "SELECT reply_to_author AS words FROM comments UNION ALL SELECT word FROM comment_hidings"
        " UNION ALL SELECT nullif(author, '') FROM speaker_restrictions UNION ALL SELECT notice FROM room_talks"
    )
    assert [row["words"] for row in left] == [None] * 4
