"""What the demo market is called and which flash offers its host opens, round after round. The seed and the demo host read it."""

from __future__ import annotations

from dataclasses import dataclass

from app.rehearsal.market_producers import PRODUCERS, PROVINCE_CODE, DemoProducer
from app.rehearsal.market_products import CERTIFICATE_MONTHS, PRODUCTS, DemoProduct

__all__ = [
    "CERTIFICATE_MONTHS",
    "FLASH_PLANS",
    "HOST_LINES",
    "HOST_NAME",
    "MARKET_DESCRIPTION",
    "MARKET_TITLE",
    "ORGANISATION_NAME",
    "ORGANISER_NAME",
    "PICTURES_PLACEHOLDER",
    "PRODUCERS",
    "PRODUCTS",
    "PROVINCE_CODE",
    "DemoProducer",
    "DemoProduct",
    "FlashPlan",
    "flash_plan",
    "producer_by_key",
    "product_by_key",
    "product_by_name",
]

MARKET_TITLE = "Chợ phiên OCOP Hà Tĩnh trực tuyến (phiên demo)"
MARKET_DESCRIPTION = (
    "Đặc sản Hà Tĩnh từ tay người làm: mật ong, cu đơ, cam, bưởi, nước mắm và nhiều món quê. "
    "Người bán, người xem và đơn hàng ở đây đều là mô phỏng."
)
ORGANISATION_NAME = "Ban tổ chức Chợ phiên OCOP Hà Tĩnh (demo)"
ORGANISER_NAME = "Trần Thị Ban Mai"
HOST_NAME = "Nguyễn Hà Linh"
PICTURES_PLACEHOLDER = "placeholder.svg"

# Short notices that the demo host pins between two offers; never promises, so that none can be broken.
HOST_LINES: tuple[str, ...] = (
    "Chào mừng cô bác và các bạn đến với chợ phiên OCOP Hà Tĩnh!",
    "Giá ưu đãi chỉ có khi đồng hồ đếm ngược đang chạy, cả nhà canh giúp em nhé.",
    "Mỗi người được chốt có giới hạn để ai cũng có phần ạ.",
    "Cô bác điền tên, số điện thoại và địa chỉ một lần, lần sau chỉ cần bấm Chốt.",
    "Sao OCOP hiện bên cạnh sản phẩm là sao còn hạn chứng nhận trong hôm nay.",
    "Đây là phiên demo: đơn chỉ để diễn tập, không ai bị gọi điện hay thu tiền ạ.",
    "Món nào lỡ hết phần, cả nhà chờ em mở lượt sau nhé.",
    "Cả nhà thả tim tiếp sức cho bà con quê mình nhé!",
)


@dataclass(frozen=True, kw_only=True)
class FlashPlan:
    """One flash offer of the demo host. Discounts stay within 50 % of the listed price, as the law on promotion asks."""

    product_key: str
    flash_price_vnd: int
    total_quantity: int
    per_viewer_limit: int
    duration_seconds: int


def _plan(product_key: str, flash_price_vnd: int, *, quantity: int, limit: int, seconds: int) -> FlashPlan:
    return FlashPlan(
        product_key=product_key,
        flash_price_vnd=flash_price_vnd,
        total_quantity=quantity,
        per_viewer_limit=limit,
        duration_seconds=seconds,
    )


# Cheap and dear goods, short and long clocks take turns, so that some offers sell out and others run off.
FLASH_PLANS: tuple[FlashPlan, ...] = (
    _plan("mat-ong", 129_000, quantity=40, limit=2, seconds=120),
    _plan("cu-do", 49_000, quantity=60, limit=3, seconds=90),
    _plan("buoi-phuc-trach", 249_000, quantity=30, limit=1, seconds=120),
    _plan("nuoc-mam", 59_000, quantity=50, limit=3, seconds=90),
    _plan("keo-lac", 29_000, quantity=60, limit=3, seconds=60),
    _plan("cam-vu-quang", 199_000, quantity=35, limit=2, seconds=120),
    _plan("nhung-huou", 690_000, quantity=20, limit=1, seconds=180),
    _plan("banh-gai", 39_000, quantity=45, limit=2, seconds=75),
    _plan("che-xanh", 65_000, quantity=40, limit=2, seconds=90),
    _plan("muc-kho", 459_000, quantity=20, limit=1, seconds=150),
    _plan("banh-da", 32_000, quantity=50, limit=3, seconds=60),
    _plan("cam-bu", 139_000, quantity=30, limit=2, seconds=100),
    _plan("tinh-bot-nghe", 85_000, quantity=30, limit=2, seconds=90),
    _plan("ruoc-ca-thu", 75_000, quantity=35, limit=2, seconds=90),
    _plan("bun-gao-lut", 25_000, quantity=55, limit=3, seconds=60),
    _plan("nhang-tram", 99_000, quantity=25, limit=2, seconds=120),
    _plan("mat-ong", 99_000, quantity=20, limit=1, seconds=60),
    _plan("cu-do", 42_000, quantity=35, limit=2, seconds=60),
)

_PRODUCER_BY_KEY = {producer.key: producer for producer in PRODUCERS}
_PRODUCT_BY_KEY = {product.key: product for product in PRODUCTS}
_PRODUCT_BY_NAME = {product.name: product for product in PRODUCTS}


def flash_plan(position: int) -> FlashPlan:
    """The plan at `position` (0, 1, 2, …) of an endless walk through `FLASH_PLANS`."""
    return FLASH_PLANS[position % len(FLASH_PLANS)]


def producer_by_key(key: str) -> DemoProducer:
    """The producer with this key; KeyError when there is none."""
    return _PRODUCER_BY_KEY[key]


def product_by_key(key: str) -> DemoProduct:
    """The product with this key; KeyError when there is none."""
    return _PRODUCT_BY_KEY[key]


def product_by_name(name: str) -> DemoProduct | None:
    """The product whose full name is `name`, as a viewer reads it on the page; None for goods of other markets."""
    return _PRODUCT_BY_NAME.get(name)
