"""Rules for viewers without a socket: one document a second for any number of them, counted apart by beacons."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from app.live.polling import BEACON_SECONDS, BEACONS_PER_SECOND, PollingDevices
from app.protocol.server_events import RoomSnapshot
from tests.live.market import Market


async def test_the_document_is_the_snapshot_that_a_socket_would_get(live_market: Market) -> None:
    viewer = await live_market.connects()
    snapshot = await viewer.hello()

    async with live_market.browser() as browser:
        answer = await browser.get(f"/api/v1/sessions/{live_market.session_id}/tick")

    polled = RoomSnapshot.model_validate_json(answer.content)
    assert polled.session.model_dump(mode="json") == snapshot["session"]
    assert [product.model_dump(mode="json") for product in polled.products] == snapshot["products"]
    assert answer.headers["cache-control"] == "public, max-age=1"
    assert "set-cookie" not in answer.headers


async def test_an_unchanged_room_is_not_sent_twice(live_market: Market) -> None:
    async with live_market.browser() as browser:
        path = f"/api/v1/sessions/{live_market.session_id}/tick"
        first = await browser.get(path)
        again = await browser.get(path, headers={"if-none-match": first.headers["etag"]})
        await live_market.node.sessions.pin(live_market.host, live_market.session_id, live_market.product_ids[1])
        async with asyncio.timeout(3):
            while (changed := await browser.get(path, headers={"if-none-match": first.headers["etag"]})).status_code == 304:  # noqa: ASYNC110 - polling is the rule
                await asyncio.sleep(0.05)

    assert (again.status_code, again.content) == (304, b"")
    assert changed.json()["pinned_product_id"] == str(live_market.product_ids[1])


async def test_a_session_that_has_not_begun_has_no_document(market: Market) -> None:
    async with market.browser() as browser:
        answer = await browser.get(f"/api/v1/sessions/{market.session_id}/tick")

    assert (answer.status_code, answer.json()["code"]) == (409, "session_not_live")


async def test_polling_devices_are_counted_apart_from_viewers(live_market: Market) -> None:
    viewer = await live_market.enters()
    presence = f"/api/v1/sessions/{live_market.session_id}/presence"
    for _ in range(2):
        async with live_market.browser() as browser:
            await browser.post(f"/api/v1/sessions/{live_market.session_id}/tickets")
            for _ in range(3):
                answer = await browser.post(presence)
                assert answer.json() == {"next_seconds": BEACON_SECONDS}

    frame = await viewer.sees(lambda each: (each.get("counts") or {}).get("polling") == 2)

    assert frame["counts"]["viewers"] == 1


def test_beacons_stay_few_however_many_poll() -> None:
    devices = PollingDevices()

    intervals = [devices.beacon(uuid4().bytes) for _ in range(20_000)]

    assert 20_000 / intervals[-1] == pytest.approx(BEACONS_PER_SECOND, rel=0.01)


def test_a_device_that_is_not_heard_of_any_more_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 1_000.0
    monkeypatch.setattr("app.live.polling.monotonic", lambda: moment)
    devices = PollingDevices()
    stays, goes = uuid4().bytes, uuid4().bytes
    devices.beacon(stays)
    devices.beacon(goes)

    moment += 2 * BEACON_SECONDS
    devices.beacon(stays)

    devices.forget_silent(moment)
    assert set(devices.devices) == {stays, goes}
    devices.forget_silent(moment + BEACON_SECONDS)
    assert set(devices.devices) == {stays}
