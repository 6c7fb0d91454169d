"""The invented producers of the demo market, in real communes of Hà Tĩnh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ProducerKind = Literal["company", "cooperative", "cooperative_group", "household"]

PROVINCE_CODE = 42

_HUONG_SON = 18133
_PHUC_TRACH = 18547
_HAI_NINH = 18781
_HA_HUY_TAP = 18652


@dataclass(frozen=True, kw_only=True)
class DemoProducer:
    """An invented producer. `tax_code` has the right shape and a wrong check digit, so it belongs to nobody.

    `ward_code` is the two-level commune code in use since 1 July 2025.
    """

    key: str
    name: str
    kind: ProducerKind
    tax_code: str
    ward_code: int
    story: str


PRODUCERS: tuple[DemoProducer, ...] = (
    DemoProducer(
        key="mat-ong-huong-son",
        name="HTX Mật ong Hương Sơn (demo)",
        kind="cooperative",
        tax_code="3000000011",
        ward_code=_HUONG_SON,
        story=(
            "Hơn ba mươi hộ nuôi ong dưới chân dãy Trường Sơn cùng nhau quay mật, lọc mật và đóng hũ. "
            "Mùa hoa rừng nở, cả xã thơm mùi mật mới."
        ),
    ),
    DemoProducer(
        key="nong-san-ngan-pho",
        name="Công ty TNHH Nông sản Ngàn Phố (demo)",
        kind="company",
        tax_code="3000000022",
        ward_code=_HUONG_SON,
        story=(
            "Công ty nhỏ bên dòng Ngàn Phố, thu mua tận vườn của bà con Hương Sơn và Vũ Quang. "
            "Cam, chè và nhung hươu được sơ chế, đóng gói ngay tại quê."
        ),
    ),
    DemoProducer(
        key="cay-trai-phuc-trach",
        name="Tổ hợp tác Cây trái Phúc Trạch (demo)",
        kind="cooperative_group",
        tax_code="3000000033",
        ward_code=_PHUC_TRACH,
        story=(
            "Mười hai nhà vườn giữ giống bưởi của ông bà để lại, trồng xen dó trầm trên đất phù sa ven sông Ngàn Sâu. "
            "Quả nào lên thùng cũng có tên người trồng."
        ),
    ),
    DemoProducer(
        key="hai-san-ky-ninh",
        name="HTX Chế biến hải sản Kỳ Ninh (demo)",
        kind="cooperative",
        tax_code="3000000048",
        ward_code=_HAI_NINH,
        story=(
            "Làng chài ủ mắm trong chum sành từ nhiều đời nay. "
            "Cá cơm, mực, cá thu đều mua tại bến lúc thuyền về sáng sớm, làm trong ngày nên giữ trọn vị biển."
        ),
    ),
    DemoProducer(
        key="banh-keo-me-hoa",
        name="Hộ kinh doanh Bánh kẹo Mẹ Hoa (demo)",
        kind="household",
        tax_code="3000000055",
        ward_code=_HA_HUY_TAP,
        story=(
            "Căn bếp nhỏ gần cầu Phủ đỏ lửa từ bốn giờ sáng. "
            "Mẹ nấu mật, con rang lạc, cả nhà cùng nướng bánh để kịp chuyến xe sớm đi các tỉnh."
        ),
    ),
)
