"""One real instance of every message. The documents print them, the tests hold them against the schemas."""

from __future__ import annotations

from uuid import UUID

from app.protocol.base import PROTOCOL_VERSION, Message, ResumePosition
from app.protocol.claims import ClaimLine, ClaimView
from app.protocol.client_commands import (
    Buyer,
    BuyerAddress,
    JoinWaitlist,
    Leave,
    OrderLine,
    PlaceOrder,
    PostComment,
    ReportOutsideCount,
    SendLikes,
    ShelfLine,
    ShowInterest,
    ViewerHello,
)
from app.protocol.moderation import HiddenMark, ModerationRules, QuestionView, RestrictionView, TalkView, WarningView
from app.protocol.questions import AskedGroup
from app.protocol.server_events import (
    ClaimAnswered,
    ClaimChanged,
    CommandDone,
    CommandFailed,
    CommentEchoed,
    CommentHeld,
    CommentPosted,
    CommentsHidden,
    CommentsRestored,
    LoggedEvent,
    ModerationChanged,
    OfferChanged,
    OfferEnded,
    OfferOpened,
    OfferSoldOut,
    OrderedLine,
    OrderPlaced,
    OrdersTakenBack,
    ProductPinned,
    ProductsChanged,
    QuestionsAsked,
    QuestionsChanged,
    RoomResumed,
    RoomSnapshot,
    RoomTick,
    ServerLeaving,
    SessionChanged,
    SpeakerFreed,
    SpeakerRestricted,
    StockChanged,
    TalkChanged,
    WaitlistCalled,
    WaitlistJoined,
    WarningChanged,
)
from app.protocol.shipping import ShippingRule, WeightStep
from app.protocol.views import (
    BoardFigures,
    CommentView,
    Counts,
    OfferView,
    OutsideCount,
    ProductView,
    ReplyView,
    SessionView,
    StockView,
    VideoView,
)

_AT_MS = 1_795_435_200_000  # 23 November 2026, 12:00 UTC
_EPOCH = "k3Vd9wQx"
_SESSION_ID = UUID("6f1d0c52-5d0e-4c57-9f0b-1f6f2a7f9a01")
_PRODUCT_ID = UUID("0b7b2f4e-94c7-4f3f-8d55-2f1c3e6a7b02")
_PRODUCER_ID = UUID("c2a1f0de-3b58-4a42-9e0a-6d1e5b8c4d03")
_OFFER_ID = UUID("9d4e6a10-7c2b-4d8f-b1a3-5e0f7c9b2a04")
_ORDER_ID = UUID("e83b5c7a-1f96-4b0d-8c24-7a9d3e1f6b05")
_ENTRY_ID = UUID("5a7b9c1d-3e4f-4a5b-8c6d-7e8f9a0b1c07")
_ORDER_KEY = UUID("3c5d7e9f-2a4b-4c6d-8e0f-1a3b5c7d9e06")

