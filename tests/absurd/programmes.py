"""Right requests about programmes: one that there is, a youth-union unit, new names each time; and a session that is open to everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from tests.absurd.market import Sale
    from tests.absurd.operations import Operation


async def ids_of_programmes(sale: Sale) -> dict[str, str]:
    """What stands for programmes in any request."""
    programme = {"name": "Tháng hàng Việt", "first_day": "2026-11-01", "last_day": "2026-11-30", "takes": "all"}
    made = await sale.organiser.post("/api/v1/programmes", json=programme)
    assert made.is_success, made.text
    unit = await sale.organiser.post("/api/v1/union-units", json={"name": "Đoàn xã Thiên Cầm"})
    assert unit.is_success, unit.text
    opened = await sale.organiser.put(f"/api/v1/sessions/{sale.market.session_id}/publication", json={"minutes": True, "report": False})
    assert opened.is_success, opened.text
    return {"programme_id": made.json()["id"], "unit_id": unit.json()["id"], "by": "commune"}


def programme_body(operation: Operation) -> dict[str, Any]:
    """What stands in a right body under these names."""
    if operation.template.endswith("/publication"):
        return {"minutes": True}
    if "/union-units" in operation.template:
        return {"name": f"Đoàn xã {uuid4().hex[:8]}"}
    if operation.template.startswith("/api/v1/programmes"):
        return {"first_day": "2026-11-01", "last_day": "2026-11-30", "takes": "chosen"}
    return {}
