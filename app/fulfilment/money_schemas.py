"""HTTP bodies about money by bank: accounts, what a transfer says, notices, files and what became of them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from app.fulfilment.money_kinds import HOLDER_NAME, CellProblem, LineFate, Matter, Provider, RowFate, Source
from app.fulfilment.vietqr import BIN_SHAPE, MEMO_MAX
from app.protocol.text import Line

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


class NewBankFeed(BaseModel):
    """The secret that a provider signs with, where the provider made it; null = one is made here."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"secret": None}]})

    secret: Annotated[SecretStr, Field(min_length=16, max_length=200)] | None = None


class OpenedFeed(BaseModel):
    """What to enter at the provider."""

    path: str
    secret: str | None = Field(description="shown this once; null when it was given")


class BankFeedView(BaseModel):
    provider: Provider
    path: str
    made_by: str
    made_at_ms: int
    heard_at_ms: int | None = Field(description="when the last genuine notice came")


class BankFeedList(BaseModel):
    items: list[BankFeedView]


class NoticeTaken(BaseModel):
    """As SePay and Casso want to be answered; `lines` says what became of each."""

    success: bool
    lines: list[LineFate]


class PaymentAssignment(BaseModel):
    """Which order a payment of the work list is for."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"order_code": "K7M2PAE", "as_paid": False, "words": ""}]})

    order_code: str = Field(max_length=40, description="in any spelling")
    as_paid: bool = Field(False, description="the order counts as paid although the amount differs; `words` say why")
    words: Annotated[str, *Line(200, needs="nothing").rules] = ""


class FileRow(BaseModel):
    """One row of a file, judged: what would become of it."""

    line: int
    fate: RowFate
    order_code: str | None
    amount_vnd: int | None
    fee_vnd: int | None = None
    received_at_ms: int | None
    words: str
    problem: CellProblem | None = None


class FileColumns(BaseModel):
    """Which column (from 0) says what; null = none does."""

    date: int | None = None
    amount: int | None = None
    debit: int | None = None
    words: int | None = None
    reference: int | None = None
    fee: int | None = None


class FilePreview(BaseModel):
    """What a file would do. `rows` has those first that a person must look at, at most 300."""

    heads: list[str]
    columns: FileColumns
    counts: dict[RowFate, int]
    rows: list[FileRow]


class FileOutcome(BaseModel):
    """What a file has done. Not whole: time ran out before the last row; the same file again goes on there."""

    counts: dict[RowFate, int]
    is_whole: bool
    collected_vnd: int = Field(0, description="cash of a courier's list that was booked for orders")
    fees_vnd: int = Field(0, description="what the courier kept of it")


class CollectedSums(BaseModel):
    """Cash that couriers collected for orders, over all lists; what reaches the account is the difference."""

    rows: int
    collected_vnd: int
    fees_vnd: int


class MoneyWorkItem(BaseModel):
    """Money that fits no order, or not quite. `order_vnd` is what the order comes to; `words` what the bank wrote, while it is kept."""

    payment_id: UUID
    order_id: UUID | None
    order_code: str | None
    session_id: UUID | None
    order_vnd: int | None
    matter: Matter
    source: Source
    reference: str
    amount_vnd: int
    fee_vnd: int | None
    received_at_ms: int
    words: str | None


class MoneyWorkList(BaseModel):
    items: list[MoneyWorkItem]
    waiting: int
