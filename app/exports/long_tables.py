"""The long tables of a session, read piece by piece: orders and their lines for accounting, and comments. None of them names a buyer.

Each piece is read on a connection of its own for a moment, up to an entry of the ledger or a moment that was fixed before: what comes
meanwhile is in none of the pieces.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from app.exports.columns import count, money, text, time
from app.exports.tables import Column, Row, Table, Words
from app.infra.database import Database
from app.ledger.kinds import KINDS, LOSS_KINDS, RUNGS, state_of

ORDERS_AT_ONCE: Final = 1_000
COMMENTS_AT_ONCE: Final = 5_000

_ORDERS: Final = """
SELECT o.id, o.seq, o.code, o.placed_at, o.source, o.payment, o.shipping_vnd + coalesce(c.shipping_vnd, 0) AS shipping_vnd,
  o.total_vnd + coalesce(c.total_vnd, 0) AS total_vnd
FROM orders o LEFT JOIN LATERAL (
  SELECT sum(shipping_vnd)::bigint AS shipping_vnd, sum(total_vnd)::bigint AS total_vnd
  FROM order_changes WHERE order_id = o.id AND seq <= $3) AS c ON true
WHERE o.session_id = $1 AND o.seq > $2 AND o.seq <= $3 ORDER BY o.seq LIMIT $4
"""
_ENTRIES: Final = """
SELECT order_id, kind, amount_vnd, happened_at, CASE WHEN position('"kind":"shipping"' IN body) > 0 THEN body END AS body
FROM ledger_entries WHERE order_id = ANY($1::uuid[]) AND seq <= $2 ORDER BY seq
"""
# A line and what changes made of it are one; what fell away altogether is none.
_LINES: Final = """
SELECT l.order_id, l.offer_id IS NOT NULL AS is_flash, sp.code, p.name, p.unit, r.name AS producer, l.unit_price_vnd,
  sum(l.quantity)::int AS quantity
FROM order_lines l LEFT JOIN offers f ON f.id = l.offer_id JOIN products p ON p.id = coalesce(l.product_id, f.product_id)
JOIN producers r ON r.id = coalesce(f.producer_id, p.producer_id)
LEFT JOIN session_products sp ON sp.product_id = p.id AND sp.session_id = $3
WHERE l.order_id = ANY($1::uuid[]) AND (l.change_seq IS NULL OR l.change_seq <= $2)
GROUP BY l.order_id, l.offer_id, sp.code, p.id, r.name, l.unit_price_vnd HAVING sum(l.quantity) <> 0
ORDER BY l.order_id, min(l.line_number)
"""
_COMMENTS: Final = """
SELECT c.id, c.posted_at, left(md5(c.session_id::text || c.device_id::text), 8) AS speaker, c.by_staff, c.source, c.text,
  CASE WHEN h.is_hidden THEN h.reason END AS hidden
