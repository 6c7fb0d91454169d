"""What both the placing of orders and the order desk work with."""

from __future__ import annotations

from dataclasses import dataclass

from app.infra.database import Database
from app.live.service import SessionService
from app.orders.offers import OfferService
from app.orders.projector import Projector
from app.orders.waitlist import Waitlist
from app.settings import OrderSettings


@dataclass(frozen=True, slots=True)
class OrderSurroundings:
    """Built once by `app.main`."""

    database: Database
    sessions: SessionService
    offers: OfferService
    waitlist: Waitlist
    projector: Projector
    settings: OrderSettings
