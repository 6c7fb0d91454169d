"""Marks for routes that ask for no account, so that none is open by being forgotten (`tests/architecture/test_access.py`)."""

from __future__ import annotations

from fastapi import Depends


def everybody() -> None:
    """Open to all: no account, no ticket needed."""


def order_link() -> None:
    """For whoever has the secret token of an order's link; the service looks at it."""


def bridge_token() -> None:
    """For programs with a session's bridge token; the service looks at it."""


def bank_secret() -> None:
    """For banks' notices, signed with the secret of their address; the service looks at it."""


def carrier_secret() -> None:
    """For carriers' notices, with the secret of their address; the service looks at it."""


def viewer_ticket() -> None:
    """For devices with a viewer's ticket, on a socket: read before the upgrade."""


def signed() -> None:
    """For programs that sign what they send, or show their secret; the service looks at it."""


OPEN_TO_EVERYBODY = Depends(everybody)
FOR_ORDER_LINK = Depends(order_link)
FOR_VIEWERS = Depends(viewer_ticket)
FOR_BANKS = Depends(bank_secret)
FOR_CARRIERS = Depends(carrier_secret)
FOR_BRIDGE = Depends(bridge_token)
FOR_SIGNED = Depends(signed)