FROM comments c LEFT JOIN comment_hidings h ON h.comment_id = c.id
WHERE c.session_id = $1 AND c.posted_at <= $4 AND c.posted_at >= $2 AND (c.posted_at, c.id) > ($2, $3)
ORDER BY c.posted_at, c.id LIMIT $5
"""
# what an order has become: steps of the ladder after the first, and what is lost
_MONEY_KINDS: Final = (*tuple(RUNGS)[1:], *LOSS_KINDS)
_TIMES: Final = "\N{MULTIPLICATION SIGN}"
_Found = asyncpg.Record


ORDER_COLUMNS: Final[tuple[Column, ...]] = (
    text("code", ("Mã đơn", "Order code"), ("Mã mà người mua và bàn đơn gọi đơn.", "What people call the order.")),
    time("placed_at", ("Đặt lúc", "Placed at"), ("Lúc đơn được ghi vào sổ.", "When it was written to the ledger."), source="ledger"),
    text("source", ("Từ đâu", "From"), ("page: trang của phiên; comment: bình luận.", "page, or a comment.")),
    text("payment", ("Thanh toán", "Payment"), ("cod: thu khi giao; transfer: chuyển khoản.", "cod or transfer.")),
    text("state", ("Trạng thái", "State"), ("Việc xa nhất đã xảy ra với đơn.", "The furthest that it got."), source="ledger"),
    text("state_key", ("Mã trạng thái", "Key of state"), ("Tên cố định của trạng thái.", "Its lasting name."), source="ledger"),
    text("goods", ("Hàng", "Goods"), ("Các món của đơn sau mọi lần đổi.", "Its lines after all changes."), source="ledger"),
    count("units", ("Số phần", "Units"), ("Số phần hàng sau mọi lần đổi.", "Units after all changes.")),
    money("goods_vnd", ("Tiền hàng", "Goods"), ("Giá trị hàng sau mọi lần đổi.", "Value of goods after all changes.")),
    money("shipping_vnd", ("Phí giao", "Shipping"), ("Phí giao sau mọi lần đổi.", "Shipping fee after all changes.")),
    money("total_vnd", ("Tổng đơn", "Total"), ("Tiền hàng và phí giao.", "Goods and shipping.")),
    *(
        money(
            f"{kind}_vnd",
            (f"Tiền {KINDS[kind].counted[0]}", f"Amount {KINDS[kind].counted[1]}"),
            (f"Tổng các bút toán “{KINDS[kind].counted[0]}” của đơn, gồm phí giao.", f"Sum of its entries {kind}, with shipping."),
        )
        for kind in _MONEY_KINDS
    ),
    time("paid_at", ("Trả tiền lúc", "Paid at"), ("Lúc ghi khoản trả gần nhất.", "When it was last paid."), source="ledger"),
)


def orders(database: Database, session_id: UUID, *, last_seq: int, expected: int) -> Table:
    """One row per order as of an entry of the ledger: what it is about by now, and its money by kind of entry, shipping included."""

    async def rows() -> AsyncIterator[list[Row]]:
        async for found, entries, lines in order_pieces(database, session_id, last_seq):
            yield [order_row(order, entries[order["id"]], lines[order["id"]]) for order in found]

    about: Words = ("Mỗi dòng là một đơn; không có thông tin người mua.", "One row per order; names no buyer.")
    return Table(name="orders", title=("Đơn hàng", "Orders"), about=about, columns=ORDER_COLUMNS, rows=rows, rows_expected=expected)


def order_lines(database: Database, session_id: UUID, *, last_seq: int, expected: int) -> Table:
    """One row per line of an order, after all changes up to an entry of the ledger."""

    async def rows() -> AsyncIterator[list[Row]]:
        async for found, entries, lines in order_pieces(database, session_id, last_seq):
            yield [
                (
                    *(order["code"], order["placed_at"], _state(entries[order["id"]])[0]),
                    *(line["code"], line["name"], line["unit"], line["producer"], "flash" if line["is_flash"] else "shelf"),
                    *(line["quantity"], line["unit_price_vnd"], line["quantity"] * line["unit_price_vnd"]),
                )
                for order in found
                for line in lines[order["id"]]
            ]

    columns = (
        text("order_code", ("Mã đơn", "Order code"), ("Đơn có dòng này.", "The order of this line."), source="ledger"),
        time("placed_at", ("Đặt lúc", "Placed at"), ("Lúc đơn được đặt.", "When the order was placed."), source="ledger"),
        text("state", ("Trạng thái", "State"), ("Trạng thái của đơn.", "State of the order."), source="ledger"),
        text("product_code", ("Mã hàng", "Product code"), ("Mã ngắn trong danh sách bán.", "Short code in the run-down.")),
        text("product", ("Sản phẩm", "Product"), ("Tên sản phẩm.", "Name of the product.")),
        text("unit", ("Đơn vị tính", "Unit"), ("Đơn vị bán.", "Unit of sale.")),
        text("producer", ("Cơ sở", "Producer"), ("Chủ thể lúc bán.", "Producer when it was sold.")),
        text("way", ("Cách bán", "Sold by"), ("flash: ưu đãi; shelf: giá thường.", "flash offer, or shelf.")),
        count("quantity", ("Số phần", "Quantity"), ("Sau mọi lần đổi.", "After all changes.")),
        money("unit_price_vnd", ("Đơn giá", "Unit price"), ("Giá đã chốt.", "Price agreed.")),
        money("amount_vnd", ("Thành tiền", "Amount"), ("Số phần nhân đơn giá.", "Quantity times unit price.")),
    )
    about: Words = ("Mỗi dòng là một món của một đơn.", "One row per line of an order.")
    return Table(name="order_lines", title=("Món hàng", "Order lines"), about=about, columns=columns, rows=rows, rows_expected=expected)


def comments(database: Database, session_id: UUID, *, until: datetime, expected: int) -> Table:
    """One row per archived comment, hidden ones marked; who spoke only as a mark that holds within this session."""

    async def rows() -> AsyncIterator[list[Row]]:
        after, last = datetime(2000, 1, 1, tzinfo=until.tzinfo), UUID(int=0)
        while True:
            async with database.reading.acquire() as db:
                found = await db.fetch(_COMMENTS, session_id, after, last, until, COMMENTS_AT_ONCE)
            if found:
                after, last = found[-1]["posted_at"], found[-1]["id"]
                yield [
                    (each["posted_at"], each["speaker"], each["source"], each["by_staff"] or None, each["hidden"], each["text"])
                    for each in found
                ]
            if len(found) < COMMENTS_AT_ONCE:
                return

    columns = (
        time("posted_at", ("Lúc", "At"), ("Lúc bình luận được nhận.", "When it was accepted.")),
        text("speaker", ("Người nói", "Speaker"), ("Ký hiệu chỉ dùng trong phiên này.", "A mark that holds in this session only.")),
        text("source", ("Từ đâu", "From"), ("Trang của phiên hoặc nền tảng ngoài.", "Our page, or an outside platform.")),
        Column(
            key="by_staff", label=("Của ban tổ chức", "By staff"), kind="yes", definition=("Do người phụ trách viết.", "Written by staff.")
        ),
        text("hidden", ("Ẩn vì", "Hidden for"), ("Trống: đang hiện.", "Empty: shown.")),
        text("text", ("Nội dung", "Text"), ("Số điện thoại đã được che.", "Phone numbers are masked.")),
    )
    about: Words = ("Mỗi dòng là một bình luận.", "One row per comment.")
    return Table(name="comments", title=("Bình luận", "Comments"), about=about, columns=columns, rows=rows, rows_expected=expected)


async def order_pieces(
    database: Database, session_id: UUID, last_seq: int
) -> AsyncIterator[tuple[Sequence[_Found], Mapping[UUID, list[_Found]], Mapping[UUID, list[_Found]]]]:
    """Orders with their entries and lines by order, as of an entry of the ledger, a piece at a time."""
    after = 0
    while True:
        async with database.reading.acquire() as db:
            found = await db.fetch(_ORDERS, session_id, after, last_seq, ORDERS_AT_ONCE)
            ids = [order["id"] for order in found]
            entries, lines = defaultdict[UUID, list[_Found]](list), defaultdict[UUID, list[_Found]](list)
            for entry in await db.fetch(_ENTRIES, ids, last_seq):
                entries[entry["order_id"]].append(entry)
            for line in await db.fetch(_LINES, ids, last_seq, session_id):
                lines[line["order_id"]].append(line)
        if found:
            after = found[-1]["seq"]
            yield found, entries, lines
        if len(found) < ORDERS_AT_ONCE:
            return


def _state(entries: Sequence[_Found]) -> tuple[str, str]:
    state = state_of([entry["kind"] for entry in entries])
    return KINDS[state].state[0], state


def order_row(order: _Found, entries: Sequence[_Found], lines: Sequence[_Found]) -> Row:
    """One order under `ORDER_COLUMNS`."""
    sums, paid_at = Counter[str](), None
    for entry in entries:
        sums[entry["kind"]] += entry["amount_vnd"] + _shipping_of(entry["body"])
        if entry["kind"] == "paid":
            paid_at = entry["happened_at"]
    goods = "; ".join(f"{line['quantity']} {_TIMES} {line['name']} ({line['unit']})" for line in lines)
    return (
        *(order["code"], order["placed_at"], order["source"], order["payment"], *_state(entries), goods),
        sum(line["quantity"] for line in lines),
        *(order["total_vnd"] - order["shipping_vnd"], order["shipping_vnd"], order["total_vnd"]),
        *(sums[kind] for kind in _MONEY_KINDS),
        paid_at,
    )


def _shipping_of(body: str | None) -> int:
    if body is None:
        return 0
    return sum(line["amount_vnd"] for line in json.loads(body)["lines"] if line.get("kind") == "shipping")
