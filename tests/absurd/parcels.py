"""Right requests about parcels: new ones of new orders for each, so that what is closed, merged or taken apart is missed by nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.buyers import BUYER

if TYPE_CHECKING:
    from tests.absurd.market import Sale
    from tests.absurd.operations import Operation

_OF_PARCELS = "/api/v1/parcels"
_HANDED_OVER = "/api/v1/parcel-handovers"
_PRINTED = ("/labels", "/slips", "/pick-list", "/packing-list", "/picks")


async def parcel_ids(sale: Sale, operation: Operation) -> dict[str, Any]:
    """Ids of parcels and orders that this operation may do anything to."""
    path = operation.template
    if path.startswith(_HANDED_OVER):
        made = await _packed(sale)
        return {"mark": await _handed_over(sale, made)} if path.endswith("/undo") else made
    if not path.startswith(_OF_PARCELS) or path.endswith(("/counts", "/rules")):
        return {}
    if path == _OF_PARCELS or path.endswith("/preview"):
        return await sale.orders() | {"confirmed": await _confirmed(sale)}
    if path.endswith("/reopened"):
        return await _packed(sale)
    made = await a_parcel(sale)
    if path.endswith("/merged"):
        made["other_parcel_id"] = (await a_parcel(sale))["parcel_id"]
    return made


def parcel_body(operation: Operation, ids: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in a right body under these names."""
    path = operation.template
    if path.startswith(_HANDED_OVER):
        return {"parcel_ids": [ids["parcel_id"]], "tracking_code": None}
    if not path.startswith(_OF_PARCELS):
        return {}
    if path == _OF_PARCELS:
        return {"groups": [[ids.get("confirmed", ids["order_id"])]]}
    if path.endswith(("/scans", "/packed")):
        return {"code": None, "all_in": True}
    if path.endswith("/merged"):
        return {"parcel_id": ids.get("other_parcel_id", ids["parcel_id"])}
    if path.endswith("/split"):
        return {"lines": [{"order_id": ids["order_id"], "sold_by": ids.get("sold_by", ids["offer_id"]), "quantity": 1}]}
    return {"parcel_ids": [ids["parcel_id"]], "batch_id": None, "state": None} if path.endswith(_PRINTED) else {}


async def a_parcel(sale: Sale) -> dict[str, Any]:
    """Ids of a new parcel of two units, of its order and of what is in it."""
    order_id = await _confirmed(sale)
    made = (await sale.organiser.post(_OF_PARCELS, json={"groups": [[order_id]]})).json()
    (parcel_id,) = made["parcel_ids"]
    parcel = (await sale.organiser.get(f"{_OF_PARCELS}/{parcel_id}")).json()
    (line,) = parcel["lines"]
    return {
        "parcel_id": parcel_id,
        "code": parcel["code"],
        "order_id": order_id,
        "sold_by": line["sold_by"],
        "product_id": line["product_id"],
        "units": parcel["units"],
    }


async def _packed(sale: Sale) -> dict[str, Any]:
    """As `a_parcel`, with all its units in it."""
    made = await a_parcel(sale)
    for _ in range(made["units"]):
        await sale.organiser.post(f"{_OF_PARCELS}/{made['parcel_id']}/scans", json={"product_id": made["product_id"]})
    return made


async def _handed_over(sale: Sale, parcel: Mapping[str, Any]) -> str:
    """The mark of a parcel's way out, which can be taken back for a minute."""
    answer = await sale.organiser.post(_HANDED_OVER, json={"parcel_ids": [parcel["parcel_id"]]})
    assert answer.is_success, answer.text
    return str(answer.json()["mark"])


async def _confirmed(sale: Sale) -> str:
    """The id of a new order of one buyer to one address that is confirmed, and known to be."""
    order = await sale.orders(buyer=BUYER, quantity=2)
    path = f"/api/v1/sessions/{sale.market.session_id}/orders/{order['order_id']}/steps"
    assert (await sale.organiser.post(path, json={"kind": "confirmed"})).is_success
    async with asyncio.timeout(20):
        while True:
            seen = await sale.organiser.post(f"{_OF_PARCELS}/preview", json={"order_ids": [order["order_id"]]})
            if seen.json()["groups"]:
                return order["order_id"]
            await asyncio.sleep(0.05)
