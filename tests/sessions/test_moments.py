"""Before a stream a calendar file, afterwards the moments of its products: times that fit the recording, words that break no format."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.sessions.moments import Moment, web_vtt
from app.web.calendar import calendar_event
from tests.live.market import Market
from tests.sessions.test_booths import a_producer, ask, open_booth

ID = UUID("5d1f6c1e-0000-4000-8000-000000000000")


def unfolded(text: str) -> dict[str, str]:
    lines = text.replace("\r\n ", "").split("\r\n")
    return dict(line.split(":", 1) for line in lines if line and not line.startswith(("BEGIN", "END")))


def test_a_calendar_file_escapes_words_and_tears_no_letter_apart() -> None:
    title = "Chợ phiên; Tết, sum vầy\\ " + "ấ" * 90 + "\nBEGIN:VALARM"
    text = calendar_event(ID, start=datetime(2099, 1, 31, 13, tzinfo=UTC), title=title, words="a", address="https://cho.test/s/1")

    said = unfolded(text)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert text.replace("\r\n", "").count("\n") == 0
    assert said["SUMMARY"] == "Chợ phiên\\; Tết\\, sum vầy\\\\ " + "ấ" * 90 + "\\nBEGIN:VALARM"
    assert (said["DTSTART"], said["DTEND"]) == ("20990131T130000Z", "20990131T150000Z")
    assert said["UID"] == f"{ID}@ocop-live"


def test_a_name_cannot_end_its_cue() -> None:
    text = web_vtt([Moment(kind="pin", product_id=ID, product_name="A\n\n00:00 --> 00:09 <b>&", start_ms=3_661_001, end_ms=3_662_000)])

    assert text == "WEBVTT\n\n1\n01:01:01.001 --> 01:01:02.000\nA 00:00 --&gt; 00:09 &lt;b&gt;&amp;\n"


async def test_a_planned_session_has_a_calendar_file_and_one_without_a_time_has_none(market: Market) -> None:
    path = f"/api/v1/sessions/{market.session_id}"
    async with market.browser(market.organiser) as organiser, market.browser() as anybody:
        draft = await anybody.get(f"/s/{market.session_id}/calendar.ics")
        await ask(organiser, "PATCH", path, {"planned_start_at": "2099-01-31T20:00:00+07:00"})
        await ask(organiser, "POST", f"{path}/transitions", {"to": "scheduled"})
        planned = await anybody.get(f"/s/{market.session_id}/calendar.ics")
        booth = await open_booth(market, await a_producer(market, 50_000))
        never = await anybody.get(f"/s/{booth['id']}/calendar.ics")

    assert (draft.status_code, planned.status_code, never.status_code) == (404, 200, 404)
    assert planned.headers["content-type"] == "text/calendar; charset=utf-8"
    assert unfolded(planned.text)["DTSTART"] == "20990131T130000Z"


async def test_moments_are_the_stretches_between_pins_and_say_where_goods_are_still_sold(live_market: Market) -> None:
    market = live_market
    path = f"/api/v1/sessions/{market.session_id}"
    first, second = (str(each) for each in market.product_ids)
    async with market.browser(market.organiser) as organiser, market.browser() as anybody:
        producer = next(each["producer_id"] for each in (await ask(organiser, "GET", path))["products"])
        await open_booth(market, producer, units=None)
        for product_id in (first, second, None):
            await ask(organiser, "POST", f"{path}/pin", {"product_id": product_id})
        offer: dict[str, Any] = {
            "product_id": first,
            "flash_price_vnd": 39_000,
            "total_quantity": 10,
            "per_viewer_limit": 5,
            "open_now": True,
        }
        await ask(organiser, "POST", f"{path}/offers", offer, status=201)
        await ask(organiser, "POST", f"{path}/transitions", {"to": "ended"})
        found = await ask(anybody, "GET", f"{path}/moments.json")
        chapters = await anybody.get(f"{path}/moments.vtt")
        page = await anybody.get(f"/s/{market.session_id}")

    moments = found["moments"]
    assert [(each["kind"], each["product_id"]) for each in moments] == [("pin", first), ("pin", second), ("offer", first)]
    assert moments[0]["end_ms"] == moments[1]["start_ms"]
    assert moments[1]["end_ms"] <= moments[2]["start_ms"] < moments[2]["end_ms"]
    assert producer in [each["producer_id"] for each in found["booths"]]
    assert chapters.headers["content-type"] == "text/vtt; charset=utf-8"
    assert chapters.text.count(" --> ") == 3
    assert page.status_code == 200


async def test_moments_follow_a_recording_that_began_earlier_or_later_than_the_session(live_market: Market) -> None:
    path = f"/api/v1/sessions/{live_market.session_id}"
    async with live_market.browser(live_market.host) as host, live_market.browser() as anybody:
        await ask(host, "POST", f"{path}/pin", {"product_id": str(live_market.product_ids[0])})
        await ask(host, "POST", f"{path}/transitions", {"to": "ended"})
        plain = await ask(anybody, "GET", f"{path}/moments.json")
        set_before = await host.put(f"{path}/recording", json={"lead_seconds": 90})
        before = await ask(anybody, "GET", f"{path}/moments.json")
        await host.put(f"{path}/recording", json={"lead_seconds": -3_600})
        after = await ask(anybody, "GET", f"{path}/moments.json")
        absurd = await host.put(f"{path}/recording", json={"lead_seconds": 10**9})
        booth = await open_booth(live_market, await a_producer(live_market, 50_000))
        stranger = await anybody.put(f"{path}/recording", json={"lead_seconds": 1})
    async with live_market.browser(live_market.organiser) as organiser:
        of_booth = await organiser.put(f"/api/v1/sessions/{booth['id']}/recording", json={"lead_seconds": 1})

    (moment,), (shifted,) = plain["moments"], before["moments"]
    assert (set_before.status_code, before["lead_seconds"]) == (204, 90)
    assert (shifted["start_ms"], shifted["end_ms"]) == (moment["start_ms"] + 90_000, moment["end_ms"] + 90_000)
    assert after["moments"] == []
    assert (absurd.status_code, stranger.status_code, of_booth.status_code) == (422, 401, 409)


async def test_a_draft_has_no_moments(market: Market) -> None:
    async with market.browser() as anybody:
        await ask(anybody, "GET", f"/api/v1/sessions/{market.session_id}/moments.json", status=404)