_SESSION = SessionView(
    id=_SESSION_ID,
    title="Chợ phiên OCOP trực tuyến",
    state="live",
    organisation_name="Ban tổ chức chợ phiên",
    host_name="Hà Linh",
    planned_start_at_ms=_AT_MS - 600_000,
    started_at_ms=_AT_MS - 590_000,
    ended_at_ms=None,
    video=VideoView(kind="hls", url="https://video.example.vn/cho.m3u8", embed_url="https://video.example.vn/cho.m3u8"),
    shipping=ShippingRule(
        steps=(WeightStep(up_to_grams=2_000, fee_vnd=25_000), WeightStep(up_to_grams=5_000, fee_vnd=40_000)), free_from_vnd=500_000
    ),
)
_PRODUCT = ProductView(
    id=_PRODUCT_ID,
    code="A1",
    name="Mật ong hoa rừng",
    story="Ong lấy mật ven rừng, quay tay từng cầu.",
    price_vnd=180_000,
    unit="hũ",
    weight_grams=700,
    ocop_stars=4,
    ocop_certificate_number="0123/QĐ-UBND",
    picture_url="/static/pictures/mat-ong.svg",
    picture_alt="Hũ mật ong",
    producer_id=_PRODUCER_ID,
    producer_name="Hợp tác xã ong rừng",
    commune_name="Xã Hương Sơn",
)
_OFFER = OfferView(
    id=_OFFER_ID,
    product_id=_PRODUCT_ID,
    state="open",
    flash_price_vnd=129_000,
    regular_price_vnd=180_000,
    total_quantity=40,
    remaining=40,
    per_viewer_limit=2,
    hold_seconds=900,
    starts_at_ms=_AT_MS,
    ends_at_ms=_AT_MS + 120_000,
)
_STOCK = StockView(product_id=_PRODUCT_ID, units=60, left=17, per_viewer_limit=10)
_COMMENT = CommentView(id="01J7", at_ms=_AT_MS + 1_200, author="Lan", text="mật ong còn không ạ")
_ANSWER = CommentView(
    id="01J9", at_ms=_AT_MS + 9_000, author="Hà Linh", text="Còn 17 hũ nhé", by_staff=True, reply_to=ReplyView(id="01J7", author="Lan")
)
_ADVERT = CommentView(id="01J8", at_ms=_AT_MS + 2_000, author="Khách 4711", text="vay tiền nhanh vào nhóm nhé")
_BY_STAFF = HiddenMark(reason="staff", by="Hà Linh", at_ms=_AT_MS + 3_000)
_RESTRICTION = RestrictionView(
    id=UUID("7c9e2a4b-6d1f-4e3a-9b5c-0d8f7a6e5c08"),
    kind="mute",
    scope="device",
    author="Khách 4711",
    comment_id=UUID("1b3d5f7a-9c2e-4d6f-8a0b-3c5e7d9f1a09"),
    by="Hà Linh",
    at_ms=_AT_MS + 3_000,
    until_ms=_AT_MS + 1_803_000,
)
_COUNTS = Counts(
    viewers=12_345, likes=80_112, comments=3_410, outside=(OutsideCount(source="tiktok", viewers=2_100, observed_at_ms=_AT_MS - 30_000),)
)
_BOARD = BoardFigures(
    viewers_peak=13_007, views=41_220, unique_viewers=28_950, orders_placed=128, units_placed=171, revenue_placed_vnd=21_940_000, buyers=119
)
_OPENED = LoggedEvent(offset=42, at_ms=_AT_MS, event=OfferOpened(offer=_OFFER))
_COMMENTED = LoggedEvent(offset=43, at_ms=_AT_MS + 1_200, event=CommentPosted(comment=_COMMENT))

_CLAIM = ClaimView(
    id=UUID("2a4c6e80-1b3d-4f5a-8c7e-9d0b1f2a3c10"),
    comment_id=UUID("3b5d7f91-2c4e-4a6b-9d8f-0e1c2a3b4d11"),
    author="Khách 4711",
    words="A1 x2 xanh 0901***567",
    source="page",
    said_at_ms=_AT_MS + 1_000,
    state="held",
    lines=(
        ClaimLine(
            product_id=_PRODUCT_ID, code="A1", product_name="Mật ong", quantity=2, variant="xanh", outcome="held", unit_price_vnd=180_000
        ),
    ),
    until_ms=_AT_MS + 901_000,
    phone_masked="•••567",
)

COMMAND_EXAMPLES: tuple[Message, ...] = (
    ViewerHello(id="1", version=PROTOCOL_VERSION, resume=ResumePosition(epoch=_EPOCH, offset=41), name="Lan"),
    PostComment(id="2", text="mật ong còn không ạ"),
    SendLikes(id="3", count=7),
    ShowInterest(id="8", step="opened", product_id=_PRODUCT_ID),
    PlaceOrder(
        id="4",
        key=_ORDER_KEY,
        lines=(OrderLine(offer_id=_OFFER_ID, quantity=2), ShelfLine(product_id=_PRODUCT_ID, quantity=1, unit_price_vnd=180_000)),
        shipping_fee_vnd=40_000,
        buyer=Buyer(
            name="Nguyễn Thị Lan",
            phone="0900000000",
            address=BuyerAddress(province_code=42, ward_code=18133, street="12 đường Ví Dụ"),
            note="Gọi trước khi giao",
        ),
    ),
    JoinWaitlist(id="5", offer_id=_OFFER_ID, quantity=1),
    Leave(id="6"),
    ReportOutsideCount(id="7", source="tiktok", viewers=2_100, observed_at_ms=_AT_MS - 30_000),
)

