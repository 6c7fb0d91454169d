"""An order's way through the code is short enough to be read in one sitting, and it is the one that the README walks."""

from __future__ import annotations

from uuid import uuid4

from app.main import services_of
from app.orders.schemas import NewOffer
from app.settings import PROJECT_ROOT
from tests.live.market import Market, Viewer
from tests.live.walked_files import Walk, walking

# From a message to its receipt; and the files that get the message off the socket and the receipt onto it.
# One of them, app/orders/books.py, holds what app/orders/batch.py works on.
MOST_FILES = 14
CARRYING_THE_SOCKET = 3
# The tasks that carry an order: the socket's, and the writer's of the session.
_TASKS = (
    "ViewerMessages._answer",
    "Router._answer_apart",
    "PlacingQueues._start_writer.<locals>.write",
    "PlacingQueue._committed",
    "Gathering._answer_all",
)


async def _an_order(market: Market) -> Walk:
    product_id = market.product_ids[0]
    new = NewOffer(product_id=product_id, flash_price_vnd=39_000, total_quantity=9, open_now=True)
    offer = await services_of(market.node.app).offers.create(market.organiser, market.session_id, new)
    viewer = await market.enters()
    with walking(*_TASKS, beyond="OrderPlacing._after_commit") as walk:
        reply = await _orders(viewer, offer.id)

    assert reply["type"] == "order.placed"
    return walk


async def _orders(viewer: Viewer, offer_id: object) -> dict[str, object]:
    return await viewer.asks(
        "order.place",
        key=str(uuid4()),
        lines=[{"offer_id": str(offer_id), "quantity": 2}],
        buyer={
            "name": "Nguyễn Thị Lan",
            "phone": "0912345678",
            "address": {"province_code": 42, "ward_code": 18133, "street": "12 đường Ví Dụ"},
        },
        payment="cod",
    )


async def test_an_order_passes_few_files_and_enters_none_from_behind(live_market: Market) -> None:
    whole = await _an_order(live_market)
    walk = whole.between("Router.receive", "DetachedConnection.send")

    assert walk.files()[0] == "app/realtime/router.py"
    assert "app/ledger/chain.py" in walk.files()
    assert len(walk.files()) <= MOST_FILES, walk.files()
    assert len(whole.files()) <= MOST_FILES + CARRYING_THE_SOCKET, whole.files()
    assert walk.ways_back() == []


async def test_the_readme_walks_the_way_that_an_order_takes(live_market: Market) -> None:
    text = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    steps = text[text.index("### One flash order, step by step") :]

    assert [name for name in (await _an_order(live_market)).files() if f"`{name}`" not in steps] == []


def test_a_call_back_into_a_file_that_led_here_is_noticed() -> None:
    walk = Walk(
        (), "", [("", "app/a.py", "f"), ("app/a.py", "app/b.py", "g"), ("app/b.py", "app/c.py", "h"), ("app/c.py", "app/a.py", "k")]
    )

    assert ("app/c.py", "app/a.py") in walk.ways_back()
    assert Walk((), "", walk.calls[:3]).ways_back() == []
