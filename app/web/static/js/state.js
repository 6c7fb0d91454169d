// The room as this page knows it. Pure: `apply` takes a state and a message and returns the next state.

import { COMMENTS_KEPT, SILENCE, applyTalk, talkOfSnapshot } from "./state_talk.js";

/**
 * @typedef {import("./protocol.js").ServerMessage} ServerMessage
 * @typedef {import("./protocol.js").LoggedEvent} LoggedEvent
 * @typedef {import("./protocol.js").RoomEvent} RoomEvent
 * @typedef {import("./protocol.js").RoomTick} RoomTick
 * @typedef {import("./protocol.js").RoomSnapshot} RoomSnapshot
 * @typedef {import("./protocol.js").OfferView} OfferView
 * @typedef {import("./protocol.js").ProductView} ProductView
 * @typedef {import("./protocol.js").StockView} StockView
 * @typedef {import("./protocol.js").CommentView} CommentView
 * @typedef {import("./protocol.js").SessionView} SessionView
 * @typedef {import("./protocol.js").Counts} Counts
 * @typedef {import("./protocol.js").BoardFigures} BoardFigures
 * @typedef {import("./protocol.js").AskedGroup} AskedGroup
 * @typedef {import("./protocol.js").ResumePosition} ResumePosition
 */

/** @typedef {{offerId: string, entryIds: readonly string[], untilMs: number}} WaitlistCall */

/**
 * @typedef {object} RoomState
 * @property {ResumePosition | null} position last event that was applied; null before the first snapshot
 * @property {boolean} missed a tick did not follow on what we know: say hello again
 * @property {SessionView} session
 * @property {readonly ProductView[]} products
 * @property {readonly OfferView[]} offers
 * @property {readonly StockView[]} shelf pools of units: these products can be ordered at their normal price
 * @property {string | null} pinnedProductId
 * @property {readonly CommentView[]} comments newest last
 * @property {readonly WaitlistCall[]} calls the latest calls from waitlists; snapshots do not bring them
 * @property {readonly import("./protocol.js").ClaimView[]} claims what comments asked for, newest last: on a board all, else one's own; snapshots do not bring them
 * @property {readonly string[]} takenBack orders that were cancelled or expired last; snapshots do not bring them
 * @property {number} snapshots how many have come: after each, something may have been missed that snapshots do not bring
 * @property {Counts} counts
 * @property {BoardFigures | null} board
 * @property {readonly AskedGroup[]} asked what viewers ask and was not answered yet; boards alone hear of it
 * @property {import("./protocol.js").TalkView} talk what stands above the comments, and rules that concern a speaker
 * @property {import("./protocol.js").WarningView | null} warning the organiser's, on every screen until it is lifted
 * @property {import("./protocol.js").ModerationView | null} moderation on a board only
 * @property {Readonly<Record<string, import("./protocol.js").HiddenMark>>} marks why comments are hidden, by id; on a board only
 */

const CALLS_KEPT = 50;
const CLAIMS_KEPT = 200;
// Ticks name pools with so many units left or fewer (app/live/mirror.py).
const LOW_STOCK = 20;

/** @type {Counts} */
const NOTHING_COUNTED = { viewers: 0, likes: 0, comments: 0, polling: 0, outside: [] };

/**
 * @param {SessionView} session
 * @returns {RoomState}
 */
export function emptyRoom(session) {
  return {
    position: null,
    missed: false,
    session,
    products: [],
    offers: [],
    shelf: [],
    pinnedProductId: null,
    comments: [],
    calls: [],
    claims: [],
    takenBack: [],
    snapshots: 0,
    counts: NOTHING_COUNTED,
    board: null,
    asked: [],
    talk: SILENCE,
    warning: null,
    moderation: null,
    marks: {},
  };
}

/**
 * The state after a message. Messages that are no news of the room leave it as it is.
 * @param {RoomState} state
 * @param {ServerMessage} message
 * @returns {RoomState}
 */
export function apply(state, message) {
  switch (message.type) {
    case "room.snapshot":
      return fromSnapshot(state, message);
    case "room.resumed": {
      const seen = state.position?.epoch === message.epoch ? state.position.offset : 0;
      const next = applyEvents(state, message.events, seen);
      return { ...next, position: { epoch: message.epoch, offset: message.offset }, counts: message.counts, missed: false };
    }
    case "room.tick":
      return applyTick(state, message);
    case "questions.asked":
      return { ...state, asked: message.groups };
    case "claim.answered":
      return { ...state, claims: withClaim(state.claims, message.claim) };
    case "comment.echoed":
      return { ...state, comments: [...state.comments, message.comment].slice(-COMMENTS_KEPT) };
    default:
      return state;
  }
}

/**
 * @param {RoomState} state
 * @param {RoomSnapshot} snapshot
 * @returns {RoomState}
 */
