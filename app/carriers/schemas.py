"""HTTP bodies of carriers: columns, files, reports, connections."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, SecretStr, StringConstraints

from app.carriers.fitting import Unfit
from app.carriers.mapping import Carrier, Content, Name, TrackingFact
from app.carriers.states import CarrierState
from app.carriers.writing import Form
from app.protocol.base import PersonName, StreetLine
from app.protocol.text import Line

PARCELS_MOST = 1_000
ROWS_SHOWN = 10
ApiCarrier = Literal["ghtk"]
RowFate = Literal["news", "known", "no_parcel", "no_state", "no_time", "bad_amount", "formula"]
"""What a report's row would do: move its parcel; nothing; or wait for a person, and why."""
Problem = Literal["no_parcel", "no_state", "no_time", "bad_amount", "formula", "step_refused", "amount_differs", "parts_differ"]
"""Why somebody must look at what a carrier said."""


_PARCEL: JsonValue = "0a6dd34c-9a2c-4b12-a84a-6b1f1f3f2b8e"
_MAPPING: dict[str, JsonValue] = {
    "name": "GHTK của hợp tác xã",
    "carrier": "ghtk",
    "content": {"kind": "file", "columns": [{"head": "SĐT", "field": "phone"}, {"head": "Thu hộ", "field": "cod_vnd"}]},
}
_WANTED: dict[str, JsonValue] = {"mapping_id": "5b0ee1c0-2bb7-5f5c-8a3e-3a4f5a0a7f11", "parcel_ids": [_PARCEL]}


class NewMapping(BaseModel):
    """A list of columns of the organisation's own, or a new version of one."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_MAPPING]})

    name: Name
    carrier: Carrier
    content: Content


class ChangedMapping(NewMapping):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_MAPPING | {"seen_version": 1}]})

    seen_version: int = Field(ge=1, le=1_000_000, description="the version that was changed")


class MappingView(BaseModel):
    """`is_ready`: ships with the service, to be copied; its version is 0."""

    mapping_id: UUID
    version: int
    name: str
    carrier: Carrier
    content: Content
    is_ready: bool
    made_by: str | None
    made_at_ms: int | None


class MappingList(BaseModel):
    items: list[MappingView]


HANDED_MOST = 500
HandOverProblem = Literal["not_found", "not_packed", "needs_look", "gone"]
"""Why a parcel does not go: it is not there; not packed yet; an order in it has changed or is over; it has left already."""
CarrierWords = Annotated[str, *Line(40).rules]


class HandOver(BaseModel):
    """Which packed parcels are given to a carrier, by hand. `carrier`: a short code, or its name; null leaves what is known."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"parcel_ids": [_PARCEL], "carrier": "vnpost"}]})

    parcel_ids: list[UUID] = Field(min_length=1, max_length=HANDED_MOST)
    carrier: CarrierWords | None = None


class HandOverScan(BaseModel):
    """The code of a label, or of an order in the parcel; `tracking_code`: the carrier's own, if it gave one."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"code": "P-K7M2PA", "carrier": "vnpost"}]})

    code: Annotated[str, *Line(64).rules]
    carrier: CarrierWords | None = None
    tracking_code: Annotated[str, *Line(80).rules] | None = None


class ParcelHandedOver(BaseModel):
    """`problem` null: it goes, or went."""

    parcel_id: UUID
    code: str
    problem: HandOverProblem | None


class HandedOver(BaseModel):
    """`mark` takes all of it back until `until_ms`; both null: a preview, or nothing went."""

    parcels: list[ParcelHandedOver]
    fits: int
    mark: UUID | None
    until_ms: int | None


class HandOversUndone(BaseModel):
    """How many parcels are packed again; `too_late`: those whose orders' ledgers know it already."""

    undone: int
    too_late: int


