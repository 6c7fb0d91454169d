"""What comments may hold without being confirmed is bounded, per device, per network and of the stock; a held comment that is let through makes its claim."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from app.comment_orders.deriving import ClaimReader
from app.comment_orders.schemas import MendedLine
from app.infra.clock import to_ms, utc_now
from app.infra.database import Database
from app.live.comments import Speaker, archived, write_comments
from app.live.late_words import LateWords
from app.live.masking import mask_phone_numbers
from app.live.moderating import Moderating
from app.protocol.claims import ClaimView
from app.protocol.moderation import HiddenMark
from app.protocol.views import CommentView
from app.settings import OrderSettings
from tests.comment_orders.claiming import Claiming, a_buyer, says, the_host
from tests.comment_orders.test_claims import pool, the_claim
from tests.orders.builders import Market, a_pool, a_product


class Room:
    """A room whose comments are read within bounds."""

    def __init__(self, database: Database, market: Market, claiming: Claiming, **bounds: float) -> None:
        self.database, self.market, self.claiming = database, market, claiming
        settings = OrderSettings.model_validate(bounds)
        reader = claiming.reader
        self.reader = ClaimReader(database, later=claiming.later, phones=reader._phones, teller=reader._teller, settings=settings)

    async def claims(self, text: str, *, device_id: UUID | None = None, network: bytes | None = None) -> ClaimView:
        """The claim of a new comment."""
        device_id = await says(self.database, self.market, self.claiming.later, text, device_id=device_id)
        if network is not None:
            await self.database.pool.execute("UPDATE comments SET network = $2 WHERE device_id = $1", device_id, network)
        await self.reader.read_waiting()
        return (await self.claiming.desk.own(device_id, self.market.session_id)).claims[0]


def outcomes(claim: ClaimView) -> list[tuple[str, int, str]]:
    return [(line.code, line.quantity, line.outcome) for line in claim.lines]


async def test_one_device_holds_no_more_than_its_bound_whatever_it_says(database: Database, market: Market, claiming: Claiming) -> None:
    await a_pool(database, market, units=100, limit=100)
    other = await a_product(database, market)
    await a_pool(database, market, other, units=100, limit=100)
    await database.pool.execute(
        "UPDATE session_products SET code = 'B3' WHERE session_id = $1 AND product_id = $2", market.session_id, other
    )
    room = Room(database, market, claiming, claim_units_per_device=5)

    claim = await room.claims("A1 x3, B3 x3")
    device_id = await database.pool.fetchval("SELECT device_id FROM comment_claims WHERE id = $1", claim.id)
    more = await room.claims("A1 x6", device_id=device_id)

    assert outcomes(claim) == [("A1", 3, "held"), ("B3", 3, "too_many")]
    # said anew, the bound counts what is held now, not what was held before
    assert outcomes(more) == [("A1", 6, "too_many"), ("B3", 3, "held")]
    assert (await pool(database, market), await pool(database, market, other)) == ((0, 0), (0, 3))


async def test_everybody_behind_one_network_holds_no_more_than_its_bound_together(
    database: Database, market: Market, claiming: Claiming
) -> None:
    await a_pool(database, market, units=100, limit=100)
    room = Room(database, market, claiming, claim_units_per_address=5, claim_stock_share=1.0)
    here, there = b"12345678", b"87654321"

    found = [await room.claims("A1 x2", network=here) for _ in range(3)]
    elsewhere = await room.claims("A1 x2", network=there)

    assert [each.lines[0].outcome for each in (*found, elsewhere)] == ["held", "held", "too_many", "held"]


async def test_what_nobody_confirms_leaves_a_share_of_the_stock_to_others_and_the_desk_may_give_that_too(
    database: Database, market: Market, claiming: Claiming
) -> None:
    await a_pool(database, market, units=10, limit=10)
    room = Room(database, market, claiming, claim_stock_share=0.5)

    found = [await room.claims("A1 x2") for _ in range(3)]
    assert [each.lines[0].outcome for each in found] == ["held", "held", "too_many"]
    assert (found[2].state, await pool(database, market)) == ("sold_out", (0, 4))
    mended = await claiming.desk.mend(
        the_host(market), market.session_id, found[2].id, [MendedLine(product_id=market.product_id, quantity=2)]
    )
    assert mended.state == "held"

    # what is confirmed counts no more: four of ten are sold, the share is that of the other six
    for each in (found[0], mended):
        await claiming.desk.confirm(the_host(market), market.session_id, each.id, a_buyer())
    again = [await room.claims("A1") for _ in range(2)]

    assert await pool(database, market) == (4, 3)
    assert [each.lines[0].outcome for each in again] == ["held", "too_many"]


@pytest.mark.parametrize(("units", "held"), [(1, 1), (2, 2), (3, 2)])
async def test_of_little_stock_the_share_is_rounded_up(
    database: Database, market: Market, claiming: Claiming, units: int, held: int
) -> None:
    await a_pool(database, market, units=units, limit=10)
    room = Room(database, market, claiming, claim_stock_share=0.55)

    found = [await room.claims("A1") for _ in range(units)]

    assert sum(each.lines[0].outcome == "held" for each in found) == held


async def is_held_by_a_rule(database: Database, market: Market, claiming: Claiming, text: str) -> tuple[UUID, UUID]:
    """A comment that nobody has seen: its id and its device."""
    comment_id, device_id, now = uuid4(), uuid4(), (to_ms(utc_now()) or 0) - 2_000
    comment = CommentView(id=str(comment_id), at_ms=now, author="Khách", text=mask_phone_numbers(text))
    mark = HiddenMark(reason="link", by="", at_ms=now)
    row = archived(market.session_id, Speaker(device_id, None, False), comment, mark, said=text)
    async with database.transactions.begin() as db:
        await write_comments(db, [row], claiming.later)
    return comment_id, device_id


async def test_a_comment_that_a_rule_held_makes_its_claim_when_it_is_let_through_and_only_once(
    database: Database, market: Market, claiming: Claiming
) -> None:
    await a_pool(database, market, units=10)
    comment_id, device_id = await is_held_by_a_rule(database, market, claiming, "chốt A1 x2 shop.vn")
    selling = claiming.selling
    moderating = Moderating(
        database,
        sessions=selling.sessions,
        archive=Archived(),  # type: ignore[arg-type]  # it is in the archive
        teller=selling.teller,
        later=claiming.later,
        late_words=LateWords(database, teller=selling.teller),
    )
    host = the_host(market)
    assert await claiming.reader.read_waiting() == 0

    await moderating.restore(host, market.session_id, comment_id)
    await moderating.restore(host, market.session_id, comment_id)
    assert await claiming.reader.read_waiting() == 1
    claim = await the_claim(claiming, market, device_id)
    assert outcomes(claim) == [("A1", 2, "held")]

    # hidden by hand and shown again, it asks for nothing anew
    await claiming.desk.reject(host, market.session_id, claim.id)
    await moderating.hide(host, market.session_id, comment_id)
    await moderating.restore(host, market.session_id, comment_id)
    assert await claiming.reader.read_waiting() == 0


async def test_what_comes_late_from_a_rule_says_nothing_about_what_was_said_anew(
    database: Database, market: Market, claiming: Claiming
) -> None:
    await a_pool(database, market, units=10, limit=10)
    comment_id, device_id = await is_held_by_a_rule(database, market, claiming, "A1 x2")
    await says(database, market, claiming.later, "A1 x3", device_id=device_id)
    await claiming.reader.read_waiting()
    selling = claiming.selling
    moderating = Moderating(
        database,
        sessions=selling.sessions,
        archive=Archived(),  # type: ignore[arg-type]  # it is in the archive
        teller=selling.teller,
        later=claiming.later,
        late_words=LateWords(database, teller=selling.teller),
    )

    await moderating.restore(the_host(market), market.session_id, comment_id)
    assert await claiming.reader.read_waiting() == 0

    claim = await the_claim(claiming, market, device_id)
    assert (outcomes(claim), claim.words) == ([("A1", 3, "held")], "A1 x3")


class Archived:
    """Everything is in the archive already."""

    async def wait_for(self, session_id: UUID, comment_id: UUID) -> None:
        return
