"""The kinds of facts that a ledger can hold about an order: one table, from which everything that depends on kinds follows.

placed → confirmed → handed_over → delivered → returned → refunded, with paid before or after delivery (transfer or COD); nobody need say
that goods were given to a carrier, nor how often it came in vain;
cancelled and expired end it and give its units back to the offer. Until it is delivered it may be changed, each time by the difference;
afterwards it may come back, be put into stock again and be refunded in parts. An order's state is the set of kinds its entries have;
what it is about by now is the fold over them (`app/ledger/course.py`).

From `KINDS` follow the CHECK in the database, the SQL that asks for kinds, what may follow what, figures and their definitions, the
words of the pages, and, written by `make gen`, `app/metrics/sales.py`, `app/web/static/js/ledger_kinds.js` and the list in
`app/reports/verify.py`. How to add a kind: CONTRIBUTING.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

EntryKind = Literal[
    "placed", "changed", "confirmed", "cancelled", "expired", "handed_over", "delivery_failed", "delivered", "paid", "returned", "restocked",
    "refunded",
]  # fmt: skip
"""Every kind, for the type checker; a test compares it with the table."""

Words = tuple[str, str]
"""Vietnamese, English."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the revenue ladder in reports."""

    label: Words
    meaning: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind. It may come when all of `needs` and one of `needs_any` (if any is named) are there and none of `never_after`; once, or
    `again` as long as something is left of the order that it can be about."""

    by: Literal["buyer", "staff", "payment", "clock", "content"]
    """Who takes the step; staff may take theirs by hand, and those of `content` by saying what of the order it is about."""
    rank: int
    """The furthest kind an order has reached, by rank, is the state that lists show."""
    needs: tuple[str, ...] = ()
    needs_any: tuple[str, ...] = ()
    never_after: tuple[str, ...] = ()
    again: bool = False
    """It may come several times, each time for another part of the order."""
    units_taken: Literal[-1, 0, 1] = 0
    """What becomes of the entry's units: 1 = taken from the offer, -1 = back to it. Those of `changed` are a difference and have a sign."""
    ends: bool = False
    """The order is over: nothing of it is taken any more, nor counted against the buyer's limit."""
    body_version: Literal[1, 3] = 1
    """The earliest version of a body that can say it (`app/ledger/chain.py`)."""
    goes_on: bool = False
    """The order desk offers it under key 1, as how the order goes on; staff's other kinds stand under the keys that lose the order."""
    counted: Words
    """After "Đơn …", "Orders …": the figures' names."""
    definition: Words
    """After "Số đơn …", "Orders …": what the figures count."""
    state: Words
    """What the order desk calls an order that got so far."""
    buyer_next: Words | None = None
    """What the buyer's page says comes next; None for `placed`, where it depends on how the order is paid."""
    deed: Words | None = None
    """The desk's button; None = no button, or one per reason."""
    loss: Words | None = None
    """The ladder's words for orders lost by it, with `{count}` and `{amount}`; None = it loses nothing."""
    rung: Rung | None = None
    """Its step of the revenue ladder, whose average order is published too; None = not on the ladder."""


_OVER = ("cancelled", "expired")

