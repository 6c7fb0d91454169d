"""Settlements as doors of the canary (`tests/test_privacy_canary.py`): what a buyer's name and number may go out by when producers are paid.

Everything that can be read of a settlement: by API, on its page, on paper, as sheets and tables, in what everybody may see of a session, and
what people without the right to settlements get instead.
"""

from __future__ import annotations

import asyncio
import io
import zipfile
from typing import Any

import httpx2
import pypdfium2

from app.infra.clock import utc_now, vietnam_day
from tests.canary_doors import WORDS

CARRIER = "Nhà xe Tân Mai"
REFERENCE = "FT-26-KY-1"
TAX_CODE = "3000123456"
# what of a settlement is no business of whoever may not see settlements
OF_SETTLEMENTS = (CARRIER, REFERENCE, TAX_CODE, "fact_hash", "payable_vnd", "settlement_goods")


async def settle(fair: Any, staff: httpx2.AsyncClient, spellings: tuple[str, ...]) -> dict[str, str]:
    """A producer is settled with, rightly and wrongly; returns everything that says so to those who may see it."""
    producer_id = (await staff.get("/api/v1/producers")).json()["items"][0]["id"]
    path = f"/api/v1/settlements/{producer_id}"
    texts: dict[str, str] = {}
    order_id = await _a_collected_order(fair, staff)
    for number, spelling in enumerate(spellings):
        charge = {"kind": "addition", "amount_vnd": 1_000 + number, "reason": f"{CARRIER}, gọi {spelling}", "order_code": None}
        (await staff.post(f"{path}/charges", json=charge)).raise_for_status()
    answers = {name: await staff.post(f"{path}/charges", json=body) for name, body in _wrong_charges().items()}
    texts |= await _read(staff, path, "next")
    texts["entries"] = (await staff.get(f"{path}/orders/{order_id}")).raise_for_status().text
    texts["choices"] = (await staff.get(f"{path}/next/sessions")).raise_for_status().text
    seen = (await staff.get(f"{path}/next")).json()
    sessions = [{"session_id": each["session_id"], "to_seq": each["to_seq"]} for each in seen["sessions"]]
    answers["agreement"] = await staff.post(f"{path}/agreements", json={"sessions": sessions, "digest": WORDS})
    made = await staff.post(f"{path}/agreements", json={"sessions": sessions, "digest": seen["digest"]})
    texts["agreed"] = made.raise_for_status().text
    paid = {"amount_vnd": 1_000, "paid_on": vietnam_day(utc_now()).isoformat(), "reference": REFERENCE}
    answers["payout"] = await staff.post(f"{path}/1/payouts", json=paid | {"paid_on": WORDS})
    answers["reference"] = await staff.post(f"{path}/1/payouts", json=paid | {"reference": "Kanarienvogel " * 20})
    texts["paid"] = (await staff.post(f"{path}/1/payouts", json=paid)).raise_for_status().text
    texts |= await _read(staff, path, "1")
    for also in ("settlements", "settlement-rules"):
        texts[also] = (await staff.get(f"/api/v1/{also}")).raise_for_status().text
    texts["page"] = (await staff.get("/organiser/settlements")).raise_for_status().text
    texts |= await _tables(fair, staff) | await _of_a_programme(staff)
    assert [name for name, answer in answers.items() if not 400 <= answer.status_code < 500] == []
    # the search looks where something is: the reasons are there, with the number masked
    assert texts["1 as text"].count("***") >= len(spellings)
    for name in ("1 as text", "1 as pdf", "1 as xlsx", "tables as json", "tables as xlsx", "tables as csv", "programme's file"):
        assert CARRIER in texts[name], name
    return {f"settlement, {name}": text for name, text in (texts | {name: answer.text for name, answer in answers.items()}).items()}


async def _a_collected_order(fair: Any, staff: httpx2.AsyncClient) -> str:
    orders = (await staff.get(fair.path("orders"))).raise_for_status().json()["orders"]
    order_id = next(str(order["order_id"]) for order in orders if order["state"] == "placed")
    for step in ({"kind": "confirmed"}, {"kind": "delivered", "collected": True}):
        (await staff.post(fair.path("orders", order_id, "steps"), json=step)).raise_for_status()
    return order_id


def _wrong_charges() -> dict[str, dict[str, Any]]:
    good = {"kind": "deduction", "amount_vnd": 1_000, "reason": "Thùng xốp", "order_code": None}
    return {
        "order": good | {"order_code": "Kanarienvogel"},
        "kind": good | {"kind": "Kanarienvogel"},
        "amount": good | {"amount_vnd": "0987654321x"},
        "reason": good | {"reason": "Kanarienvogel " * 50},
        "extra": good | {"buyer": WORDS},
    }


