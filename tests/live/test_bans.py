"""A ban holds at every door of its session, over the socket and over HTTP, and at no other; what was ordered before stays the buyer's."""

from __future__ import annotations

from uuid import uuid4

from app.infra.key_ring import KeyRing
from app.protocol.close_codes import CloseCode
from app.realtime.tickets import TICKET_COOKIE, TicketSigner
from tests.buyers import a_viewer, an_offer, an_order, path_of
from tests.live.fixtures import on_both_transports
from tests.live.market import SECRET, Market, another_session
from tests.live.test_moderation import comment_of, helping, says

pytestmark = on_both_transports


async def test_a_ban_closes_every_door_of_the_session_also_where_nobody_has_its_room_open(live_market: Market) -> None:
    offer = await an_offer(live_market, per_viewer_limit=5)
    elsewhere = await live_market.another_node()
    async with a_viewer(live_market) as troll, a_viewer(live_market) as neighbour, helping(live_market) as helper:
        device = TicketSigner(KeyRing(SECRET)).read(troll.cookies[TICKET_COOKIE])
        socket = await live_market.enters(device=device)
        kept = an_order(offer)
        before = await troll.post(path_of(live_market, "orders"), json=kept)
        await says(socket, "hàng dởm")
        comment = await comment_of(socket, "hàng dởm")

        restriction_id = await helper.restricts(comment["id"], "ban")
        assert await socket.closed(within=1) == CloseCode.BANNED

        asked = {"lines": an_order(offer)["lines"]}
        doors = [("orders", an_order(offer)), ("quote", asked), ("presence", {}), ("tickets", {})]
        for node in (live_market.node, elsewhere):
            troll.base_url = f"http://{node.address}"
            troll.headers["origin"] = f"http://{node.address}"
            refused = {door: await troll.post(path_of(live_market, door), json=body) for door, body in doors}
            codes = {door: (answer.status_code, answer.json()["code"]) for door, answer in refused.items()}
            assert codes == {door: (403, "speaker_banned") for door, _ in doors}
            again = await troll.post(path_of(live_market, "orders"), json=kept)
            assert (again.status_code, again.json()) == (201, before.json())
        assert (await neighbour.post(path_of(live_market, "orders"), json=an_order(offer))).status_code == 201
        mine = (await troll.get(path_of(live_market, "orders", "mine"))).json()["orders"]
        assert [order["order_id"] for order in mine] == [before.json()["order_id"]]

        await helper.does("POST", f"/restrictions/{restriction_id}/lift")
        assert (await troll.post(path_of(live_market, "orders"), json=an_order(offer))).status_code == 201


async def test_a_ban_from_one_session_holds_in_no_other(live_market: Market) -> None:
    troll = await live_market.enters(device=(device := uuid4()))
    await says(troll, "hàng dởm")
    comment = await comment_of(troll, "hàng dởm")

    async with helping(live_market) as helper, another_session(live_market) as next_door:
        await helper.restricts(comment["id"], "ban")
        await next_door.goes_live()
        assert (await says(await next_door.enters(device=device), "bưởi ngon"))["type"] == "command.done"
