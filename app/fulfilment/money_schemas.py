"""HTTP bodies about money by bank: accounts that buyers transfer to, and what a transfer for an order says."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.fulfilment.vietqr import BIN_SHAPE, MEMO_MAX
from app.protocol.text import Line

HOLDER_NAME = Line(100, needs="letter")

BankBin = Annotated[str, Field(pattern=f"^{BIN_SHAPE.pattern}$", description="six digits, by NAPAS")]
# As people copy it: with spaces and dots, in small letters; all of that goes.
TypedAccount = Annotated[str, StringConstraints(min_length=4, max_length=40)]


class NewBankAccount(BaseModel):
    """Where buyers transfer to from now on, in place of what was there. The number is typed twice."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "producer_id": None,
                    "bank_bin": "970436",
                    "account_number": "1031933430",
                    "account_number_again": "1031933430",
                    "holder_name": "HTX NONG SAN HUONG SON",
                }
            ]
        },
    )

    producer_id: UUID | None = Field(None, description="null = the organisation's; else of orders with this producer's goods alone")
    bank_bin: BankBin
    account_number: TypedAccount
    account_number_again: TypedAccount
    holder_name: Annotated[str, *HOLDER_NAME.rules] = Field(description="as the bank shows it to whoever transfers")


class BankView(BaseModel):
    bin: str
    code: str = Field(description="how people call it")
    name: str


class BankAccountView(BaseModel):
    """An account in use. Those who may not change it see its last four signs."""

    account_id: UUID
    producer_id: UUID | None
    producer_name: str | None
    bank_bin: str
    bank_code: str
    account_number: str
    is_masked: bool
    holder_name: str
    named_by: str
    named_at_ms: int


class BankAccountList(BaseModel):
    items: list[BankAccountView]
    banks: list[BankView]


class TransferAsked(BaseModel):
    """What to write on a transfer for an order, and into its VietQR code."""

    bank_bin: str
    bank_code: str
    bank_name: str
    account_number: str
    holder_name: str
    amount_vnd: int = Field(description="what the order comes to now")
    memo: str = Field(description=f"ASCII, at most {MEMO_MAX} signs; finds the order again", examples=["OCOPK7M2PAE"])
