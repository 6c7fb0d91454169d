"""Right requests about settlements: agreements on what there is, payments of what was agreed, amounts that wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.infra.clock import utc_now, vietnam_day
from app.settlement.charge_kinds import AMOUNT_MOST_VND

if TYPE_CHECKING:
    from tests.absurd.market import Sale
    from tests.absurd.operations import Operation

_PATH = "/api/v1/settlements"


async def settlement_ids(sale: Sale, operation: Operation) -> dict[str, Any]:
    """An amount that may be taken back, a settlement that may be paid, what an agreement says."""
    if not operation.template.startswith(_PATH):
        return {}
    if operation.template.endswith("{charge_id}"):
        return {"charge_id": await a_charge(sale)}
    if operation.template.endswith("/payouts"):
        return {"number": await a_settlement(sale)}
    if operation.template.endswith("/agreements"):
        # something new of a producer each time, so that there are sessions to name
        await sale.orders()
        sold_by = "SELECT producer_id::text FROM products WHERE id = $1"
        producer_id = await sale.market.stores.database.pool.fetchval(sold_by, sale.market.product_ids[0])
        return {"producer_id": producer_id} | await seen(sale, producer_id)
    return {}


async def a_charge(sale: Sale) -> str:
    """The id of an addition; when too many wait already, they are agreed on first."""
    charge = {"kind": "addition", "amount_vnd": 1_000_000, "reason": "Thưởng"}
    path = f"{_PATH}/{sale.ids['producer_id']}"
    made = await sale.organiser.post(f"{path}/charges", json=charge)
    if made.status_code == 409:
        assert (await sale.organiser.post(f"{path}/agreements", json=await seen(sale))).is_success
        made = await sale.organiser.post(f"{path}/charges", json=charge)
    assert made.is_success, made.text
    return str(made.json()[-1]["charge_id"])


async def a_settlement(sale: Sale) -> str:
    """The number of one that was agreed and may be paid, however much absurd requests took off before."""
    await a_charge(sale)
    path = f"{_PATH}/{sale.ids['producer_id']}"
    while (missing := -(await sale.organiser.get(f"{path}/next")).json()["sums"]["payable_vnd"]) >= 0:
        charge = {"kind": "addition", "amount_vnd": min(missing + 1_000_000, AMOUNT_MOST_VND), "reason": "Bù"}
        added = await sale.organiser.post(f"{path}/charges", json=charge)
        if not added.is_success:
            assert (await sale.organiser.post(f"{path}/agreements", json=await seen(sale))).is_success, added.text
    made = await sale.organiser.post(f"{_PATH}/{sale.ids['producer_id']}/agreements", json=await seen(sale))
    assert made.is_success, made.text
    return str(made.json()["number"])


async def ids_of_settlements(sale: Sale) -> dict[str, str]:
    """What stands for settlements in any request."""
    return {"number": await a_settlement(sale), "charge_id": await a_charge(sale), "sheet": "xlsx"}


async def seen(sale: Sale, producer_id: str | None = None) -> dict[str, Any]:
    """What whoever looks at the next settlement agrees to."""
    draft = (await sale.organiser.get(f"{_PATH}/{producer_id or sale.ids['producer_id']}/next")).json()
    return {
        "sessions": [{"session_id": each["session_id"], "to_seq": each["to_seq"]} for each in draft["sessions"]],
        "digest": draft["digest"],
    }


def settlement_body(operation: Operation, ids: Any) -> dict[str, Any]:
    """What stands in a right body under these names."""
    if not operation.template.startswith(_PATH):
        return {}
    if operation.template.endswith("/agreements"):
        return {"sessions": ids.get("sessions", [{"session_id": ids["session_id"], "to_seq": 1}]), "digest": ids.get("digest", "0" * 64)}
    return {
        "order_code": None,
        "paid_on": vietnam_day(utc_now()).isoformat(),
        "reference": "FT1",
        "amount_vnd": 1_000,
        "kind": "deduction",
        "reason": "Thỏa thuận",
    }
