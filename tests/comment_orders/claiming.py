"""The services of one node that make claims, without its jobs: the tests say when it reads and when its clock looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from app.accounts.service import CurrentUser
from app.comment_orders.claim_rows import Phones
from app.comment_orders.claims import ClaimDesk
from app.comment_orders.deriving import ClaimReader
from app.comment_orders.grammar import may_name_code
from app.comment_orders.receivers import KnownReceivers
from app.infra.clock import to_ms, utc_now
from app.infra.database import Database
from app.infra.key_ring import KeyRing
from app.infra.redis_client import RedisClients
from app.infra.sealing import Envelopes
from app.live.comments import Speaker, archived, write_comments
from app.live.masking import mask_phone_numbers
from app.live.to_read import ReadingLater
from app.orders.contacts import Pseudonyms
from app.protocol.client_commands import Buyer, BuyerAddress
from app.protocol.views import CommentSource, CommentView
from app.settings import OrderSettings
from tests.orders.builders import Market
from tests.selling import Selling, selling_services


@dataclass(frozen=True, slots=True)
class Claiming:
    """Close `selling.placing` at the end."""

    selling: Selling
    later: ReadingLater
    reader: ClaimReader
    desk: ClaimDesk


def claiming_services(database: Database, redis: RedisClients, prefix: str) -> Claiming:
    """What `app/wiring.py` builds of a node for claims."""
    ring = KeyRing("tests")
    selling = selling_services(database, redis, prefix, ring=ring)
    later = ReadingLater(ring, is_worth=may_name_code)
    phones = Phones(Envelopes(ring), Pseudonyms(ring))
    desk = ClaimDesk(
        database,
        sessions=selling.sessions,
        placing=selling.placing,
        phones=phones,
        receivers=KnownReceivers(Envelopes(ring), phones),
        teller=selling.teller,
        settings=OrderSettings(),
    )
    return Claiming(selling, later, ClaimReader(database, later=later, phones=phones, teller=selling.teller), desk)


async def says(
    database: Database,
    market: Market,
    later: ReadingLater,
    text: str,
    *,
    device_id: UUID | None = None,
    source: CommentSource = "page",
    ago_seconds: float = 1.0,
) -> UUID:
    """A comment of the market's session in the archive, as the archive writes it; returns the device."""
    device_id = device_id or uuid4()
    said_at = utc_now() - timedelta(seconds=ago_seconds)
    comment = CommentView(id=str(uuid4()), at_ms=to_ms(said_at) or 0, author="Khách", text=mask_phone_numbers(text), source=source)
    row = archived(market.session_id, Speaker(device_id, None, False), comment, None, said=text)
    async with database.transactions.begin() as db:
        await write_comments(db, [row], later)
    return device_id


def the_host(market: Market) -> CurrentUser:
    return CurrentUser(market.user_id, market.organisation_id, "Đoàn xã", "host", "Lan", "host")


def a_buyer(phone: str | None = None) -> Buyer:
    phone = phone or f"090{uuid4().int % 10**7:07d}"
    return Buyer(name="Nguyễn Thị Lan", phone=phone, address=BuyerAddress(province_code=42, ward_code=18133, street="12 đường Ví Dụ"))