# In the order in which figures and definitions are listed.
KINDS: Mapping[EntryKind, Kind] = {
    "placed": Kind(
        by="buyer",
        rank=0,
        units_taken=1,
        counted=("đã đặt", "placed"),
        definition=("được đặt và ghi vào sổ", "accepted and written to the ledger"),
        state=("Đã đặt", "Placed"),
        rung=Rung(
            ("Đã đặt", "Placed"),
            ("Đơn hệ thống đã nhận, kể cả đơn sau đó hủy hoặc trả.", "Orders taken, including those cancelled or returned later."),
        ),
    ),
    "changed": Kind(
        by="content",
        rank=-1,
        never_after=("delivered", "cancelled", "expired"),
        again=True,
        units_taken=1,
        body_version=3,
        counted=("đã đổi", "changed"),
        definition=(
            "được đổi sau khi đặt; số lượng và giá trị là phần chênh lệch, có thể âm",
            "changed after they were placed; units and value are the difference and may be negative",
        ),
        state=("Đã đổi", "Changed"),
        buyer_next=("Đơn đã được đổi, mời bạn xem lại bên dưới.", "The order was changed, please look at it below."),
    ),
    "confirmed": Kind(
        by="staff",
        rank=1,
        never_after=_OVER,
        goes_on=True,
        counted=("đã xác nhận", "confirmed"),
        definition=("được người mua xác nhận", "confirmed by the buyer"),
        state=("Đã xác nhận", "Confirmed"),
        buyer_next=("Người bán đang chuẩn bị hàng cho bạn.", "The seller is getting your goods ready."),
        deed=("Khách xác nhận", "Buyer confirms"),
        rung=Rung(("Đã xác nhận", "Confirmed"), ("Người mua đã xác nhận qua điện thoại.", "The buyer confirmed on the phone.")),
    ),
    "cancelled": Kind(
        by="staff",
        rank=8,
        never_after=("delivered", "expired"),
        units_taken=-1,
        ends=True,
        counted=("đã hủy", "cancelled"),
        definition=("bị hủy", "cancelled"),
        state=("Đã hủy", "Cancelled"),
        buyer_next=("Đơn đã hủy, bạn không phải trả tiền.", "The order is cancelled, there is nothing to pay."),
        loss=("Hủy: {count} đơn, {amount}", "Cancelled: {count} orders, {amount}"),
    ),
    "expired": Kind(
        by="clock",
        rank=7,
        never_after=("confirmed", "paid", "cancelled"),
        units_taken=-1,
        ends=True,
        counted=("hết hạn giữ", "expired"),
        definition=("hết hạn giữ hàng", "whose hold ran out"),
        state=("Quá hạn", "Expired"),
        buyer_next=("Đơn đã quá hạn nên tự hủy, bạn không phải trả tiền.", "The order has expired, there is nothing to pay."),
        loss=("Quá hạn giữ: {count} đơn, {amount}", "Hold expired: {count} orders, {amount}"),
    ),
    "handed_over": Kind(
        by="staff",
        rank=3,
        needs_any=("confirmed", "paid"),
        never_after=("delivered", *_OVER),
        counted=("đã giao cho đơn vị vận chuyển", "handed over"),
        definition=("đã trao cho đơn vị vận chuyển", "given to a carrier"),
        state=("Đang vận chuyển", "Handed over"),
        buyer_next=("Hàng đã giao cho đơn vị vận chuyển, đang trên đường đến bạn.", "The carrier has your goods, they are on their way."),
        deed=("Đã giao cho đơn vị vận chuyển", "Given to the carrier"),
    ),
    "delivery_failed": Kind(
        by="staff",
        rank=4,
        needs=("handed_over",),
        never_after=("delivered", *_OVER),
        again=True,
        counted=("giao không được", "delivered in vain"),
        definition=(
            "mà đơn vị vận chuyển giao không được; mỗi lần giao hụt của một đơn là một dòng trong sổ",
            "that the carrier could not deliver; each attempt in vain is an entry of its own",
        ),
        state=("Giao chưa được", "Not delivered yet"),
        buyer_next=(
            "Đơn vị vận chuyển chưa giao được, người bán sẽ liên hệ với bạn.",
            "The carrier did not reach you, the seller will call.",
        ),
    ),
    "delivered": Kind(
        by="staff",
        rank=5,
        needs_any=("confirmed", "paid"),
        never_after=_OVER,
        goes_on=True,
        counted=("đã giao", "delivered"),
        definition=("đã giao đến người mua", "delivered to the buyer"),
        state=("Đã giao", "Delivered"),
        buyer_next=("Hàng đã giao. Cảm ơn bạn đã mua hàng quê mình!", "Delivered. Thank you for buying from home!"),
        deed=("Đã giao hàng", "Delivered"),
        rung=Rung(("Đã giao", "Delivered"), ("Đơn vị vận chuyển báo đã giao.", "The carrier reports delivery.")),
    ),
    "paid": Kind(
        by="payment",
        rank=2,
        never_after=_OVER,
        again=True,
        counted=("đã trả tiền", "paid"),
        definition=("đã trả tiền hoặc đã thu hộ (COD)", "paid, or collected on delivery (COD)"),
        state=("Đã thu tiền", "Paid"),
        buyer_next=("Đã nhận tiền, người bán đang chuẩn bị hàng cho bạn.", "Paid. The seller is getting your goods ready."),
        rung=Rung(
            ("Đã giao và đã thu tiền", "Delivered and collected"),
            (
                "Hàng đã giao mà tiền đã về: chuyển khoản hoặc thu hộ (COD). Giao rồi mà chưa thu thì chưa tính.",
                "Goods delivered whose money has come: by transfer or collected on delivery (COD).",
            ),
        ),
    ),
    "returned": Kind(
        by="staff",
        rank=9,
        needs=("delivered",),
        again=True,
        counted=("đã trả hàng", "returned"),
        definition=("bị trả hàng", "whose goods came back"),
        state=("Đã trả hàng", "Returned"),
        buyer_next=("Người bán đã nhận lại hàng.", "The seller has got the goods back."),
        deed=("Khách trả hàng", "Returned"),
        loss=("Trả hàng: {count} đơn, {amount}", "Returned: {count} orders, {amount}"),
    ),
    "restocked": Kind(
        by="content",
        rank=-2,
        needs=("returned",),
        again=True,
        units_taken=-1,
        body_version=3,
        counted=("có hàng nhập lại kho", "put back into stock"),
        definition=("có hàng trả được nhập lại kho để bán", "whose returned goods went back into stock"),
        state=("Đã nhập lại kho", "Put back into stock"),
        buyer_next=("Người bán đã nhận lại hàng.", "The seller has got the goods back."),
    ),
    "refunded": Kind(
        by="staff",
        rank=10,
        needs=("paid",),
        needs_any=("returned", "cancelled"),
        again=True,
        goes_on=True,
        counted=("đã hoàn tiền", "refunded"),
        definition=("đã được hoàn tiền", "whose money was given back"),
        state=("Đã hoàn tiền", "Refunded"),
        buyer_next=("Người bán đã hoàn tiền cho bạn.", "The seller has given your money back."),
        deed=("Đã hoàn tiền", "Refunded"),
        loss=("Hoàn tiền: {count} đơn, {amount}", "Refunded: {count} orders, {amount}"),
    ),
}

