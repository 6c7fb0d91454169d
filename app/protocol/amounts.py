"""Money, quantities and times: one type each, with the same limits at the door, in the tables and on the way out.

Every amount is a whole number of đồng. The limits fit together, so that no sum of things that were let in is refused later: an order
has at most 10 lines of 1,000 units, its total is at most `VND_MAX`, and each of these fits its column and JavaScript's integers.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

# One order, payment or line; an order above is refused (`amount_too_large`), so what is stored can always be told.
VND_MAX = 10**12
# One unit at a flash price: even the largest line, 1,000 units, is no more than VND_MAX.
FLASH_PRICE_MAX = 10**9
UNITS_PER_LINE_MAX = 1_000
# Stock and buffer together fit an int4.
STOCK_MAX = 1_000_000

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
ROOM_FOR_ENDS = timedelta(days=31)

Vnd = Annotated[int, Field(ge=0, le=VND_MAX, description="whole Vietnamese đồng")]
VndSum = Annotated[int, Field(ge=0, description="whole Vietnamese đồng, summed over many orders")]
PaidVnd = Annotated[int, Field(gt=0, le=VND_MAX, description="whole Vietnamese đồng")]
FlashPriceVnd = Annotated[int, Field(gt=0, le=FLASH_PRICE_MAX, description="whole VND, at most the product's price")]
LineQuantity = Annotated[int, Field(ge=1, le=UNITS_PER_LINE_MAX)]


def _within_the_century(moment: datetime) -> datetime:
    # An offer that begins then still ends, and can be extended, before the last moment that an answer can name.
    if not EARLIEST <= moment < LATEST - ROOM_FOR_ENDS:
        raise ValueError("must be between 2000 and the end of November 2099")
    return moment


EventTime = Annotated[AwareDatetime, AfterValidator(_within_the_century)]