EVENT_EXAMPLES: tuple[Message, ...] = (
    CommentPosted(comment=_ANSWER),
    CommentsHidden(comment_ids=("01J8",), comments=(_ADVERT,), mark=_BY_STAFF),
    CommentsRestored(comments=(_ADVERT,), by="Hà Linh"),
    CommentHeld(comment=_ADVERT, mark=HiddenMark(reason="block_word", word="vay tiền nhanh", at_ms=_AT_MS + 2_000)),
    SpeakerRestricted(restriction=_RESTRICTION),
    SpeakerFreed(restriction_id=_RESTRICTION.id),
    ModerationChanged(rules=ModerationRules(block_words=("hàng lậu",), slow_mode_seconds=10)),
    QuestionsChanged(questions=(QuestionView(comment=_COMMENT, state="waiting", marked_by="Hà Linh"),)),
    TalkChanged(talk=TalkView(slow_mode_seconds=10, notice="Miễn phí giao hàng đến 21 giờ", pinned=_COMMENT)),
    WarningChanged(warning=WarningView(text="Giá nói trên sóng chưa đúng, mời chờ người bán nói lại.", at_ms=_AT_MS)),
    ClaimChanged(claim=_CLAIM),
    OfferOpened(offer=_OFFER),
    OfferChanged(offer=_OFFER.model_copy(update={"ends_at_ms": _AT_MS + 180_000})),
    OfferSoldOut(offer_id=_OFFER_ID),
    OfferEnded(offer_id=_OFFER_ID),
    WaitlistCalled(offer_id=_OFFER_ID, entry_ids=(_ENTRY_ID,), until_ms=_AT_MS + 90_000),
    StockChanged(stock=_STOCK),
    OrdersTakenBack(order_ids=(_ORDER_ID,)),
    ProductPinned(product_id=_PRODUCT_ID),
    ProductsChanged(products=(_PRODUCT,)),
    SessionChanged(session=_SESSION),
)

SERVER_EXAMPLES: tuple[Message, ...] = (
    RoomTick(
        epoch=_EPOCH,
        after=41,
        offset=43,
        server_time_ms=_AT_MS + 1_250,
        events=(_OPENED, _COMMENTED),
        counts=_COUNTS,
        stock={str(_OFFER_ID): 31, str(_PRODUCT_ID): 17},
    ),
    RoomSnapshot(
        id="1",
        version=PROTOCOL_VERSION,
        epoch=_EPOCH,
        offset=43,
        server_time_ms=_AT_MS + 1_250,
        session=_SESSION,
        products=(_PRODUCT,),
        offers=(_OFFER,),
        shelf=(_STOCK,),
        pinned_product_id=_PRODUCT_ID,
        comments=(_COMMENT,),
        counts=_COUNTS,
        board=_BOARD,
    ),
    RoomResumed(
        id="1",
        version=PROTOCOL_VERSION,
        epoch=_EPOCH,
        offset=43,
        server_time_ms=_AT_MS + 1_250,
        events=(_OPENED, _COMMENTED),
        counts=_COUNTS,
    ),
    CommandDone(id="2"),
    OrderPlaced(
        id="4",
        order_id=_ORDER_ID,
        key=_ORDER_KEY,
        number=128,
        order_code="K7M2PAE",
        link_token="Zb1yVqk9T3mW0sYx7dJfPA",  # noqa: S106 - an example
        lines=(
            OrderedLine(offer_id=_OFFER_ID, product_id=_PRODUCT_ID, quantity=2, unit_price_vnd=129_000, amount_vnd=258_000),
            OrderedLine(offer_id=None, product_id=_PRODUCT_ID, quantity=1, unit_price_vnd=180_000, amount_vnd=180_000),
        ),
        shipping_vnd=40_000,
        total_vnd=478_000,
        placed_at_ms=_AT_MS + 4_100,
    ),
    WaitlistJoined(id="5", offer_id=_OFFER_ID, entry_id=_ENTRY_ID, place=3),
    QuestionsAsked(
        groups=(
            AskedGroup(
                kind="stock",
                product_id=_PRODUCT_ID,
                people=14,
                newest=_COMMENT,
                first_at_ms=_AT_MS + 400,
                answer="Mật ong hoa rừng: còn 17 phần giá thường ạ.",
                missing=None,
            ),
        )
    ),
    CommentEchoed(comment=_COMMENT),
    ClaimAnswered(claim=_CLAIM),
    CommandFailed(id="2", code="rate_limited", message="Too fast, please slow down.", retryable=True, retry_after_ms=1_000, details={}),
    ServerLeaving(return_after_ms=2_300),
)
