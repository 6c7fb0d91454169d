"""Right requests about carriers: columns of the organisation's own for each, and parcels in those that ship with the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.absurd.parcels import a_parcel

if TYPE_CHECKING:
    from tests.absurd.market import Sale
    from tests.absurd.operations import Operation

_MAPPINGS = "/api/v1/carrier-mappings"
_CONTENT = {"kind": "file", "columns": [{"head": "SĐT", "field": "phone"}]}
# Files, signed notices, a carrier who has to answer, and what it said that nobody could place: tests/carriers has hostile ones.
OF_CARRIERS = (
    *("/carrier-reports", "/carrier-reports/preview", "/carrier-notices/{account_id}", "/carrier-work/{event_id}/settlement"),
    *(f"/carrier-accounts/{{carrier}}/{asked}" for asked in ("prices", "orders", "cancellations", "checks")),
)


async def carrier_ids(sale: Sale, operation: Operation) -> dict[str, Any]:
    """Ids of columns that this operation may change and take away, and of a parcel that it may put into a file."""
    path = operation.template
    if path.endswith("{mapping_id}"):
        return {"mapping_id": await a_mapping(sale)}
    return await a_parcel(sale) if path.startswith("/api/v1/carrier-files") and operation.schema is not None else {}


def carrier_body(operation: Operation) -> dict[str, Any]:
    """What stands in a right body under these names."""
    if operation.template.startswith(_MAPPINGS):
        return {"content": _CONTENT, "name": "Cột của hợp tác xã", "carrier": "other", "seen_version": 1}
    return {"token": "the-token-of-the-carrier"} if operation.template.endswith("/carrier-accounts/{carrier}") else {}


async def a_mapping(sale: Sale) -> str:
    """The id of new columns."""
    made = await sale.organiser.post(_MAPPINGS, json={"name": "Cột của hợp tác xã", "carrier": "other", "content": _CONTENT})
    assert made.is_success, made.text
    return str(made.json()["mapping_id"])


async def ids_of_carriers(sale: Sale) -> Mapping[str, str]:
    """What stands for carriers in any request."""
    ready = (await sale.organiser.get(_MAPPINGS)).json()["items"]
    columns = next(each["mapping_id"] for each in ready if each["is_ready"] and each["content"]["kind"] == "file")
    return {"mapping_id": columns, "carrier": "ghtk", "event_id": sale.ids["order_id"]}
