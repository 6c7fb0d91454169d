"""Agreed settlements as tables: what is payable and why, by order, by product, amounts by hand. None of them names a buyer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from app.exports.columns import count, money, text, time
from app.exports.tables import Column, Row, Table, Words
from app.infra.database import Database
from app.settlement.chain import Settled
from app.settlement.charge_kinds import CHARGE_KINDS
from app.settlement.exported import ExportedLine, SettledInSessions
from app.settlement.standing import MONEY, OF_ORDER, UNITS

_STATES: Final[dict[str, Words]] = {
    "agreed": ("đã chốt, chưa trả", "agreed, not paid"),
    "paid": ("đã trả", "paid"),
    "part_paid": ("đã trả một phần, phần còn lại chuyển kỳ sau", "paid in part, the rest carried over"),
    "carried": ("đã chốt, chuyển kỳ sau", "agreed, carried over"),
}
_SUMS: Final[dict[str, tuple[Words, Words]]] = {
    "opening": (("Chuyển từ kỳ trước", "Carried from before"), ("Số dư của các kỳ trước.", "Left of earlier settlements.")),
    "goods": (("Tiền hàng", "Goods"), ("Đã giao và đã thu, trừ trả hàng và hoàn tiền.", "Delivered and collected, neither come back nor given back.")),
    "shipping": (("Phí giao", "Delivery fees"), ("Phí giao khách trả, nếu của chủ thể.", "Delivery fees of buyers, where they are the producer's.")),
    "carrier_fee": (("Cước vận chuyển", "Carriers' fees"), ("Cước, nếu chủ thể chịu.", "What carriers asked or kept, where the producer bears it.")),
    "direct": (("Khách trả thẳng", "Paid directly"), ("Đã vào tài khoản chủ thể.", "Came to the producer's own account.")),
    "vat": (("Thuế GTGT", "VAT"), ("Thuế GTGT khấu trừ.", "VAT withheld.")),
    "pit": (("Thuế TNCN", "Income tax"), ("Thuế TNCN khấu trừ.", "Personal income tax withheld.")),
    "by_hand_carrier_fee": (("Cước nhập tay", "Fees by hand"), ("Cước nhập tay.", "Carriers' fees entered by hand.")),
    "by_hand_deduction": (("Trừ nhập tay", "Deductions"), ("Khoản trừ nhập tay.", "Deductions entered by hand.")),
    "by_hand_addition": (("Cộng nhập tay", "Additions"), ("Khoản cộng nhập tay.", "Additions entered by hand.")),
    "payable": (("Còn phải trả", "Payable"), ("Tổng các khoản trước; âm thì chuyển kỳ sau.", "The sum of all before; below zero it is carried over.")),
}  # fmt: skip
_FIGURES: Final[dict[str, tuple[Words, Words]]] = {
    "placed": (("đã đặt", "placed"), ("Như lúc đặt.", "As ordered.")),
    "changed": (("đổi đơn", "changed"), ("Chênh lệch do đổi đơn.", "Difference of later changes.")),
    "cancelled": (("hủy", "cancelled"), ("Hủy trước khi giao.", "Cancelled before delivery.")),
    "expired": (("quá hạn", "expired"), ("Hết hạn trước khi giao.", "Expired before delivery.")),
    "refused": (("không nhận", "refused"), ("Khách không nhận hàng.", "The buyer did not take them.")),
    "under_way": (("đang xử lý", "under way"), ("Chưa mất, chưa giao.", "Neither lost nor delivered yet.")),
    "delivered": (("đã giao", "delivered"), ("Đã giao cho khách.", "Given to the buyer.")),
    "returned": (("trả hàng", "returned"), ("Khách trả lại.", "Come back.")),
    "waiting": (("chưa thu", "not collected"), ("Đã giao mà chưa thu tiền.", "Delivered and not collected.")),
    "let_off": (("hoàn thêm", "let off"), ("Hoàn cho khách ngoài phần trả hàng.", "Given back beyond what came back.")),
    "net": (("thực thu", "net"), ("Đã giao, đã thu, không trả, không hoàn.", "Delivered and collected, neither come back nor given back.")),
}  # fmt: skip
_SHARES: Final[dict[str, tuple[Words, Words]]] = {
    "shipping": (("Phí giao", "Delivery fee"), ("Phần phí giao khách trả.", "The producer's share of the buyer's fee.")),
    "direct_goods": (("Hàng trả thẳng", "Goods, directly"), ("Tiền hàng khách trả thẳng.", "Goods paid to the producer's own account.")),
    "direct_shipping": (("Phí trả thẳng", "Fee, directly"), ("Phí giao khách trả thẳng.", "Delivery paid to the producer's own account.")),
    "carrier_fee": (("Cước", "Carrier's fee"), ("Phần cước của đơn.", "The producer's share of the carrier's fee.")),
}  # fmt: skip
_WHICH: Final = (
    text("producer", ("Cơ sở", "Producer"), ("Chủ thể, tên lúc chốt.", "Its name when it was agreed."), source="ledger"),
    count("settlement", ("Kỳ số", "Settlement"), ("Số thứ tự của kỳ ở chủ thể này.", "Its number with this producer.")),
)


async def settlement_tables(
    database: Database, organisation_id: UUID, session_ids: Collection[UUID], *, until: datetime
) -> tuple[Table, ...]:
    """Settlements that were agreed until a moment and cover any of these sessions; their lines as far as they are about these."""
    found = SettledInSessions(database, organisation_id, session_ids, until=until)
    expected = await found.expected()
    return (_settlements(found), _orders(found, expected), _goods(found, expected), _charges(found))


def _which(settled: Settled) -> Row:
    return (settled.content["producer"]["name"], settled.number)


def _settlements(found: SettledInSessions) -> Table:
    async def rows() -> AsyncIterator[list[Row]]:
        async for settled in found.settlements():
            content, paid = settled.content, settled.paid_content
            about = (content["producer"]["kind"], content["producer"]["tax_code"], settled.state, *_STATES[settled.state])
            sums = (content["sums"][name] for name in _SUMS)
            of_payment = (paid.get("amount_vnd"), paid.get("paid_on"), paid.get("reference"))
            facts = (settled.agreed["made_at"], len(content["sessions"]), content["lines"])
            yield [(*_which(settled), *about, *facts, *sums, *of_payment, settled.agreed["hash"].hex())]

    columns = (
        *_WHICH,
        text("kind", ("Loại hình", "Kind"), ("company, cooperative, cooperative_group, household.", "Legal kind when it was agreed.")),
        text("tax_code", ("Mã số thuế", "Tax code"), ("Lúc chốt; có thể trống.", "When it was agreed; may be empty.")),
        text(
            "state",
            ("Mã trạng thái", "Key of state"),
            ("agreed, paid, part_paid hoặc carried.", "agreed, paid, part_paid or carried."),
            source="ledger",
        ),
        text("state_vi", ("Trạng thái", "State (Vietnamese)"), ("Trạng thái bằng lời.", "In Vietnamese."), source="ledger"),
        text("state_en", ("Trạng thái (tiếng Anh)", "State"), ("Trạng thái, tiếng Anh.", "In words."), source="ledger"),
        time("agreed_at", ("Chốt lúc", "Agreed at"), ("Lúc chốt.", "When it was agreed."), source="ledger"),
        count("sessions", ("Số phiên", "Sessions"), ("Số phiên của kỳ.", "Sessions that it covers.")),
        count("orders", ("Số đơn", "Orders"), ("Số đơn có số mới trong kỳ.", "Orders with something new in it.")),
        *(money(f"{name}_vnd", label, definition) for name, (label, definition) in _SUMS.items()),
        money("paid_vnd", ("Đã trả", "Paid"), ("Trống: chưa ghi đã trả.", "Empty: not noted as paid.")),
        text("paid_on", ("Ngày trả", "Paid on"), ("Ngày trả, năm-tháng-ngày.", "Day of the payment."), source="ledger"),
        text(
            "reference", ("Số chứng từ", "Reference"), ("Chứng từ của ban tổ chức.", "The organisation's own reference."), source="ledger"
        ),
        text("hash", ("Mã kiểm tra", "Hash"), ("SHA-256 trong chuỗi của chủ thể.", "SHA-256 in the producer's chain."), source="ledger"),
    )
    about: Words = (
        "Mỗi dòng là một kỳ đã chốt, cộng trên mọi phiên của kỳ.",
        "One row per agreed settlement, over all sessions that it covers.",
    )
    return Table(name="settlements", title=("Quyết toán", "Settlements"), about=about, columns=columns, rows=rows)


def _line_columns() -> tuple[Column, ...]:
    return (
        *_WHICH,
        text("session", ("Phiên", "Session"), ("Phiên của đơn.", "Session of the order.")),
        text(
            "order_code", ("Mã đơn", "Order code"), ("Mã mà người mua và bàn đơn gọi đơn.", "What people call the order."), source="ledger"
        ),
    )


def _of_line(each: ExportedLine) -> Row:
    return (*_which(each.settled), each.session_title, each.line.code)


def _orders(found: SettledInSessions, expected: int) -> Table:
    async def rows() -> AsyncIterator[list[Row]]:
        async for lines in found.lines():
            yield [
                (
                    *(*_of_line(each), ", ".join(map(str, each.line.entries))),
                    *(
                        sum(figures["net"] for figures in each.line.news.vnd.values()),
                        *(each.line.news.of_order[name] for name in OF_ORDER),
                    ),
                )
                for each in lines
            ]

    columns = (
        *_line_columns(),
        text("entries", ("Bút toán", "Entries"), ("Số bút toán trong sổ của phiên.", "Numbers in the session's ledger."), source="ledger"),
        money("net_vnd", ("Thực thu", "Net"), _FIGURES["net"][1]),
        *(money(f"{name}_vnd", *_SHARES[name]) for name in OF_ORDER),
    )
    about: Words = ("Mỗi dòng là phần mới của một đơn trong một kỳ.", "One row per order and settlement: what was new.")
    title: Words = ("Quyết toán theo đơn", "Settled orders")
    return Table(name="settlement_orders", title=title, about=about, columns=columns, rows=rows, rows_expected=expected)


def _goods(found: SettledInSessions, expected: int) -> Table:
    async def rows() -> AsyncIterator[list[Row]]:
        async for lines in found.lines():
            yield [
                (
                    *(*_of_line(each), *each.goods.get(good.product_id, ("", "")), good.unit_price_vnd),
                    *(each.line.news.units[good][name] for name in UNITS),
                    *(vnd[name] for name in (*UNITS, *MONEY)),
                )
                for each in lines
                for good, vnd in each.line.news.vnd.items()
            ]

    columns = (
        *_line_columns(),
        text("product", ("Sản phẩm", "Product"), ("Tên sản phẩm.", "Name of the product.")),
        text("unit", ("Đơn vị tính", "Unit"), ("Đơn vị bán.", "Unit of sale.")),
        money("unit_price_vnd", ("Đơn giá", "Unit price"), ("Giá đã chốt.", "Price agreed.")),
        *(count(f"{name}_units", (f"Số {_FIGURES[name][0][0]}", f"Units {_FIGURES[name][0][1]}"), _FIGURES[name][1]) for name in UNITS),
        *(money(f"{name}_vnd", (f"Tiền {_FIGURES[name][0][0]}", f"Amount {_FIGURES[name][0][1]}"), _FIGURES[name][1]) for name in (*UNITS, *MONEY)),
    )  # fmt: skip
    about: Words = (
        "Mỗi dòng là một sản phẩm của một đơn trong một kỳ; số âm là phần lùi lại sau kỳ trước.",
        "One row per product, order and settlement; negative: taken back after an earlier one.",
    )
    title: Words = ("Quyết toán theo hàng", "Settled goods")
    return Table(name="settlement_goods", title=title, about=about, columns=columns, rows=rows, rows_expected=expected)


def _charges(found: SettledInSessions) -> Table:
    async def rows() -> AsyncIterator[list[Row]]:
        async for settled in found.settlements():
            yield [
                (*_which(settled), row["kind"], row["reason"], row["code"], CHARGE_KINDS[row["kind"]] * row["amount_vnd"])
                for row in await found.charges(settled)
            ]

    columns = (
        *_WHICH,
        text("kind", ("Loại", "Kind"), ("carrier_fee, deduction hoặc addition.", "carrier_fee, deduction or addition.")),
        text("reason", ("Lý do", "Reason"), ("Lý do đã ghi.", "As it was entered.")),
        text("order_code", ("Mã đơn", "Order code"), ("Trống khi không về một đơn.", "Empty when about no order.")),
        money("amount_vnd", ("Số tiền", "Amount"), ("Dương là cộng cho chủ thể.", "Above zero: to the producer.")),
    )
    about: Words = ("Mỗi dòng là một khoản nhập tay.", "One row per amount entered by hand.")
    return Table(name="settlement_charges", title=("Khoản nhập tay", "Amounts by hand"), about=about, columns=columns, rows=rows)
