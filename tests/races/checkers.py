"""What must hold after every fault, asked of PostgreSQL, of Redis and of what clients were told. Each checker answers with complaints."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from app.infra.clock import monotonic
from app.infra.redis_client import RedisClients
from app.ledger.chain import entry_of, first_break
from app.ledger.fold import Ladder, fold
from app.ledger.kinds import KINDS, figure_names
from app.protocol.server_events import OrderReceipt
from app.redis_keys import SessionKeys

HEALED_WITHIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What a client was told of one order."""

    device_id: UUID
    key: UUID
    order_id: UUID
    number: int
    total_vnd: int


def told(device_id: UUID, receipt: OrderReceipt) -> Acknowledged:
    return Acknowledged(device_id, receipt.key, receipt.order_id, receipt.number, receipt.total_vnd)


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything PostgreSQL knows of a session's orders, read in one snapshot."""

    session_id: UUID
    ledger: list[tuple[int, str, bytes]]
    head: tuple[int, bytes]
    orders: list[asyncpg.Record]
    offers: list[asyncpg.Record]
    pools: list[asyncpg.Record]

    def ladder(self) -> Ladder:
        return fold(entry_of(body) for _, body, _ in self.ledger)


async def read_truth(url: str, session_id: UUID) -> Truth:
    db = await asyncpg.connect(url)
    try:
        async with db.transaction(isolation="repeatable_read", readonly=True):
            ledger = await db.fetch("SELECT seq, body, hash FROM ledger_entries WHERE session_id = $1 ORDER BY seq", session_id)
            head = await db.fetchrow("SELECT last_seq, last_hash FROM ledgers WHERE session_id = $1", session_id)
            orders = await db.fetch("SELECT id, seq, device_id, client_key, total_vnd FROM orders WHERE session_id = $1", session_id)
            offers = await db.fetch(
                "SELECT id, product_id, total_quantity + buffer_quantity AS total, remaining, set_aside FROM offers WHERE session_id = $1",
                session_id,
            )
            pools = await db.fetch("SELECT product_id, units, sold, held FROM session_stock WHERE session_id = $1", session_id)
    finally:
        await db.close()
    assert head is not None
    return Truth(session_id, [(row["seq"], row["body"], row["hash"]) for row in ledger], (head[0], head[1]), orders, offers, pools)


def acknowledged_but_not_written(acknowledged: Iterable[Acknowledged], truth: Truth) -> list[str]:
    """G1: whoever was told "placed" is in the ledger, with the same number and amount."""
    written = {(row["device_id"], row["client_key"]): (row["id"], row["seq"], row["total_vnd"]) for row in truth.orders}
    placed = {
        entry.order_id: (entry.seq, entry.total_vnd) for entry in (entry_of(body) for _, body, _ in truth.ledger) if entry.kind == "placed"
    }
    complaints = []
    for each in acknowledged:
        if written.get((each.device_id, each.key)) != (each.order_id, each.number, each.total_vnd):
            complaints.append(f"order {each.order_id} was acknowledged as number {each.number}, but is not in the orders")
        elif placed.get(each.order_id) != (each.number, each.total_vnd):
            complaints.append(f"order {each.order_id} was acknowledged as number {each.number}, but is not in the ledger")
    return complaints


def sold_too_much_or_lost(truth: Truth) -> list[str]:
    """G3: for each offer, what the ledger took and what is left are its total; never more than there was."""
    taken = truth.ladder().taken
    complaints = []
    for offer in truth.offers:
        units = taken[str(offer["id"])]
        if not 0 <= units <= offer["total"]:
            complaints.append(f"offer {offer['id']} had {offer['total']} units, the ledger took {units}")
        if units + offer["remaining"] != offer["total"]:
            complaints.append(f"offer {offer['id']}: {units} taken and {offer['remaining']} left are not {offer['total']}")
        if not 0 <= offer["set_aside"] <= offer["remaining"]:
            complaints.append(f"offer {offer['id']}: {offer['set_aside']} set aside of {offer['remaining']}")
    return complaints


