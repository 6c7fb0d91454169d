"""A province with sessions and booths on chosen days: orders and later facts as valid chains, straight into the tables, and their sums."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from json import dumps
from uuid import UUID, uuid4

from app.accounts.models import Organisation, User
from app.accounts.permissions import Grant, Role
from app.accounts.service import CurrentUser
from app.catalog.models import Producer, Product
from app.infra.clock import to_ms
from app.infra.database import Database
from app.infra.key_ring import KeyRing
from app.ledger.chain import Entry, EntryLine, body_of, chain, genesis_hash
from app.ledger.kinds import EntryKind
from app.ledger.models import Ledger
from app.programmes.household import ProgrammeHouse
from app.programmes.programmes import Programmes
from app.programmes.schemas import ProgrammeContent, ProgrammeView, Takes
from app.programmes.summing import Sums
from app.reports.closing import ClosingService
from app.reports.signing import Signer
from app.sessions.models import LivestreamSession

PRICE_VND = 100_000


def moment(day: date, hour: int = 12) -> datetime:
    """That hour in Vietnam."""
    return datetime.combine(day, time(hour), UTC) - timedelta(hours=7)


@dataclass(slots=True)
class Sold:
    """An order by its id, with what it takes to write later facts about it."""

    session_id: UUID
    line: EntryLine
    buyer: str
    order_id: UUID = field(default_factory=uuid4)


@dataclass(slots=True)
class Province:
    """One organisation. What is sold costs `PRICE_VND` apiece."""

    database: Database
    house: ProgrammeHouse
    organisation_id: UUID = field(default_factory=uuid4)
    host_id: UUID = field(default_factory=uuid4)
    heads: dict[UUID, tuple[int, bytes]] = field(default_factory=dict)
    # The organisation signs with a key that this opens.
    secret: str = "tests"

    def user(self, role: Role = "organiser", *grants: Grant) -> CurrentUser:
        return CurrentUser(self.host_id, self.organisation_id, "Tỉnh Đoàn", "login", "Lan", role, grants)

    async def begin(self) -> None:
        async with self.database.transactions.begin() as db:
            db.add(Organisation(id=self.organisation_id, name="Tỉnh Đoàn"))
            await db.flush()
            login = f"host-{self.host_id}"
            db.add(
                User(id=self.host_id, organisation_id=self.organisation_id, login=login, display_name="Lan", role="host", password_hash="-")
            )

    async def producer(self, name: str = "HTX Mật ong", *, ward_code: int = 18133) -> UUID:
        """With one product of its own."""
        producer_id = uuid4()
        async with self.database.transactions.begin() as db:
            place = {"province_code": 42, "province_name": "Tỉnh Hà Tĩnh", "commune_code": ward_code, "commune_name": "Xã Hương Sơn"}
            of = {"organisation_id": self.organisation_id, "name": name}
            db.add(Producer(id=producer_id, kind="cooperative", **of, **place))
            await db.flush()
            db.add(Product(id=producer_id, producer_id=producer_id, price_vnd=PRICE_VND, unit="hũ", weight_grams=500, **of))
        return producer_id

    async def session(
        self,
        day: date,
        *,
        title: str = "Chợ phiên",
        state: str = "ended",
        ward_code: int | None = None,
        is_rehearsal: bool = False,
        booth_of: UUID | None = None,
        host_id: UUID | None = None,
    ) -> UUID:
        session_id, at = uuid4(), moment(day, 8)
        async with self.database.transactions.begin() as db:
            db.add(
                LivestreamSession(
                    id=session_id,
                    organisation_id=self.organisation_id,
                    host_id=host_id or self.host_id,
                    title=title,
                    state="live" if booth_of else state,
                    announced_state="live" if booth_of else state,
                    started_at=at,
                    ended_at=None if booth_of or state == "live" else at + timedelta(hours=4),
                    ward_code=ward_code,
                    is_rehearsal=is_rehearsal,
                    kind="booth" if booth_of else "stream",
                    producer_id=booth_of,
                )
            )
            await db.flush()
            db.add(Ledger(session_id=session_id, last_seq=0, last_hash=genesis_hash(session_id)))
        self.heads[session_id] = (0, genesis_hash(session_id))
        return session_id

    async def sell(self, session_id: UUID, producer_id: UUID, day: date, *, buyers: Sequence[str], units: int = 1) -> list[Sold]:
        """An order of each of these buyers, by the name of a buyer whose phone they are known by."""
        line = EntryLine(None, producer_id, producer_id, units, units * PRICE_VND)
        sold = [Sold(session_id, line, buyer) for buyer in buyers]
        orders, lines = [], []
        for each in sold:
            seq, at = self.heads[session_id][0] + 1, moment(day)
            await self.record(each, "placed", day=day)
            phone, device_id = sha256(each.buyer.encode()).digest(), uuid4()
            row = (each.order_id, session_id, seq, device_id, uuid4(), phone, phone, "cod", line.amount_vnd, at, at + timedelta(days=3))
            orders.append(row)
            lines.append((each.order_id, 1, None, producer_id, device_id, phone, units, PRICE_VND))
        async with self.database.pool.acquire() as db:
            names = ("id", "session_id", "seq", "device_id", "client_key", "request_digest", "phone_digest", "payment", "total_vnd")
            await db.copy_records_to_table("orders", records=orders, columns=(*names, "placed_at", "due_at"))
            of_lines = ("order_id", "line_number", "offer_id", "product_id", "device_id", "phone_digest", "quantity", "unit_price_vnd")
            await db.copy_records_to_table("order_lines", records=lines, columns=of_lines)
        return sold

    async def record(self, sold: Sold, *kinds: EntryKind, day: date) -> None:
        """Facts about an order on that day."""
        session_id, at = sold.session_id, moment(day)
        for kind in kinds:
            seq, previous = self.heads[session_id][0] + 1, self.heads[session_id][1]
            body = body_of(Entry(session_id, seq, kind, sold.order_id, sold.buyer, to_ms(at) or 0, (sold.line,)))
            digest = chain(previous, body)
            self.heads[session_id] = (seq, digest)
            async with self.database.pool.acquire() as db, db.transaction():
                await db.execute(
                    "INSERT INTO ledger_entries (session_id, seq, kind, order_id, happened_at, amount_vnd, units, body, hash) "
                    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                    *(session_id, seq, kind, sold.order_id, at, sold.line.amount_vnd, sold.line.quantity, body, digest),
                )
                await db.execute("UPDATE ledgers SET last_seq = $2, last_hash = $3 WHERE session_id = $1", session_id, seq, digest)

    async def measure(self, session_id: UUID, *, views: int, unique_viewers: int, sketch: bytes | None = None) -> None:
        """Figures of a session as they stand after its end."""
        sketches = {} if sketch is None else {"unique_viewers": b64encode(sketch).decode()}
        measured = {"views": views, "watch_ms": 60_000}
        figures = {"state": "final", "unique_viewers": unique_viewers, "measured": measured, "sketches": sketches}
        await self.database.pool.execute(
            "INSERT INTO session_totals (session_id, figures, products, outside) VALUES ($1, $2::jsonb, '{}', '{}')",
            session_id,
            dumps(figures),
        )

    async def close(self, session_id: UUID) -> None:
        """Close its books and sign the statement."""
        await self.database.pool.execute(
            "UPDATE sessions SET state = 'closed', ended_at = coalesce(ended_at, now()), closed_at = now() WHERE id = $1", session_id
        )
        await ClosingService(self.database, Signer(KeyRing(self.secret))).statement(self.user(), session_id)

    async def sum(self) -> None:
        """What the job does, until nothing is behind."""
        sums = Sums(self.database)
        while waiting := await sums.behind(limit=100):
            for session_id in waiting:
                assert await sums.sum(session_id)

    async def programme(self, first_day: date, last_day: date, *, takes: Takes = "all") -> ProgrammeView:
        content = ProgrammeContent(name="Tháng hàng Việt", first_day=first_day, last_day=last_day, takes=takes)
        return await Programmes(self.database).make(self.user(), content, None)
