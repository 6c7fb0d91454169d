"""The transfer that an order waits for: account, amount, memo, and the VietQR code that says all three."""

from __future__ import annotations

import io
from collections.abc import Collection
from functools import lru_cache
from typing import Literal
from uuid import UUID

import segno

from app.fulfilment.bank_accounts import AccountToPay, account_of_order
from app.fulfilment.banks import banks
from app.fulfilment.memos import memo_of
from app.fulfilment.money_schemas import TransferAsked
from app.fulfilment.vietqr import VietQr, build_vietqr
from app.infra.database import RawConnection
from app.ledger.kinds import RELEASING_KINDS

PictureForm = Literal["png", "svg"]
# Signs of the quiet zone and points per square: a phone's screen shows it sharp, and what is saved is still readable from the gallery.
_QUIET, _POINTS = 4, 8


def is_transfer_awaited(had: Collection[str], payment: str, owed_vnd: int) -> bool:
    """Whether money may still come by bank: as long as some is owed, not for what is over, and on delivery only until the goods are
    delivered."""
    if owed_vnd <= 0 or "returned" in had or not RELEASING_KINDS.isdisjoint(had):
        return False
    return payment == "transfer" or "delivered" not in had


async def transfer_for(db: RawConnection, order_id: UUID, code: str, amount_vnd: int) -> TransferAsked | None:
    """What the buyer of an order is asked to transfer; None while nobody has named an account."""
    account = await account_of_order(db, order_id)
    return None if account is None else _asked(account, code, amount_vnd)


def vietqr_of(asked: TransferAsked) -> str:
    return build_vietqr(VietQr(asked.bank_bin, asked.account_number, asked.amount_vnd, asked.memo))


@lru_cache(maxsize=256)
def drawn(text: str, form: PictureForm) -> bytes:
    """A QR code as a picture; some milliseconds, so the same one is drawn once."""
    picture = io.BytesIO()
    segno.make_qr(text, error="m").save(picture, kind=form, scale=_POINTS, border=_QUIET)
    return picture.getvalue()


def _asked(account: AccountToPay, code: str, amount_vnd: int) -> TransferAsked:
    bank = banks().get(account.bank_bin)
    return TransferAsked(
        bank_bin=account.bank_bin,
        bank_code=account.bank_bin if bank is None else bank.code,
        bank_name="" if bank is None else bank.name,
        account_number=account.account_number,
        holder_name=account.holder_name,
        amount_vnd=amount_vnd,
        memo=memo_of(code),
    )
