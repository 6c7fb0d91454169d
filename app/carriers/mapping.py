"""Columns as a carrier wants them, and as it reports back: named lists that people edit. Shapes and their bounds.

A file for a carrier: each column has a head and a fact of the closed list, or the same text in every row. A file from a carrier: which
head holds what, and what its words for states mean.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.carriers.parcels_to_send import Field as ColumnField
from app.carriers.states import CarrierState, folded_state
from app.protocol.amounts import VND_MAX
from app.protocol.text import Line

COLUMNS_MOST = 60
STATES_MOST = 100
HEAD = Line(80, needs="nothing")
NAME = Line(80)
FIXED = Line(200, needs="nothing")
STATE_WORDS = Line(80)

Carrier = Literal["ghn", "ghtk", "other"]
TrackingFact = Literal["parcel_code", "tracking_code", "state", "time", "collected"]
Head = Annotated[str, *HEAD.rules]
Name = Annotated[str, *NAME.rules]
StateWords = Annotated[str, *STATE_WORDS.rules]


class Column(BaseModel):
    """One column: its head, and what stands below it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    head: Head
    field: ColumnField
    fixed: Annotated[str, *FIXED.rules] = Field("", description="the text of every row, where `field` is `fixed`")


class FileColumns(BaseModel):
    """A carrier's sheet, from left to right. Limits say what the carrier takes; null = it sets none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["file"] = "file"
    columns: list[Column] = Field(min_length=1, max_length=COLUMNS_MOST)
    cod_max_vnd: int | None = Field(None, ge=1, le=VND_MAX, description="what a carrier collects at most for one parcel, in VND")
    weight_max_grams: int | None = Field(None, ge=1, le=1_000_000, description="what one parcel may weigh at most, in grams")

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(column.field for column in self.columns)


class TrackingColumns(BaseModel):
    """Where a carrier's report says what. Heads are found in whatever case they stand; a parcel's code or its tracking code must be there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["tracking"] = "tracking"
    heads: dict[TrackingFact, Head] = Field(description="the head of each fact's column")
    states: dict[StateWords, CarrierState] = Field(max_length=STATES_MOST, description="the carrier's words, and what they mean")

    @model_validator(mode="after")
    def names_parcel_and_state(self) -> Self:
        if not {"parcel_code", "tracking_code"} & set(self.heads):
            raise ValueError("one column must hold the parcel's code or the tracking code")
        if "state" not in self.heads:
            raise ValueError("one column must hold the state")
        if any(not head for head in self.heads.values()):
            raise ValueError("a head is empty")
        return self

    def state_of(self, words: str) -> CarrierState | None:
        """What a carrier's words mean; None when the table does not have them."""
        wanted = folded_state(words)
        return next((state for text, state in self.states.items() if folded_state(text) == wanted), None)


Content = Annotated[FileColumns | TrackingColumns, Field(discriminator="kind")]
