"""What a product's label says, as fields. Goods traded online must show what the law wants on the label, but for date and batch."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.protocol.text import Line

# The six groups of the OCOP programme.
ProductCategory = Literal["food", "drink", "herbal", "craft", "ornamental", "tourism"]

_Fact = Annotated[str, *Line(2_000, needs="nothing", keeps_paragraphs=True).rules]
_ShortFact = Annotated[str, *Line(300, needs="nothing").rules]

LABEL_EXAMPLE: JsonDict = {
    "origin": "Xã Hương Sơn, tỉnh Hà Tĩnh, Việt Nam",
    "ingredients": "100% mật ong hoa rừng",
    "net_weight": "500 g",
    "shelf_life": "24 tháng kể từ ngày sản xuất",
    "storage": "Nơi khô mát, tránh ánh nắng",
    "usage": "Pha nước ấm hoặc dùng trực tiếp",
    "warning": "Không dùng cho trẻ dưới 1 tuổi",
    "responsible_name": "Hợp tác xã Mật ong Hương Sơn",
    "responsible_address": "Xóm 5, xã Hương Sơn, tỉnh Hà Tĩnh",
    "standard_number": "01/TCCS-MOHS",
}


class LabelFacts(BaseModel):
    """The facts of a label; an empty one is missing."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [LABEL_EXAMPLE]})

    origin: _ShortFact = Field("", description="where it was made or grown")
    ingredients: _Fact = Field("", description="ingredients or materials, the largest share first")
    net_weight: _ShortFact = Field("", description="net weight, volume or count, with its unit")
    shelf_life: _ShortFact = Field("", description="use-by, counted from production; the date itself stands on the package")
    storage: _Fact = ""
    usage: _Fact = ""
    warning: _Fact = Field("", description="who must not use it, and what to beware of")
    responsible_name: _ShortFact = Field("", description="organisation or person responsible for the goods")
    responsible_address: _ShortFact = ""
    standard_number: _ShortFact = Field("", description="number of the published standard or declaration, where there is one")
