"""A room's content as of one place in its log. Changed only by applying log events in order; applying one twice changes nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from app.live.moderation import RoomModeration
from app.protocol.moderation import TalkView, WarningView
from app.protocol.server_events import (
    CommentPosted,
    CommentsHidden,
    CommentsRestored,
    OfferChanged,
    OfferEnded,
    OfferOpened,
    OfferSoldOut,
    ProductPinned,
    ProductsChanged,
    RoomEvent,
    SessionChanged,
    StockChanged,
    TalkChanged,
    WarningChanged,
)
from app.protocol.views import CommentView, OfferView, ProductView, SessionView, StockView

COMMENTS_SHOWN = 30
# As many as may be hidden between those that are shown and come back in their place.
PLACES_KNOWN = 10 * COMMENTS_SHOWN
# Ticks go to everybody: they tell what is left of a pool only when it runs low.
LOW_STOCK = 20


class RoomMirror:
    """Session, products, offers, pools of units, pin, talk, warning and the latest comments of one room, and what is known of its moderation."""

    def __init__(  # noqa: PLR0913 - each a part of what is shown
        self,
        *,
        session: SessionView,
        products: tuple[ProductView, ...],
        offers: Iterable[OfferView],
        pinned_product_id: UUID | None,
        comments: Iterable[CommentView],
        shelf: Iterable[StockView] = (),
        talk: TalkView | None = None,
        warning: WarningView | None = None,
        moderation: RoomModeration | None = None,
    ) -> None:
        self.session = session
        self.products = products
        self.pinned_product_id = pinned_product_id
        self._offers = {offer.id: offer for offer in offers}
        self._comments: deque[CommentView] = deque(comments, COMMENTS_SHOWN)
        self._places: dict[str, int] = {comment.id: place for place, comment in enumerate(self._comments)}
        self._pools = {pool.product_id: pool for pool in shelf}
        self._taken: dict[UUID, int] = {}
        self.talk = talk or TalkView()
        self.warning = warning
        self.moderation = moderation or RoomModeration()

    @property
    def offers(self) -> tuple[OfferView, ...]:
        return tuple(map(self._within_pool, self._offers.values())) if self._pools else tuple(self._offers.values())

    @property
    def shelf(self) -> tuple[StockView, ...]:
        return tuple(self._pools.values())

    @property
    def comments(self) -> tuple[CommentView, ...]:
        return tuple(self._comments)

    @property
    def stock(self) -> dict[str, int]:
        """Units left of every open offer, by offer id, and of every pool that runs low, by product id."""
        left = {str(offer.id): offer.remaining for offer in self.offers if offer.state == "open"}
        return left | {str(pool.product_id): pool.left for pool in self._pools.values() if pool.left <= LOW_STOCK}

    def apply(self, event: RoomEvent) -> None:  # noqa: C901, PLR0912 - one case for each event
        """Make one event part of the content."""
        match event:
            case CommentPosted():
                if not self.moderation.is_hidden(event.comment.id) and all(known.id != event.comment.id for known in self._comments):
                    self._append(event.comment)
            case CommentsHidden():
                self._take_off(set(event.comment_ids))
            case CommentsRestored():
                self._put_back(event.comments)
            case TalkChanged():
                self.talk = event.talk
            case WarningChanged():
                self.warning = event.warning
            case OfferOpened() | OfferChanged():
                self._offers[event.offer.id] = self._with_stock(event.offer)
            case OfferSoldOut():
                self._change_offer(event.offer_id, remaining=0)
            case OfferEnded():
                self._change_offer(event.offer_id, state="ended")
            case StockChanged():
                self._pools[event.stock.product_id] = event.stock
            case ProductPinned():
                self.pinned_product_id = event.product_id
            case ProductsChanged():
                self.products = event.products
            case SessionChanged():
                self.session = event.session
            case _:
                # Calls from waitlists and orders that are taken back concern the named at that moment; nothing that a newcomer must know.
                pass
        self.moderation.apply(event)

    def take_stock(self, taken: Mapping[str, int]) -> None:
        """Bring what is left in line with the units that the ledger says are taken. Offers it does not name stay as they are."""
        self._taken = {UUID(offer_id): units for offer_id, units in taken.items()}
        for offer_id, offer in self._offers.items():
            self._offers[offer_id] = self._with_stock(offer)
        if self._pools and taken:
            self._take_from_pools()

    def _take_from_pools(self) -> None:
        """What the ledger says is taken of a product, by its offers and from the shelf, is taken from its pool."""
        sold = {product_id: self._taken.get(product_id, 0) for product_id in self._pools}
        for offer in self._offers.values():
            if offer.product_id in sold:
                sold[offer.product_id] += self._taken.get(offer.id, 0)
        for product_id, pool in self._pools.items():
            left = min(pool.units, max(0, pool.units - sold[product_id]))
            if left != pool.left:
                self._pools[product_id] = pool.model_copy(update={"left": left})

    def _append(self, comment: CommentView) -> None:
        self._comments.append(comment)
        self._places[comment.id] = next(reversed(self._places.values()), -1) + 1
        if len(self._places) > PLACES_KNOWN:
            del self._places[next(iter(self._places))]

    def _take_off(self, comment_ids: Collection[str]) -> None:
        """Off the screen, and out of the answers to them."""
        left = [comment for comment in self._comments if comment.id not in comment_ids]
        self._comments = deque(
            (
                comment.model_copy(update={"reply_to": None}) if comment.reply_to and comment.reply_to.id in comment_ids else comment
                for comment in left
            ),
            COMMENTS_SHOWN,
        )

    def _put_back(self, comments: Iterable[CommentView]) -> None:
        """In their place by time, within a millisecond as they came; one that is older than all that is shown stays away."""
        known = {comment.id: comment for comment in (*self._comments, *comments)}
        in_order = sorted(known.values(), key=lambda comment: (comment.at_ms, self._places.get(comment.id, -1)))
        self._comments = deque(in_order[-COMMENTS_SHOWN:], COMMENTS_SHOWN)

    def _within_pool(self, offer: OfferView) -> OfferView:
        pool = self._pools.get(offer.product_id)
        return offer if pool is None or pool.left >= offer.remaining else offer.model_copy(update={"remaining": pool.left})

    def _with_stock(self, offer: OfferView) -> OfferView:
        taken = self._taken.get(offer.id)
        if taken is None:
            return offer
        remaining = min(offer.total_quantity, max(0, offer.total_quantity - taken))
        return offer if remaining == offer.remaining else offer.model_copy(update={"remaining": remaining})

    def _change_offer(self, offer_id: UUID, **changes: object) -> None:
        offer = self._offers.get(offer_id)
        if offer is not None:
            self._offers[offer_id] = offer.model_copy(update=changes)