class FileWanted(BaseModel):
    """Which parcels, in which columns."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_WANTED]})

    mapping_id: UUID
    parcel_ids: list[UUID] = Field(min_length=1, max_length=PARCELS_MOST)


class NewFile(FileWanted):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_WANTED | {"form": "xlsx"}]})

    form: Form = "xlsx"


class UnfitParcel(BaseModel):
    """A parcel with what is wrong; `stays_out`: it will not be in the file."""

    parcel_id: UUID
    code: str
    problems: list[Unfit]
    stays_out: bool


class FilePreview(BaseModel):
    """The first rows with receivers masked, and everything that does not fit."""

    heads: list[str]
    rows: list[list[str | int]]
    fitting: int
    unfit: list[UnfitParcel]


class MadeFile(BaseModel):
    file_id: UUID
    mapping_name: str
    mapping_version: int
    form: Form
    parcels: int
    made_by: str
    made_at_ms: int


class MadeFileList(BaseModel):
    items: list[MadeFile]


class SendableParcel(BaseModel):
    """A parcel that may go to a carrier, or is with one; its receiver masked."""

    parcel_id: UUID
    code: str
    state: str
    receiver: str
    place: str
    cod_vnd: int
    weight_grams: int
    carrier: str | None
    tracking_code: str | None
    tracking_state: str | None
    api_state: Literal["asked", "taken", "refused", "cancelled"] | None
    api_words: str | None
    fee_vnd: int | None


class SendableParcels(BaseModel):
    """The newest first; at most a thousand."""

    items: list[SendableParcel]


class ReportRow(BaseModel):
    line: int
    fate: RowFate
    parcel_code: str
    tracking_code: str
    words: str
    state: CarrierState | None
    happened_at_ms: int | None
    collected_vnd: int | None


class ReportPreview(BaseModel):
    """What each row would do; those that need somebody first. `heads` are those of the file, `missing` those that it lacks."""

    heads: list[str]
    counts: dict[RowFate, int]
    rows: list[ReportRow]


class ReportOutcome(BaseModel):
    """`is_whole` false: time ran out, the same file again goes on. `waiting`: rows that a person must look at."""

    counts: dict[RowFate, int]
    waiting: int
    is_whole: bool


class CarrierWorkItem(BaseModel):
    """Something that a carrier said and nobody could place."""

    event_id: UUID
    problem: Problem
    parcel_code: str
    tracking_code: str
    words: str
    state: CarrierState | None
    happened_at_ms: int | None
    collected_vnd: int | None
    noted_at_ms: int


class CarrierWorkList(BaseModel):
    items: list[CarrierWorkItem]
    more: bool


Phone = Annotated[str, StringConstraints(min_length=3, max_length=30)]
PlaceName = Annotated[str, *Line(80).rules]
MaybePlace = Annotated[str, *Line(80, needs="nothing").rules]


class Pickup(BaseModel):
    """Where the carrier fetches parcels. `district`: its name before July 2025, as GHTK still asks for it."""

    model_config = ConfigDict(extra="forbid")

    name: PersonName
    phone: Phone
    address: StreetLine
    province: PlaceName
    district: MaybePlace = ""
    ward: MaybePlace = ""


def _goes_into_a_header(token: SecretStr) -> SecretStr:
    text = token.get_secret_value()
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise ValueError("letters, digits and signs of ASCII without spaces")
    return token


class NewAccount(BaseModel):
    """The token that the carrier gave the organisation; kept sealed, never shown again. Left out: the one before stays."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "token": "the-token-of-the-carrier",
                    "pickup": {
                        "name": "HTX Hương Sơn", "phone": "0912345678", "address": "Thôn 3", "province": "Hà Tĩnh", "district": "Hương Sơn",
                        "ward": "Xã Hương Sơn",
                    },
                }
            ]
        },
    )  # fmt: skip

    token: Annotated[SecretStr, AfterValidator(_goes_into_a_header)] | None = Field(None, min_length=8, max_length=200)
    pickup: Pickup


class AccountView(BaseModel):
    carrier: ApiCarrier
    pickup: Pickup
    notice_path: str = Field(description="where the carrier sends its notices; the secret belongs behind `?hash=`")
    made_by: str
    made_at_ms: int
    heard_at_ms: int | None


class AccountList(BaseModel):
    items: list[AccountView]


class ConnectedAccount(BaseModel):
    """`notice_secret` is shown in this answer alone; null = the one before counts on."""

    account: AccountView
    notice_secret: str | None


class ParcelsToCarrier(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"parcel_ids": [_PARCEL]}]})

    parcel_ids: list[UUID] = Field(min_length=1, max_length=20)


class CarrierAnswer(BaseModel):
    """What became of one parcel. `unknown`: no answer; asking again tells, and never gives it twice. `waiting`: not asked yet, ask again."""

    parcel_id: UUID
    code: str
    state: Literal["taken", "refused", "unknown", "cancelled", "unfit", "waiting", "priced"]
    tracking_code: str | None = None
    fee_vnd: int | None = None
    words: str = ""
    problems: list[Unfit] = Field(default_factory=list)


class CarrierAnswers(BaseModel):
    items: list[CarrierAnswer]


class NoticeTaken(BaseModel):
    success: Literal[True] = True


HEADS: tuple[TrackingFact, ...] = ("parcel_code", "tracking_code", "state", "time", "collected")
