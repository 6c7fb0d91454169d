"""Any course of placing, repeating, changing, cancelling, expiring, confirming, paying, delivering, returning and refunding, whole orders and
parts of them, against a model in memory."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, ClassVar, TypeVar
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule, run_state_machine_as_test
from typing_extensions import override

from app.errors import AppError
from app.fulfilment.changes import Change, WantedLine, append_change
from app.fulfilment.errors import NothingToChange, OrderWouldBeEmpty, StateNotReachable
from app.fulfilment.transitions import Step, append_steps
from app.infra.database import Database, open_database
from app.ledger.chain import Entry, body_of, entry_of
from app.ledger.kinds import LATER_KINDS, RELEASING_KINDS, EntryKind
from app.orders.books import WantedOrder
from app.orders.errors import KeyReused, SoldOut, ViewerLimitReached
from app.orders.group_commit import PlacingQueues
from app.protocol.server_events import OrderReceipt
from app.reports import verify
from app.reports.ladder import RevenueLadder
from app.settings import DatabaseSettings, OrderSettings
from tests.orders.builders import Market, a_market, a_wanted_order, an_offer
from tests.races.checkers import complaints_about, read_truth, told
from tests.races.conftest import IS_LONG

pytestmark = pytest.mark.slow

TOTALS = (5, 12)
LIMIT = 4
PRICE_VND = 129_000
DEVICES = tuple(uuid4() for _ in range(3))
Outcome = TypeVar("Outcome")


@dataclass(slots=True)
class Placed:
    """What the model knows of an order: its receipt, its units by now, what came back of them, and what its facts are worth by kind."""

    wanted: WantedOrder
    receipt: OrderReceipt
    units: Counter[UUID]
    back: Counter[UUID] = field(default_factory=Counter)
    restocked: Counter[UUID] = field(default_factory=Counter)
    had: set[str] = field(default_factory=lambda: {"placed"})
    worth: Counter[str] = field(default_factory=Counter)

    @property
    def is_over(self) -> bool:
        return bool(self.had & RELEASING_KINDS)

    @property
    def kept(self) -> Counter[UUID]:
        return self.units - self.back

    @property
    def due_vnd(self) -> int:
        return 0 if self.is_over else PRICE_VND * self.kept.total()

    @property
    def held_money_vnd(self) -> int:
        return self.worth["paid"] - self.worth["refunded"]

    def whole(self, kind: EntryKind) -> int | None:
        """What a fact about all that is left of the order is worth; None when there is nothing."""
        match kind:
            case "changed" | "placed":
                return None
            case "returned":
                worth = PRICE_VND * self.kept.total()
            case "restocked":
                worth = PRICE_VND * (self.back - self.restocked).total()
            case "paid":
                worth = self.due_vnd - self.held_money_vnd
            case "refunded":
                worth = self.held_money_vnd - self.due_vnd
            case _:
                worth = PRICE_VND * self.units.total()
        return worth if worth > 0 else None

    def take(self, kind: EntryKind, worth_vnd: int) -> None:
        """A fact about all that was left has been written."""
        self.had.add(kind)
        self.worth[kind] += worth_vnd
        if kind == "returned":
            self.back += self.kept
        if kind == "restocked":
            self.restocked = self.back.copy()


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
            if not order.is_over:
                left.subtract(order.units - order.restocked)
        return left

    def _held(self, device_id: UUID) -> Counter[UUID]:
        held: Counter[UUID] = Counter()
        for order in self.orders:
            if not order.is_over and order.wanted.device_id == device_id:
                held.update(order.units)
        return held

    def _expected(self, device_id: UUID, more: dict[UUID, int]) -> type[AppError] | None:
        left, held = self._left(), self._held(device_id)
        for offer_id, quantity in more.items():
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
        expected = self._expected(device, wanted)
        answer = self._answer(order)
        if expected is not None:
            assert type(answer) is expected
            return multiple()
        assert isinstance(answer, OrderReceipt)
        self.orders.append(Placed(order, answer, Counter(wanted), worth=Counter(placed=answer.total_vnd)))
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
        worth_vnd = order.whole(kind) if _allowed(kind, order.had) else None
        assert (answer.total_vnd if isinstance(answer, Entry) else None) == worth_vnd
        if worth_vnd is not None:
            order.take(kind, worth_vnd)

    @rule(order=placed, quantities=st.tuples(st.integers(0, 4), st.integers(0, 5)))
    def change(self, order: Placed, quantities: tuple[int, int]) -> None:
        wanted = Counter(dict(zip(self.offers, quantities, strict=True)))
        more = {offer_id: wanted[offer_id] - order.units[offer_id] for offer_id in self.offers if wanted[offer_id] != order.units[offer_id]}
        added = {offer_id: quantity for offer_id, quantity in more.items() if quantity > 0}
        expected = NothingToChange if not more else self._expected(order.wanted.device_id, added)
        if expected is None and not wanted.total():
            expected = OrderWouldBeEmpty
        if not _allowed("changed", order.had):
            expected = StateNotReachable
        answer = self.world.do(self._change(order, wanted))
        assert (type(answer) if isinstance(answer, AppError) else None) == expected
        if isinstance(answer, Entry):
            assert answer.amount_vnd == PRICE_VND * sum(more.values())
            order.units = +wanted
            order.had.add("changed")
            order.worth["changed"] += answer.amount_vnd

    @rule(order=placed, number=st.integers(0, 1), units=st.integers(1, 5), is_resaleable=st.booleans())
    def take_some_back(self, order: Placed, number: int, units: int, is_resaleable: bool) -> None:
        back = Counter({self.offers[number]: units})
        kinds: tuple[EntryKind, ...] = ("returned", "restocked") if is_resaleable else ("returned",)
        answers = self.world.do(self._append(*(Step(order.receipt.order_id, kind, "rehearsal", quantities=back) for kind in kinds)))
        # what came back earlier and was not put into stock may be now
        is_back = _allowed("returned", order.had) and back <= order.kept
        if is_back:
            order.back += back
            order.had.add("returned")
            order.worth["returned"] += PRICE_VND * units
        is_restocked = is_resaleable and _allowed("restocked", order.had) and back <= order.back - order.restocked
        if is_restocked:
            order.restocked += back
            order.had.add("restocked")
            order.worth["restocked"] += PRICE_VND * units
        assert [isinstance(answer, Entry) for answer in answers] == [is_back, is_restocked][: len(kinds)]

    @rule(order=placed, amount_vnd=st.integers(1, 6 * PRICE_VND))
    def give_some_money_back(self, order: Placed, amount_vnd: int) -> None:
        (answer,) = self.world.do(self._append(Step(order.receipt.order_id, "refunded", "rehearsal", amount_vnd=amount_vnd)))
        assert isinstance(answer, Entry) == ("paid" in order.had and amount_vnd <= order.held_money_vnd)
        if isinstance(answer, Entry):
            order.had.add("refunded")
            order.worth["refunded"] += amount_vnd

    @rule(order=consumes(placed))
    def live_a_whole_life(self, order: Placed) -> None:
        for kind in ("confirmed", "paid", "delivered", "returned", "refunded"):
            self.take_a_step(order, kind)

    async def _append(self, *steps: Step) -> list[Entry | AppError]:
        async with self.world.database.pool.acquire() as db, db.transaction():
            return (await append_steps(db, self.market.session_id, steps, call_seconds=60)).answers

    async def _change(self, order: Placed, wanted: Counter[UUID]) -> Entry | AppError:
        lines = [WantedLine(quantity, offer_id) for offer_id, quantity in wanted.items()]
        try:
            async with self.world.database.pool.acquire() as db, db.transaction():
                change = Change(order.receipt.order_id, lines)
                return (await append_change(db, self.market.session_id, change, call_seconds=60)).entry
        except AppError as refusal:
            return refusal

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
            assert ladder.totals[f"revenue_{kind}_vnd"] == sum(order.worth[kind] for order in self.orders)
        self._tells_the_ladder([entry_of(body) for _, body, _ in truth.ledger])

    def _tells_the_ladder(self, entries: list[Entry]) -> None:
        """Order by order, in words of the model; and the verifier's own count agrees with it."""
        ladder = RevenueLadder()
        for entry in entries:
            ladder.add(entry)
        net_vnd = collected_vnd = delivered_vnd = 0
        for order in self.orders:
            delivered, back = order.worth["delivered"], PRICE_VND * order.back.total()
            delivered_vnd += delivered
            collected_vnd += min(delivered, order.worth["paid"])
            net_vnd += max(0, min(delivered - back, order.held_money_vnd))
        steps = {step.name: step for step in ladder.steps()}
        assert (steps["delivered"].amount_vnd, steps["paid"].amount_vnd, steps["net"].amount_vnd) == (delivered_vnd, collected_vnd, net_vnd)
        lines = [json.loads(body_of(entry)) for entry in entries]
        verify.check_orders(lines)
        assert verify.figures_of(lines)["ladder_vnd"] == {name: step.amount_vnd for name, step in steps.items()}
        for before, step in pairwise(steps.values()):
            losses_vnd = sum(loss.amount_vnd for loss in step.losses)
            assert before.amount_vnd + step.changed_vnd == step.amount_vnd + losses_vnd + step.waiting_amount_vnd


def _allowed(kind: EntryKind, had: set[str]) -> bool:  # noqa: C901 - a table in words
    """The life of an order in words, written apart from the table that the service goes by."""
    is_over, is_wanted = bool(had & {"cancelled", "expired"}), bool(had & {"confirmed", "paid"})
    if kind in had - {"changed", "delivery_failed", "paid", "returned", "restocked", "refunded"}:
        return False
    match kind:
        case "confirmed" | "paid":
            return not is_over
        case "changed":
            return not is_over and "delivered" not in had
        case "delivered" | "handed_over":
            return not is_over and is_wanted and "delivered" not in had
        case "delivery_failed":
            return not is_over and "delivered" not in had and "handed_over" in had
        case "returned" | "restocked":
            return ("delivered" if kind == "returned" else "returned") in had
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
