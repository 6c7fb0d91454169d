"""Any course of placing, repeating, cancelling, expiring, confirming, paying, delivering and returning, against a model in memory."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule, run_state_machine_as_test
from typing_extensions import override

from app.errors import AppError
from app.fulfilment.transitions import Step, append_steps
from app.infra.database import Database, open_database
from app.ledger.chain import Entry
from app.ledger.kinds import LATER_KINDS, RELEASING_KINDS, EntryKind
from app.orders.batch import WantedOrder
from app.orders.errors import KeyReused, SoldOut, ViewerLimitReached
from app.orders.group_commit import PlacingQueues
from app.protocol.server_events import OrderReceipt
from app.settings import DatabaseSettings, OrderSettings
from tests.orders.builders import Market, a_market, a_wanted_order, an_offer
from tests.races.checkers import complaints_about, read_truth, told
from tests.races.conftest import IS_LONG

TOTALS = (5, 12)
LIMIT = 4
DEVICES = tuple(uuid4() for _ in range(3))
Outcome = TypeVar("Outcome")


@dataclass(slots=True)
class Placed:
    """What the model knows of an order: its receipt, its lines and the facts it has had."""

    wanted: WantedOrder
    receipt: OrderReceipt
    had: set[str] = field(default_factory=lambda: {"placed"})

    @property
    def holds_units(self) -> bool:
        return not self.had & RELEASING_KINDS


class World:
    """A database and a loop to drive it from Hypothesis, which is not asynchronous."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.runner = asyncio.Runner()
        self._opening = open_database(url, DatabaseSettings())
        self.database: Database = self.do(self._opening.__aenter__())

    def do(self, work: Coroutine[Any, Any, Outcome]) -> Outcome:
        return self.runner.run(work)

    def close(self) -> None:
        self.do(self._opening.__aexit__(None, None, None))
        self.runner.close()


class Orders(RuleBasedStateMachine):
    """Runs on a session of its own per course; `world` is set by the test."""

    world: ClassVar[World]
    placed = Bundle("placed")

    def __init__(self) -> None:
        super().__init__()
        self.market, self.offers, self.queues = self.world.do(self._open())
        self.orders: list[Placed] = []

    async def _open(self) -> tuple[Market, list[UUID], PlacingQueues]:
        async def nothing_to_tell(session_id: object, result: object) -> None:
            return None

        market = await a_market(self.world.database)
        offers = [await an_offer(self.world.database, market, total=total, limit=LIMIT) for total in TOTALS]
        return market, offers, PlacingQueues(self.world.database.placing, OrderSettings(), nothing_to_tell)

    def _left(self) -> Counter[UUID]:
        left = Counter(dict(zip(self.offers, TOTALS, strict=True)))
        for order in self.orders:
            if order.holds_units:
                left.subtract(order.wanted.wanted)
        return left

    def _held(self, device_id: UUID) -> Counter[UUID]:
        held: Counter[UUID] = Counter()
        for order in self.orders:
            if order.holds_units and order.wanted.device_id == device_id:
                held.update(order.wanted.wanted)
        return held

    def _expected(self, order: WantedOrder) -> type[AppError] | None:
        left, held = self._left(), self._held(order.device_id)
        for offer_id, quantity in order.wanted.items():
            if left[offer_id] < quantity:
                return SoldOut
            if held[offer_id] + quantity > LIMIT:
                return ViewerLimitReached
        return None

    def _answer(self, order: WantedOrder) -> OrderReceipt | AppError:
        try:
            return self.world.do(self.queues.place(order))
        except AppError as refusal:
            return refusal

    @rule(
        target=placed,
        device=st.sampled_from(DEVICES),
        quantities=st.tuples(st.integers(0, 4), st.integers(0, 5)).filter(any),
    )
    def place(self, device: UUID, quantities: tuple[int, int]) -> Any:
        wanted = {offer_id: quantity for offer_id, quantity in zip(self.offers, quantities, strict=True) if quantity}
        order = a_wanted_order(self.market, wanted, device_id=device)
        expected = self._expected(order)
        answer = self._answer(order)
        if expected is not None:
            assert type(answer) is expected
            return multiple()
        assert isinstance(answer, OrderReceipt)
        self.orders.append(Placed(order, answer))
        return self.orders[-1]

    @rule(order=placed)
    def repeat(self, order: Placed) -> None:
        assert self._answer(order.wanted) == order.receipt

    @rule(order=placed, quantity=st.integers(1, 4))
    def repeat_with_other_content(self, order: Placed, quantity: int) -> None:
        other = a_wanted_order(
            self.market, {self.offers[0]: quantity}, device_id=order.wanted.device_id, key=order.wanted.key, digest=b"other"
        )
        assert isinstance(self._answer(other), KeyReused)

    @rule(order=placed, kind=st.sampled_from(sorted(LATER_KINDS)))
    def take_a_step(self, order: Placed, kind: EntryKind) -> None:
        (answer,) = self.world.do(self._append(Step(order.receipt.order_id, kind, "rehearsal")))
        assert isinstance(answer, Entry) == _allowed(kind, order.had)
        if isinstance(answer, Entry):
            order.had.add(kind)

    @rule(order=consumes(placed))
    def live_a_whole_life(self, order: Placed) -> None:
        for kind in ("confirmed", "paid", "delivered", "returned", "refunded"):
            self.take_a_step(order, kind)

    async def _append(self, step: Step) -> list[Entry | AppError]:
        async with self.world.database.pool.acquire() as db, db.transaction():
            return (await append_steps(db, self.market.session_id, [step], call_seconds=60)).answers

    @invariant()
    def what_is_left_is_what_the_model_has(self) -> None:
        rows = self.world.do(
            self.world.database.pool.fetch("SELECT id, remaining FROM offers WHERE session_id = $1", self.market.session_id)
        )
        assert {row["id"]: row["remaining"] for row in rows} == dict(self._left())

    @override
    def teardown(self) -> None:
        self.world.do(self.queues.close())
        truth = self.world.do(read_truth(self.world.url, self.market.session_id))
        assert complaints_about(truth, [told(order.wanted.device_id, order.receipt) for order in self.orders]) == []
        ladder = truth.ladder()
        for kind in ("placed", *LATER_KINDS):
            assert ladder.totals[f"orders_{kind}"] == sum(kind in order.had for order in self.orders)
            assert ladder.totals[f"revenue_{kind}_vnd"] == sum(order.receipt.total_vnd for order in self.orders if kind in order.had)


def _allowed(kind: EntryKind, had: set[str]) -> bool:
    """The life of an order in words, written apart from the table that the service goes by."""
    is_over = bool(had & {"cancelled", "expired"})
    if kind in had:
        return False
    match kind:
        case "confirmed" | "paid":
            return not is_over
        case "delivered":
            return not is_over and bool(had & {"confirmed", "paid"})
        case "returned":
            return "delivered" in had
        case "refunded":
            return "paid" in had and bool(had & {"returned", "cancelled"})
        case "cancelled":
            return not had & {"delivered", "expired"}
        case "expired":
            return not had & {"confirmed", "paid", "cancelled"}
        case "placed":
            return False


@pytest.mark.timeout(600)
def test_any_course_of_orders_agrees_with_a_model(postgres_url: str) -> None:
    world = World(postgres_url)
    try:
        run_state_machine_as_test(
            type("Course", (Orders,), {"world": world}),
            settings=settings(
                max_examples=200 if IS_LONG else 25,
                stateful_step_count=30,
                deadline=None,
                derandomize=not IS_LONG,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        world.close()
