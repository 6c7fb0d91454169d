"""HTTP bodies of parcels."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.fulfilment.schemas import Receiver
from app.parcels.states import SIZE_MAX_CM, WEIGHT_MAX_GRAMS, Look, PackedBy, State
from app.protocol.text import Line

GROUPS_MOST = 1_000
ORDERS_TOGETHER_MOST = 20

Problem = Literal["order_not_found", "order_not_ready", "already_in_parcel", "receiver_erased"]
Size = Annotated[int, Field(gt=0, le=SIZE_MAX_CM)]


class ParcelsWanted(BaseModel):
    """Which orders: of some sessions, or these; without either all that wait to be packed, the longest waiting first."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"merge": True}]})

    session_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=100)
    order_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=GROUPS_MOST)
    merge: bool = Field(default=True, description="orders of one person to one address in one box")


class OrderInParcel(BaseModel):
    order_id: UUID
    session_id: UUID
    session_title: str
    code: str
    placed_at_ms: int
    owed_vnd: int
    carries_cod: bool = Field(description="what it still owes is collected with this parcel")


class GoodsInParcel(BaseModel):
    product_name: str
    unit: str
    quantity: int


class ProposedParcel(BaseModel):
    """One box that would be made. `producer_id`: who packs it, where producers do."""

    producer_id: UUID | None
    producer_name: str | None
    goods: list[GoodsInParcel]
    units: int
    weight_grams: int
    value_vnd: int
    cod_vnd: int


class ProposedGroup(BaseModel):
    """Orders that would go together, and the boxes they would make: one, or one of each producer."""

    orders: list[OrderInParcel]
    receiver: Receiver = Field(description="masked")
    parcels: list[ProposedParcel]


class OrderLeft(BaseModel):
    """An order of which no parcel is made, and why."""

    order_id: UUID
    code: str
    problem: Problem


class ParcelPreview(BaseModel):
    groups: list[ProposedGroup]
    parcels: int
    left: list[OrderLeft]
    more: bool = Field(description="there are further orders beyond these")


class NewParcels(BaseModel):
    """One list of orders for each box, or for each buyer's boxes where producers pack."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"groups": [["0a6dd34c-9a2c-4b12-a84a-6b1f1f3f2b8e"]]}]})

    groups: list[Annotated[list[UUID], Field(min_length=1, max_length=ORDERS_TOGETHER_MOST)]] = Field(min_length=1, max_length=GROUPS_MOST)

    @model_validator(mode="after")
    def each_once(self) -> Self:
        named = [order_id for group in self.groups for order_id in group]
        if len(named) > GROUPS_MOST or len(named) != len(set(named)):
            raise ValueError(f"at most {GROUPS_MOST} orders, each of them once")
        return self


class MadeParcels(BaseModel):
    """`batch_id` finds them again in the list."""

    batch_id: UUID
    parcel_ids: list[UUID]
    left: list[OrderLeft]


class ParcelRow(BaseModel):
    """A parcel in a list."""

    parcel_id: UUID
    code: str
    state: State
    looks_at: Look | None = Field(description="why somebody has to look at it again")
    producer_id: UUID | None
    producer_name: str | None
    order_codes: list[str]
    receiver: Receiver = Field(description="masked")
    units: int
    packed_units: int
    weight_grams: int = Field(description="what was said, or what its goods weigh")
    is_weighed: bool = Field(description="somebody said the weight")
    length_cm: int | None
    width_cm: int | None
    height_cm: int | None
    value_vnd: int
    cod_vnd: int
    carrier: str | None
    tracking_code: str | None
    tracking_state: str | None
    made_at_ms: int
    packed_at_ms: int | None
    handed_over_at_ms: int | None


class ParcelLineView(BaseModel):
    order_id: UUID
    order_code: str
    sold_by: UUID
    product_id: UUID
    product_name: str
    product_code: str
    unit: str
    quantity: int
    packed: int


class ParcelView(ParcelRow):
    orders: list[OrderInParcel]
    lines: list[ParcelLineView]
    receivers_differ: bool = Field(description="its orders do not go to one place any more")


class ParcelPage(BaseModel):
    parcels: list[ParcelRow]
    next_cursor: str | None


class ParcelCounts(BaseModel):
    open: int
    packed: int
    handed_over: int
    looks: int = Field(description="of all of them, those that somebody has to look at")
    waiting_orders: int = Field(description="confirmed orders of which something is in no parcel yet; at most 1,000 are counted")
    packed_by: PackedBy


class ParcelSizes(BaseModel):
    """What the box weighs and measures; null: what its goods weigh, and not measured."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"weight_grams": 1_250}]})

    weight_grams: Annotated[int, Field(gt=0, le=WEIGHT_MAX_GRAMS)] | None = None
    length_cm: Size | None = None
    width_cm: Size | None = None
    height_cm: Size | None = None

    @model_validator(mode="after")
    def all_three(self) -> Self:
        if len({each is None for each in (self.length_cm, self.width_cm, self.height_cm)}) > 1:
            raise ValueError("length, width and height, or none of them")
        return self


class SplitLine(BaseModel):
    model_config = ConfigDict(extra="forbid")

    order_id: UUID
    sold_by: UUID
    quantity: Annotated[int, Field(gt=0, le=1_000_000)]


class Split(BaseModel):
    """What goes into a box of its own."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "lines": [
                        {
                            "order_id": "0a6dd34c-9a2c-4b12-a84a-6b1f1f3f2b8e",
                            "sold_by": "1a6dd34c-9a2c-4b12-a84a-6b1f1f3f2b8e",
                            "quantity": 1,
                        }
                    ]
                }
            ]
        },
    )

    lines: list[SplitLine] = Field(min_length=1, max_length=200)


class SplitResult(BaseModel):
    parcel: ParcelView
    other: ParcelView


class Merge(BaseModel):
    """Which parcel is emptied into this one."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"parcel_id": "0a6dd34c-9a2c-4b12-a84a-6b1f1f3f2b8e"}]})

    parcel_id: UUID


class ParcelScan(BaseModel):
    """A product's code, as a label or the pick list shows it, or its id from a tap. `take_out`: one unit comes out of the box again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"code": "SP2345678"}]})

    code: Annotated[str, *Line(64).rules] | None = None
    product_id: UUID | None = None
    take_out: bool = False

    @model_validator(mode="after")
    def one_of_them(self) -> Self:
        if (self.code is None) == (self.product_id is None):
            raise ValueError("a code or a product")
        return self


class ParcelRules(BaseModel):
    """Who packs: the organisation, or each producer what is theirs."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"packed_by": "organisation"}]})

    packed_by: PackedBy


PRINTED_MOST = 1_000


class Printed(BaseModel):
    """Which parcels: these, those of one command that made them, or all of a state."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"state": "open"}]})

    parcel_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=PRINTED_MOST)
    batch_id: UUID | None = None
    state: Literal["open", "packed"] | None = None

    @model_validator(mode="after")
    def one_of_them(self) -> Self:
        if sum(each is not None for each in (self.parcel_ids, self.batch_id, self.state)) != 1:
            raise ValueError("parcels, a batch, or a state")
        return self


class PickedProduct(BaseModel):
    product_id: UUID
    product_name: str
    product_code: str
    unit: str
    quantity: int = Field(description="units that are still to be packed")
    parcels: int


class ProducerPicks(BaseModel):
    """What to fetch from one producer's goods."""

    producer_id: UUID
    producer_name: str
    products: list[PickedProduct]


class PickList(BaseModel):
    producers: list[ProducerPicks]
    units: int