LATER_KINDS: tuple[EntryKind, ...] = tuple(name for name, kind in KINDS.items() if kind.by != "buyer")
STAFF_KINDS: tuple[EntryKind, ...] = tuple(name for name, kind in KINDS.items() if kind.by == "staff")
RELEASING_KINDS = frozenset(name for name, kind in KINDS.items() if kind.ends)
"""Those that end an order and give back all its units."""
REPEATABLE_KINDS = frozenset(name for name, kind in KINDS.items() if kind.again)
"""Of which an order may have several: what it owes follows from all of them."""
NEWER_BODIES = frozenset(name for name, kind in KINDS.items() if kind.body_version > 1)
LOSS_KINDS: tuple[EntryKind, ...] = tuple(name for name, kind in KINDS.items() if kind.loss is not None)
RUNGS: Mapping[EntryKind, Rung] = {name: kind.rung for name, kind in KINDS.items() if kind.rung is not None}
_FURTHEST_FIRST = sorted(KINDS, key=lambda name: KINDS[name].rank, reverse=True)

if TYPE_CHECKING:
    StepKind = EntryKind
    LossKind = EntryKind
    RungName = EntryKind | Literal["net"]
else:
    # For pydantic and the API's documents these are exactly the kinds of the table; the type checker takes them for any kind.
    StepKind = Literal[STAFF_KINDS]
    LossKind = Literal[LOSS_KINDS]
    RungName = Literal[(*RUNGS, "net")]


@dataclass(frozen=True, slots=True)
class FigureNames:
    """The figures of one kind: how many orders, how many units in them, the value of the goods and the shipping fees in whole VND."""

    orders: str
    units: str
    revenue_vnd: str
    shipping_vnd: str
    average_vnd: str


def figure_names(kind: str) -> FigureNames:
    return FigureNames(
        f"orders_{kind}", f"units_{kind}", f"revenue_{kind}_vnd", f"shipping_{kind}_vnd", f"revenue_{kind}_per_order_{kind}_vnd"
    )


def may_follow(kind: EntryKind, had: Collection[str]) -> bool:
    """Whether an order that has had entries of these kinds may get this one, as far as the kinds alone can tell."""
    rule = KINDS[kind]
    if kind not in LATER_KINDS or (kind in had and not rule.again) or "placed" not in had:
        return False
    has_needed = all(each in had for each in rule.needs) and (not rule.needs_any or any(each in had for each in rule.needs_any))
    return has_needed and not any(each in had for each in rule.never_after)


def buyer_may_act(had: Collection[str]) -> bool:
    """Whether the buyer may still mend, change or cancel an order alone: as long as nobody has agreed on it, paid for it or ended it."""
    return "placed" in had and set(had) <= {"placed", "changed"}


def is_settled(had: Collection[str]) -> bool:
    """Whether the goods are not on their way any more, so that nobody needs to know the receiver: delivered, or given back before."""
    return "delivered" in had or any(kind in had for kind in RELEASING_KINDS)


def state_of(had: Collection[str]) -> EntryKind:
    """The latest rung of an order, for lists: the furthest kind it has reached."""
    return next((kind for kind in _FURTHEST_FIRST if kind in had), "placed")


def sql_list(kinds: Iterable[str]) -> str:
    """Kinds as SQL writes them behind IN: `('cancelled', 'expired')`."""
    wanted = frozenset(kinds)
    return "({})".format(", ".join(f"'{kind}'" for kind in KINDS if kind in wanted))


def words_of_kinds(language: Literal["vi", "en"]) -> dict[str, str]:
    """The pages' words about kinds, by their keys in `app/web/texts.py`."""
    place = ("vi", "en").index(language)
    words = {f"desk.state_{name}": kind.state[place] for name, kind in KINDS.items()}
    words |= {f"order.next_{name}": kind.buyer_next[place] for name, kind in KINDS.items() if kind.buyer_next is not None}
    words |= {f"desk.do_{name}": kind.deed[place] for name, kind in KINDS.items() if kind.deed is not None}
    words |= {f"ladder.{name}.meaning": rung.meaning[place] for name, rung in RUNGS.items()}
    return words | {f"ladder.loss_{name}": kind.loss[place] for name, kind in KINDS.items() if kind.loss is not None}