function fromSnapshot(state, snapshot) {
  return {
    ...state,
    snapshots: state.snapshots + 1,
    position: { epoch: snapshot.epoch, offset: snapshot.offset },
    missed: false,
    session: snapshot.session,
    products: snapshot.products,
    offers: snapshot.offers,
    shelf: snapshot.shelf,
    pinnedProductId: snapshot.pinned_product_id,
    ...talkOfSnapshot(snapshot),
    counts: snapshot.counts,
    board: snapshot.board,
  };
}

/**
 * @param {RoomState} state
 * @param {RoomTick} tick
 * @returns {RoomState}
 */
function applyTick(state, tick) {
  if (state.position === null) return state;
  const { epoch, offset } = state.position;
  if (tick.epoch !== epoch || tick.after > offset) return { ...state, missed: true };
  const next = applyEvents(state, tick.events, offset);
  return {
    ...next,
    position: { epoch, offset: Math.max(offset, tick.offset) },
    counts: tick.counts ?? next.counts,
    board: tick.board ?? next.board,
    offers: tick.stock === null ? next.offers : withStock(next.offers, tick.stock),
    shelf: tick.stock === null ? next.shelf : withLeft(next.shelf, tick.stock),
  };
}

/**
 * @param {RoomState} state
 * @param {readonly LoggedEvent[]} events
 * @param {number} seen offset up to which everything is known
 */
function applyEvents(state, events, seen) {
  return events.reduce((next, logged) => (logged.offset > seen ? applyEvent(next, logged.event) : next), state);
}

/**
 * @param {RoomState} state
 * @param {RoomEvent} event
 * @returns {RoomState}
 */
function applyEvent(state, event) {
  switch (event.type) {
    case "comment.posted":
      return { ...state, comments: [...state.comments, event.comment].slice(-COMMENTS_KEPT) };
    case "offer.opened":
    case "offer.changed":
      return { ...state, offers: withOffer(state.offers, event.offer) };
    case "offer.sold_out":
      return { ...state, offers: changed(state.offers, event.offer_id, { remaining: 0 }) };
    case "offer.ended":
      return { ...state, offers: changed(state.offers, event.offer_id, { state: "ended" }) };
    case "waitlist.called": {
      const call = { offerId: event.offer_id, entryIds: event.entry_ids, untilMs: event.until_ms };
      return { ...state, calls: [...state.calls, call].slice(-CALLS_KEPT) };
    }
    case "stock.changed": {
      const others = state.shelf.filter((pool) => pool.product_id !== event.stock.product_id);
      return { ...state, shelf: [...others, event.stock] };
    }
    case "claim.changed":
      return { ...state, claims: withClaim(state.claims, event.claim) };
    case "orders.taken_back":
      return { ...state, takenBack: event.order_ids };
    case "product.pinned":
      return { ...state, pinnedProductId: event.product_id };
    case "products.changed":
      return { ...state, products: event.products };
    case "session.changed":
      return { ...state, session: event.session };
    default:
      return applyTalk(state, event);
  }
}

/**
 * @param {RoomState["claims"]} claims
 * @param {import("./protocol.js").ClaimView} claim
 */
export function withClaim(claims, claim) {
  const isKnown = claims.some((known) => known.id === claim.id);
  return isKnown ? claims.map((known) => (known.id === claim.id ? claim : known)) : [...claims, claim].slice(-CLAIMS_KEPT);
}

/**
 * @param {readonly OfferView[]} offers
 * @param {OfferView} offer
 */
function withOffer(offers, offer) {
  const others = offers.filter((known) => known.id !== offer.id);
  return [...others, offer];
}

/**
 * @param {readonly OfferView[]} offers
 * @param {string} id
 * @param {Partial<OfferView>} change
 */
function changed(offers, id, change) {
  return offers.map((offer) => (offer.id === id ? { ...offer, ...change } : offer));
}

/**
 * @param {readonly OfferView[]} offers
 * @param {Readonly<Record<string, number>>} stock
 */
function withStock(offers, stock) {
  return offers.map((offer) => {
    const left = stock[offer.id];
    return left === undefined || left === offer.remaining ? offer : { ...offer, remaining: left };
  });
}

/**
 * A pool that a tick does not name has more than the few that are told.
 * @param {readonly StockView[]} shelf
 * @param {Readonly<Record<string, number>>} stock
 */
function withLeft(shelf, stock) {
  return shelf.map((pool) => {
    const left = stock[pool.product_id] ?? Math.max(pool.left, LOW_STOCK + 1);
    return left === pool.left ? pool : { ...pool, left };
  });
}

/**
 * The offer that this product sells under now: the open one, else the one that opens next, else the last that ended. One that
 * waits for the host is nobody's business yet.
 * @param {readonly OfferView[]} offers
 * @param {string} productId
 * @returns {OfferView | null}
 */
export function offerOf(offers, productId) {
  const own = offers.filter((offer) => offer.product_id === productId).reverse();
  const open = own.filter((offer) => offer.state === "open");
  // One that still has stock serves the viewer better than the newest.
  return (
    open.find((offer) => offer.remaining > 0) ??
    open[0] ??
    own.find((offer) => offer.state === "scheduled" && offer.starts_at_ms !== null) ??
    own.find((offer) => offer.state === "ended") ??
    null
  );
}
