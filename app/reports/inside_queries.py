"""Read-only SQL for what a report opens on a tap. Every answer is bounded."""

from __future__ import annotations

# What was decided last about a comment, as one word.
_STATE = """CASE WHEN h.comment_id IS NULL THEN 'shown' WHEN NOT h.is_hidden THEN 'restored'
  WHEN h.reason = 'muted' THEN 'unheard' WHEN h.hidden_by IS NULL THEN 'held' ELSE 'hidden' END"""

_PIECE = """FROM comments WHERE session_id = $1 AND posted_at >= $2 AND posted_at < $3 AND (posted_at, id) > ($4, $5)
  ORDER BY posted_at, id"""
# Looked for in a bounded piece at a time: an index of letters would be written with each of a million comments, for a search a day.
COMMENTS = f"""
SELECT c.id AS comment_id, c.posted_at AS said_at, c.author, c.text, c.by_staff, c.source, {_STATE} AS state
FROM (SELECT id, posted_at, author, text, by_staff, source {_PIECE} LIMIT $9) AS c LEFT JOIN comment_hidings h ON h.comment_id = c.id
WHERE ($6 = '' OR c.text ~* $6 OR c.author ~* $6)
  AND ($7::text IS NULL OR $7 = {_STATE})
ORDER BY c.posted_at, c.id LIMIT $8
"""  # noqa: S608 - a constant of this file
END_OF_PIECE = f"SELECT posted_at, id {_PIECE} OFFSET $6 LIMIT 1"

PINNED = """
WITH pins AS (
  SELECT a.happened_at, a.details ->> 'product_id' AS product FROM audit_entries a
  WHERE a.organisation_id = $1 AND a.action = 'session.pinned' AND a.subject_id = $2 AND a.happened_at < $4
  ORDER BY a.happened_at DESC LIMIT 20)
SELECT pins.happened_at AS at, p.id AS product_id, p.name
FROM pins JOIN products p ON p.id::text = pins.product
WHERE pins.happened_at >= coalesce((SELECT max(happened_at) FROM pins WHERE happened_at <= $3), $3)
ORDER BY pins.happened_at
"""

_PLACED_BETWEEN = "FROM orders o WHERE o.session_id = $1 AND o.seq > $2 AND o.seq <= $3"
# Entries stand in order of time, so two of them bound the orders of a span. Halving finds one in some twenty steps of the primary key; an
# index by time would be written with every order.
SEQ_BEFORE = """
WITH RECURSIVE halved(low, high) AS (
  SELECT 0::bigint, coalesce((SELECT max(seq) FROM ledger_entries WHERE session_id = $1), 0)
  UNION ALL
  SELECT CASE WHEN e.happened_at < $2 THEN m.middle ELSE m.low END, CASE WHEN e.happened_at < $2 THEN m.high ELSE m.middle - 1 END
  FROM (SELECT low, high, (low + high + 1) / 2 AS middle FROM halved WHERE low < high) m
  JOIN ledger_entries e ON e.session_id = $1 AND e.seq = m.middle)
SELECT low FROM halved WHERE low >= high
"""
ORDERS_COUNT = f"SELECT count(*) {_PLACED_BETWEEN}"
ORDERS = f"""
SELECT o.code, o.placed_at, o.source,
  (SELECT coalesce(sum(l.quantity), 0) FROM order_lines l WHERE l.order_id = o.id AND l.change_seq IS NULL)::int AS units,
  (SELECT coalesce(sum(l.quantity * l.unit_price_vnd), 0) FROM order_lines l WHERE l.order_id = o.id AND l.change_seq IS NULL)::bigint AS goods_vnd
{_PLACED_BETWEEN} ORDER BY o.seq LIMIT $4
"""  # noqa: S608 - a constant of this file

OFFER = "SELECT id, CASE WHEN state = 'ended' THEN ends_at END AS ended_at FROM offers WHERE id = $1 AND session_id = $2"
OFFER_LAST = """
SELECT max(o.placed_at) FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE l.offer_id = $1 AND l.change_seq IS NULL
"""
OFFER_MINUTES = """
SELECT date_trunc('minute', o.placed_at) AS minute_at, count(DISTINCT o.id)::int AS orders, sum(l.quantity)::int AS units,
  sum(l.quantity * l.unit_price_vnd)::bigint AS revenue_vnd
FROM order_lines l JOIN orders o ON o.id = l.order_id
WHERE l.offer_id = $1 AND l.change_seq IS NULL AND o.placed_at > $2::timestamptz - make_interval(mins => $3)
GROUP BY 1 ORDER BY 1 LIMIT 61
"""

QUEUES = "SELECT queue, count(*) AS orders FROM desk_orders WHERE session_id = $1 AND queue <> 'over' GROUP BY queue"
STATEMENTS = """
(SELECT number, body, last_seq, signed_at FROM closing_statements WHERE session_id = $1 ORDER BY number LIMIT 1)
UNION ALL (SELECT number, body, last_seq, signed_at FROM closing_statements WHERE session_id = $1 ORDER BY number DESC LIMIT 1)
"""
