"""The services of this package, built together."""

from __future__ import annotations

from dataclasses import dataclass

from app.carriers.accounts import CarrierAccounts
from app.carriers.carrier_api import CarrierApi, checked_address
from app.carriers.events import CarrierEvents
from app.carriers.files import CarrierFiles
from app.carriers.ghtk import Ghtk
from app.carriers.handing_over import HandingOver
from app.carriers.jobs import CarrierJobs
from app.carriers.mappings import CarrierMappings
from app.carriers.notices import CarrierNotices
from app.carriers.reports import CarrierReports
from app.carriers.schemas import ApiCarrier
from app.carriers.seals import CarrierSeals
from app.carriers.sending import CarrierSending
from app.fulfilment.desk import OrderDesk
from app.fulfilment.sealed_rows import SealedRows
from app.infra.database import Database
from app.infra.job_lock import JobLock
from app.infra.key_ring import KeyRing
from app.infra.startup import StartupError
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Carriers:
    """Columns, files, reports, connections, sending, notices, handing over. `ghtk` is for the wiring to close, `jobs` to start."""

    mappings: CarrierMappings
    files: CarrierFiles
    reports: CarrierReports
    accounts: CarrierAccounts
    sending: CarrierSending
    notices: CarrierNotices
    handing_over: HandingOver
    ghtk: Ghtk
    jobs: CarrierJobs

    def all(self) -> tuple[object, ...]:
        """Each of them once."""
        return tuple(getattr(self, name) for name in self.__slots__)

    async def close(self) -> None:
        await self.ghtk.close()


def carrier_services(
    database: Database, *, rows: SealedRows, desk: OrderDesk, ring: KeyRing, lock: JobLock, settings: Settings
) -> Carriers:
    """Raises `StartupError` when an address is not one that carriers are called at."""
    own = settings.carriers
    try:
        address = checked_address(own.ghtk_address)
    except ValueError as error:
        raise StartupError(f"OCOP_CARRIERS__GHTK_ADDRESS: {error}.") from error
    ghtk = Ghtk(address, seconds=own.answer_seconds, partner=own.ghtk_partner)
    apis: dict[ApiCarrier, CarrierApi] = {"ghtk": ghtk}
    mappings = CarrierMappings(database)
    accounts = CarrierAccounts(database, CarrierSeals(ring))
    events = CarrierEvents(database, rows.envelopes, desk, call_seconds=settings.orders.waitlist_call_seconds)
    handing_over = HandingOver(database, rows.envelopes, events, undo_seconds=settings.desk.undo_seconds)
    sending = CarrierSending(database, rows.envelopes, accounts, apis, seconds=own.answer_seconds)
    return Carriers(
        mappings=mappings,
        files=CarrierFiles(database, rows.envelopes, mappings),
        reports=CarrierReports(database, mappings, events),
        accounts=accounts,
        sending=sending,
        notices=CarrierNotices(database, accounts, apis, events, sending),
        handing_over=handing_over,
        ghtk=ghtk,
        jobs=CarrierJobs(handing_over, lock),
    )