async def _read(staff: httpx2.AsyncClient, path: str, which: str) -> dict[str, str]:
    """One settlement as JSON, as paper and as a sheet."""
    pdf = (await staff.get(f"{path}/{which}/settlement.pdf")).raise_for_status().content
    sheet = (await staff.get(f"{path}/{which}/settlement.xlsx")).raise_for_status().content
    return {
        f"{which} as text": (await staff.get(f"{path}/{which}")).raise_for_status().text,
        f"{which} as pdf": _paper(pdf),
        f"{which} as xlsx": unzipped(sheet),
    }


def _paper(file: bytes) -> str:
    """All words of it, and what stands beside them in the file."""
    document = pypdfium2.PdfDocument(io.BytesIO(file))
    return "\n".join([str(document.get_metadata_dict()), *(page.get_textpage().get_text_bounded() for page in document)])


def unzipped(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


async def _tables(fair: Any, staff: httpx2.AsyncClient) -> dict[str, str]:
    """The general exports with settlements in them, and everything beside."""
    texts = {}
    for form in ("json", "xlsx", "csv"):
        content = await exported(fair, staff, form, ["report", "orders", "comments", "settlements"])
        texts[f"tables as {form}"] = content.decode() if form == "json" else unzipped(content)
    return texts


async def exported(fair: Any, who: httpx2.AsyncClient, form: str, content: list[str]) -> bytes:
    return await _made(who, fair.path("table-exports"), "/api/v1/jobs", {"format": form, "content": content, "language": "vi"})


async def _of_a_programme(staff: httpx2.AsyncClient) -> dict[str, str]:
    """A programme that the session falls into, as its page's answers and as a file."""
    today = vietnam_day(utc_now()).isoformat()
    programme = {"name": "Chợ phiên", "first_day": today, "last_day": today, "takes": "all"}
    made = (await staff.post("/api/v1/programmes", json=programme)).raise_for_status().json()
    path = f"/api/v1/programmes/{made['id']}"
    wanted = {"format": "json", "content": ["programme", "settlements"], "language": "vi"}
    file = (await _made(staff, f"{path}/table-exports", f"{path}/table-exports", wanted)).decode()
    pages = {part: (await staff.get(f"{path}{part}")).raise_for_status().text for part in ("", "/sessions", "/leagues/producer")}
    return {"programme's file": file} | {f"programme{part}": text for part, text in pages.items()}


async def _made(who: httpx2.AsyncClient, path: str, jobs: str, wanted: dict[str, Any]) -> bytes:
    job = (await who.post(path, json=wanted)).raise_for_status().json()
    async with asyncio.timeout(30):
        while job["state"] in ("waiting", "running"):
            # a job tells of itself only when it is asked
            await asyncio.sleep(0.1)
            job = (await who.get(f"{jobs}/{job['id']}")).raise_for_status().json()
    assert job["state"] == "done", job
    return (await who.get(str(job["file"]))).raise_for_status().content


async def of_others(fair: Any, staff: httpx2.AsyncClient, host: httpx2.AsyncClient) -> dict[str, str]:
    """What everybody, and a host, gets of a session that was settled and whose report is public: of buyers nothing, and of settlements nothing."""
    publication = {"minutes": True, "report": True, "licence": "CC BY 4.0"}
    (await staff.put(fair.path("publication"), json=publication)).raise_for_status()
    anyone, open_data = await fair.browser(), f"/api/v1/open/sessions/{fair.session_id}"
    places = {"page": f"/r/{fair.session_id}", "report": f"{open_data}/report", "minutes": f"{open_data}/minutes.csv"}
    texts = {f"public {name}": (await anyone.get(path)).raise_for_status().text for name, path in places.items()}
    texts["public export"] = unzipped((await anyone.get(f"{open_data}/export.zip")).raise_for_status().content)
    producer_id = (await staff.get("/api/v1/producers")).json()["items"][0]["id"]
    refused = {
        "list": await host.get("/api/v1/settlements"),
        "one": await host.get(f"/api/v1/settlements/{producer_id}/1"),
        "paper": await host.get(f"/api/v1/settlements/{producer_id}/1/settlement.pdf"),
        "sheet": await anyone.get(f"/api/v1/settlements/{producer_id}/1/settlement.xlsx"),
        "tables": await host.post(fair.path("table-exports"), json={"format": "json", "content": ["settlements"], "language": "vi"}),
        "page": await host.get("/organiser/settlements"),
    }
    made = (await staff.get(fair.path("table-exports"))).raise_for_status().json()["items"]
    assert made != []
    for each in made:
        refused[f"file {each['file_name']} {each['id']}"] = await host.get(str(each["file"]))
    assert {name: answer.status_code for name, answer in refused.items() if answer.status_code not in (401, 403, 404)} == {}
    texts |= {f"host, {name}": answer.text for name, answer in refused.items()}
    texts["host, list of files"] = (await host.get(fair.path("table-exports"))).raise_for_status().text
    texts["host, tables"] = (await exported(fair, host, "json", ["report", "orders", "comments"])).decode()
    assert {name: found for name, text in texts.items() if (found := [each for each in OF_SETTLEMENTS if each in text])} == {}
    return {f"settled, {name}": text for name, text in texts.items()}