def pools_oversold_or_lost(truth: Truth) -> list[str]:
    """What the ledger took of a product, from its offers and from the shelf, is what its pool sold; sold and held never exceed it."""
    products = truth.ladder().products
    complaints = []
    for pool in truth.pools:
        figures = products[str(pool["product_id"])]
        taken = sum(kind.units_taken * figures[figure_names(name).units] for name, kind in KINDS.items())
        held = sum(offer["set_aside"] for offer in truth.offers if offer["product_id"] == pool["product_id"])
        if taken != pool["sold"]:
            complaints.append(f"pool {pool['product_id']} sold {pool['sold']}, the ledger took {taken}")
        if held != pool["held"]:
            complaints.append(f"pool {pool['product_id']} holds {pool['held']}, its offers set {held} aside")
        if not 0 <= taken + held <= pool["units"]:
            complaints.append(f"pool {pool['product_id']} has {pool['units']} units, {taken} taken and {held} held")
    return complaints


def keys_used_twice(truth: Truth) -> list[str]:
    """G2: one key of one device is one order."""
    used = Counter((row["device_id"], row["client_key"]) for row in truth.orders)
    return [f"device {device} key {key} made {count} orders" for (device, key), count in used.items() if count > 1]


def chain_broken(truth: Truth) -> list[str]:
    """No gap in `seq`, every hash covers the one before, and the head is the last entry."""
    complaints = []
    if (position := first_break(truth.session_id, truth.ledger)) is not None:
        complaints.append(f"the chain breaks at {position}")
    if truth.ledger and truth.head != (truth.ledger[-1][0], truth.ledger[-1][2]):
        complaints.append(f"the head says {truth.head[0]}, the last entry is {truth.ledger[-1][0]}")
    return complaints


def complaints_about(truth: Truth, acknowledged: Iterable[Acknowledged] = ()) -> list[str]:
    """All checks of PostgreSQL."""
    return [
        *acknowledged_but_not_written(acknowledged, truth),
        *sold_too_much_or_lost(truth),
        *pools_oversold_or_lost(truth),
        *keys_used_twice(truth),
        *chain_broken(truth),
    ]


async def statistics_differ(redis: RedisClients, prefix: str, truth: Truth) -> list[str]:
    """G4: every figure the projector keeps in Redis is that of a fold over the ledger."""
    keys = SessionKeys(prefix, truth.session_id)
    ladder = truth.ladder()
    products = {f"{product}:{name}": figure for product, figures in ladder.products.items() for name, figure in figures.items()}
    per_minute: Counter[str] = Counter()
    for field, value in (await _numbers(redis, keys.ledger_minutes)).items():
        per_minute[field.partition(":")[2]] += value
    return [
        *_differences("totals", await _numbers(redis, keys.ledger), {**ladder.totals, "seq": ladder.last_seq}),
        *_differences("products", await _numbers(redis, keys.products), products),
        *_differences("taken", await _numbers(redis, keys.taken), ladder.taken),
        *_differences("minutes", per_minute, ladder.totals),
        *_differences("buyers", {"count": await redis.idempotent.scard(keys.buyers)}, {"count": len(ladder.buyers)}),
    ]


async def _numbers(redis: RedisClients, key: str) -> dict[str, int]:
    return {str(name): int(figure) for name, figure in (await redis.idempotent.hgetall(key)).items()}


def _differences(of: str, found: Mapping[str, int], expected: Mapping[str, int]) -> list[str]:
    names = found.keys() | expected.keys()
    pairs = {name: (found.get(name, 0), expected.get(name, 0)) for name in names}
    return [f"{of} {name}: Redis {got}, ledger {wanted}" for name, (got, wanted) in sorted(pairs.items()) if got != wanted]


async def statistics_agree(redis: RedisClients, prefix: str, *, url: str, session_id: UUID, within: float = HEALED_WITHIN_SECONDS) -> Truth:
    """Wait until Redis shows the ledger; fails with the differences when it does not in time."""
    deadline = monotonic() + within
    while True:
        truth = await read_truth(url, session_id)
        differences = await statistics_differ(redis, prefix, truth)
        if not differences:
            return truth
        assert monotonic() < deadline, differences
        await asyncio.sleep(0.1)
