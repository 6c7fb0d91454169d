"""The products of the demo market: real kinds of Hà Tĩnh goods from invented producers. Read through `app.rehearsal.market`."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Literal

OcopStars = Literal[3, 4, 5]

CERTIFICATE_MONTHS = 36


@dataclass(frozen=True, kw_only=True)
class DemoProduct:
    """A product on the demo shelf. `spoken` is what buyers call it in a comment; `picture` is a file below /static/pictures.

    Certificate dates are offsets, so that the market looks the same whenever it is seeded.
    """

    key: str
    producer_key: str
    name: str
    spoken: str
    story: str
    price_vnd: int
    unit: str
    weight_grams: int
    picture: str
    alt: str
    ocop_stars: OcopStars | None = None
    certificate_number: str | None = None
    certified_months_ago: int | None = None

    def certified_on(self, *, today: date) -> date | None:
        """Day of the certificate, counted back from `today`; None without a certificate."""
        return None if self.certified_months_ago is None else shift_months(today, months=-self.certified_months_ago)

    def certificate_expires_on(self, *, today: date) -> date | None:
        """Last day of the certificate, 36 months after it was given; None without a certificate."""
        given_on = self.certified_on(today=today)
        return None if given_on is None else shift_months(given_on, months=CERTIFICATE_MONTHS)

    def stars_on(self, *, today: date) -> OcopStars | None:
        """The stars that may be shown on `today`: none once the certificate has run out."""
        expires_on = self.certificate_expires_on(today=today)
        return self.ocop_stars if expires_on is not None and expires_on >= today else None


def shift_months(day: date, *, months: int) -> date:
    """Move a day by whole months; the 31st becomes the last day of a shorter month."""
    years, month_index = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month_index + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


PRODUCTS: tuple[DemoProduct, ...] = (
    DemoProduct(
        key="mat-ong",
        producer_key="mat-ong-huong-son",
        name="Mật ong hoa rừng Hương Sơn",
        spoken="mật ong",
        story=(
            "Mật ong quay từ những đõ ong đặt dưới tán rừng Hương Sơn, sánh vàng và thơm mùi hoa dại. "
            "Mỗi hũ đều ghi ngày quay mật để cô bác yên tâm. Pha ấm với chút chanh buổi sáng là ngon nhất."
        ),
        price_vnd=180_000,
        unit="hũ 500 g",
        weight_grams=780,
        picture="mat-ong.svg",
        alt="Hũ mật ong vàng óng, bên cạnh là que lấy mật và chú ong nhỏ",
        ocop_stars=4,
        certificate_number="DEMO-OCOP-001",
        certified_months_ago=14,
    ),
    DemoProduct(
        key="tinh-bot-nghe",
        producer_key="mat-ong-huong-son",
        name="Tinh bột nghệ vàng Hương Sơn",
        spoken="tinh bột nghệ",
        story=(
            "Nghệ đồi trồng chín tháng mới nhổ, rửa bằng nước khe rồi lắng lọc bảy lần. "
            "Bột mịn, vàng tươi, hợp pha cùng mật ong hay nấu các món kho."
        ),
        price_vnd=125_000,
        unit="hũ 250 g",
        weight_grams=380,
        picture="tinh-bot-nghe.svg",
        alt="Hũ tinh bột nghệ vàng tươi cùng củ nghệ và thìa gỗ",
        ocop_stars=3,
        certificate_number="DEMO-OCOP-002",
        certified_months_ago=20,
    ),
    DemoProduct(
        key="nhung-huou",
        producer_key="nong-san-ngan-pho",
        name="Nhung hươu Hương Sơn thái lát",
        spoken="nhung hươu",
        story=(
            "Hươu sao nuôi ở Hương Sơn đã mấy chục năm, mỗi năm chỉ cho lộc nhung một lần. "
            "Nhung được thái lát mỏng, sấy lạnh rồi hút chân không ngay trong ngày. Dùng nấu cháo hoặc ngâm mật ong."
        ),
        price_vnd=950_000,
        unit="hộp 50 g",
        weight_grams=150,
        picture="nhung-huou.svg",
        alt="Chú hươu sao và đĩa nhung hươu thái lát",
        ocop_stars=5,
        certificate_number="DEMO-OCOP-003",
        certified_months_ago=8,
    ),
    DemoProduct(
        key="che-xanh",
        producer_key="nong-san-ngan-pho",
        name="Chè xanh Hương Sơn",
        spoken="chè xanh",
        story=(
            "Búp chè một tôm hai lá hái khi sương chưa tan trên những đồi chè sát biên giới. "
            "Nước xanh trong, chát dịu đầu lưỡi rồi ngọt rất lâu. Mời cả nhà một ấm sau bữa cơm."
        ),
        price_vnd=95_000,
        unit="hộp 200 g",
        weight_grams=280,
        picture="che-xanh.svg",
        alt="Tách chè xanh bốc khói bên cành chè non",
        ocop_stars=4,
        certificate_number="DEMO-OCOP-004",
        certified_months_ago=26,
    ),
    DemoProduct(
        key="cam-bu",
        producer_key="nong-san-ngan-pho",
        name="Cam bù Hương Sơn",
        spoken="cam bù",
        story=(
            "Cam bù chín đỏ đúng dịp giáp Tết, vỏ sần mà ruột mọng. "
            "Vị ngọt pha chút chua thanh, ai đã ăn một lần là nhớ. Cam cắt cuống còn lá, xếp giỏ gửi đi trong ngày."
        ),
        price_vnd=195_000,
        unit="giỏ 3 kg",
        weight_grams=3_300,
        picture="cam-bu.svg",
        alt="Giỏ tre đầy cam bù đỏ cam còn lá, một quả bóc vỏ",
        ocop_stars=3,
        certificate_number="DEMO-OCOP-005",
        certified_months_ago=11,
    ),
    DemoProduct(
        key="cam-vu-quang",
        producer_key="nong-san-ngan-pho",
        name="Cam Vũ Quang",
        spoken="cam Vũ Quang",
        story=(
            "Cam hái từ các vườn đồi liên kết ở Vũ Quang, nơi ngày nắng đêm sương nên quả ngọt đậm. "
            "Vỏ mỏng, nhiều nước, vắt một quả được gần đầy ly."
        ),
        price_vnd=275_000,
        unit="thùng 5 kg",
        weight_grams=5_400,
        picture="cam-vu-quang.svg",
        alt="Hai quả cam vàng còn lá và nửa quả cam bổ đôi mọng nước",
        ocop_stars=4,
        certificate_number="DEMO-OCOP-006",
        certified_months_ago=35,
    ),
    DemoProduct(
        key="buoi-phuc-trach",
        producer_key="cay-trai-phuc-trach",
        name="Bưởi Phúc Trạch",
        spoken="bưởi Phúc Trạch",
        story=(
            "Giống bưởi quý của đất Hương Khê, tép hồng nhạt, giòn và ráo nước. "
            "Vị ngọt thanh, hơi the nhẹ, để trên bàn cả tháng vẫn ngon. Mỗi quả đều được bọc giấy và dán tem vườn."
        ),
        price_vnd=330_000,
        unit="thùng 6 quả",
        weight_grams=7_200,
        picture="buoi-phuc-trach.svg",
        alt="Quả bưởi xanh vàng còn lá và nửa quả bưởi tép hồng",
        ocop_stars=4,
        certificate_number="DEMO-OCOP-007",
        certified_months_ago=17,
    ),
    DemoProduct(
        key="nhang-tram",
        producer_key="cay-trai-phuc-trach",
        name="Nhang trầm Phúc Trạch",
        spoken="nhang trầm",
        story=(
            "Trầm từ vườn dó Phúc Trạch được xay mịn, trộn bột keo bời lời rồi se tay từng nén. "
            "Khói ít, hương ấm và dịu, hợp thắp ngày rằm hay lúc ngồi uống trà."
        ),
        price_vnd=150_000,
        unit="hộp 100 nén",
        weight_grams=220,
        picture="nhang-tram.svg",
        alt="Bát hương men xanh cắm những nén nhang trầm tỏa khói",
        ocop_stars=3,
        certificate_number="DEMO-OCOP-008",
        certified_months_ago=5,
    ),
    DemoProduct(
        key="bun-gao-lut",
        producer_key="cay-trai-phuc-trach",
        name="Bún khô gạo lứt Phúc Trạch",
        spoken="bún gạo lứt",
        story=(
            "Gạo lứt đỏ của ruộng nhà, xay bột, ép sợi rồi phơi nắng hai ngày. "
            "Sợi bún dai, thơm mùi gạo mới, luộc năm phút là mềm. Tổ hợp tác đang làm hồ sơ OCOP cho sản phẩm này."
        ),
        price_vnd=42_000,
        unit="gói 500 g",
        weight_grams=520,
        picture="bun-gao-lut.svg",
        alt="Ba bó bún khô gạo lứt nâu đỏ buộc dây xanh và bông lúa",
    ),
    DemoProduct(
        key="nuoc-mam",
        producer_key="hai-san-ky-ninh",
        name="Nước mắm cốt Kỳ Ninh",
        spoken="nước mắm",
        story=(
            "Cá cơm tươi và muối trắng, ủ chum sành phơi nắng đúng mười hai tháng mới kéo giọt mắm đầu. "
            "Màu cánh gián, thơm đậm mà hậu ngọt. Chấm rau luộc hay kho cá đều đưa cơm."
        ),
        price_vnd=85_000,
        unit="chai 500 ml",
        weight_grams=920,
        picture="nuoc-mam.svg",
        alt="Chai nước mắm màu cánh gián, bát mắm và quả ớt đỏ",
        ocop_stars=4,
        certificate_number="DEMO-OCOP-009",
        certified_months_ago=23,
    ),
    DemoProduct(
        key="muc-kho",
        producer_key="hai-san-ky-ninh",
        name="Mực khô câu đêm Kỳ Ninh",
        spoken="mực khô",
        story=(
            "Mực câu đêm, xẻ ngay trên thuyền và phơi hai nắng trên giàn tre. "
            "Con mực dày mình, nướng lên thơm nức, xé chấm tương ớt là hết lúc nào không hay."
        ),
        price_vnd=620_000,
        unit="túi 500 g",
        weight_grams=560,
        picture="muc-kho.svg",
        alt="Hai con mực khô và miếng chanh cắt lát",
        ocop_stars=3,
        certificate_number="DEMO-OCOP-010",
        certified_months_ago=2,
    ),
    DemoProduct(
        key="ruoc-ca-thu",
        producer_key="hai-san-ky-ninh",
        name="Ruốc cá thu Kỳ Ninh",
        spoken="ruốc cá thu",
        story=(
            "Cá thu hấp gừng, gỡ xương bằng tay rồi sao nhỏ lửa đến khi bông tơi. Ăn với cháo hay cơm nóng, trẻ nhỏ và người già đều thích."
        ),
        price_vnd=110_000,
        unit="hũ 200 g",
        weight_grams=330,
        picture="ruoc-ca-thu.svg",
        alt="Hũ ruốc cá thu và bát ruốc vàng bông tơi",
        ocop_stars=3,
        certificate_number="DEMO-OCOP-011",
        certified_months_ago=40,
    ),
    DemoProduct(
        key="cu-do",
        producer_key="banh-keo-me-hoa",
        name="Cu đơ Mẹ Hoa",
        spoken="cu đơ",
        story=(
            "Mật mía nấu với gừng và mạch nha, trộn lạc rang rồi kẹp giữa hai lớp bánh đa giòn. "
            "Cắn một miếng thấy giòn, dẻo, bùi và cay ấm. Nhấp thêm ngụm chè xanh là đúng vị Hà Tĩnh."
        ),
        price_vnd=75_000,
        unit="hộp 10 cái",
        weight_grams=850,
        picture="cu-do.svg",
        alt="Bánh cu đơ kẹp kẹo lạc giữa hai lớp bánh đa vừng",
        ocop_stars=4,
        certificate_number="DEMO-OCOP-012",
        certified_months_ago=19,
    ),
    DemoProduct(
        key="keo-lac",
        producer_key="banh-keo-me-hoa",
        name="Kẹo lạc Mẹ Hoa",
        spoken="kẹo lạc",
        story=(
            "Lạc đất cát Hà Tĩnh hạt nhỏ mà bùi, rang củi rồi áo mật vừa tới. "
            "Kẹo giòn tan, không dính răng, ngọt vừa phải để còn muốn ăn thêm miếng nữa."
        ),
        price_vnd=48_000,
        unit="gói 400 g",
        weight_grams=420,
        picture="keo-lac.svg",
        alt="Chồng kẹo lạc vàng óng và vài củ lạc rang",
        ocop_stars=3,
        certificate_number="DEMO-OCOP-013",
        certified_months_ago=29,
    ),
    DemoProduct(
        key="banh-gai",
        producer_key="banh-keo-me-hoa",
        name="Bánh gai Đức Thọ",
        spoken="bánh gai",
        story=(
            "Lá gai giã mịn với nếp hương, nhân đậu xanh dừa sợi, gói lá chuối khô theo lối Đức Thọ. "
            "Bánh dẻo thơm, hấp xong gửi đi ngay nên đến tay cô bác vẫn còn mềm."
        ),
        price_vnd=65_000,
        unit="chục 10 cái",
        weight_grams=900,
        picture="banh-gai.svg",
        alt="Bánh gai gói lá và một chiếc cắt đôi lộ nhân đậu xanh",
        ocop_stars=3,
        certificate_number="DEMO-OCOP-014",
        certified_months_ago=37,
    ),
    DemoProduct(
        key="banh-da",
        producer_key="banh-keo-me-hoa",
        name="Bánh đa vừng Hà Tĩnh",
        spoken="bánh đa vừng",
        story=(
            "Bột gạo tráng tay, rắc vừng đen thật dày rồi phơi trên phên tre. "
            "Quạt than hồng vài phút là bánh phồng giòn, xúc hến hay ăn không đều ngon."
        ),
        price_vnd=50_000,
        unit="xấp 10 cái",
        weight_grams=700,
        picture="banh-da.svg",
        alt="Ba chiếc bánh đa vừng tròn và một mẩu bánh bẻ giòn",
    ),
)
