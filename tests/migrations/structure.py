"""What a database looks like, one line per fact, so that two of them can be compared whatever order their parts were made in."""

from __future__ import annotations

import asyncpg

# Alembic's own table is left out: it exists from the first step on and says nothing about ours.
_FACTS = """
WITH ours AS (
  SELECT c.oid, c.relname, c.relkind, c.reloptions FROM pg_class c
  WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'alembic_version%'
)
SELECT format('relation %s kind %s options %s', relname, relkind, reloptions) FROM ours
UNION ALL
SELECT format('column %s.%s %s%s default %s identity "%s" generated "%s"', o.relname, a.attname, format_type(a.atttypid, a.atttypmod),
  CASE WHEN a.attnotnull THEN ' not null' END, pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated)
FROM ours o JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = o.oid AND d.adnum = a.attnum WHERE o.relkind IN ('r', 'p', 'v', 'm')
UNION ALL
SELECT format('constraint %s on %s %s validated %s', c.conname, o.relname, pg_get_constraintdef(c.oid), c.convalidated)
FROM ours o JOIN pg_constraint c ON c.conrelid = o.oid
UNION ALL
SELECT format('index %s valid %s ready %s', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready) FROM ours o JOIN pg_index i ON i.indrelid = o.oid
UNION ALL
SELECT format('trigger %s enabled %s', pg_get_triggerdef(t.oid), t.tgenabled) FROM ours o JOIN pg_trigger t ON t.tgrelid = o.oid WHERE NOT t.tgisinternal
UNION ALL
SELECT format('view %s %s', relname, pg_get_viewdef(oid)) FROM ours WHERE relkind IN ('v', 'm')
UNION ALL
SELECT format('function %s', pg_get_functiondef(p.oid)) FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p')
UNION ALL
SELECT format('type %s %s', t.typname, t.typtype) FROM pg_type t
WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('e', 'd') AND t.typname NOT LIKE 'alembic_version%'
"""


async def structure_of(url: str) -> list[str]:
    """Every table, column, constraint, index, trigger, view, function and type of the database, sorted. Empty before the first migration."""
    db = await asyncpg.connect(url)
    try:
        return sorted(row[0] for row in await db.fetch(_FACTS))
    finally:
        await db.close()
