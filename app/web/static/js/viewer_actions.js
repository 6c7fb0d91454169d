// What a viewer can do in the market, shared by the parts of the page.

import { signal } from "@preact/signals";

import { Basket } from "./basket.js";
import { buyerOf, knownBuyer } from "./buyer.js";

/**
 * @typedef {import("./protocol.js").OfferView} OfferView
 * @typedef {import("./room.js").Room} Room
 * @typedef {import("./ordering.js").Ordering} Ordering
 * @typedef {import("./waitlist.js").Waitlist} Waitlist
 */

/**
 * @typedef {{view: "shelf"} | {view: "basket"} | {view: "orders"} | {view: "report"} | {view: "address"} | {view: "form", offerId: string} | {view: "claim", claimId: string} | {view: "product", productId: string}} Sheet
 */

/**
 * @typedef {object} Market
 * @property {Room} room
 * @property {Ordering} ordering
 * @property {Waitlist} waitlist
 * @property {Basket} basket
 * @property {import("@preact/signals").Signal<Sheet | null>} sheet what lies over the page
 * @property {import("@preact/signals").Signal<Readonly<Record<string, number>>>} quantities wanted of each offer; 1 where nothing stands
 */

/**
 * @param {Room} room
 * @param {Ordering} ordering
 * @param {Waitlist} waitlist
 * @returns {Market}
 */
export function openMarket(room, ordering, waitlist) {
  return { room, ordering, waitlist, basket: new Basket(room), sheet: signal(/** @type {Sheet | null} */ (null)), quantities: signal({}) };
}

/**
 * Units that this device has from an offer, as far as it knows.
 * @param {Market} market
 * @param {OfferView} offer
 */
export function orderedFrom(market, offer) {
  const lines = market.ordering.standing.value.flatMap((receipt) => receipt.lines);
  return lines.filter((line) => line.offer_id === offer.id).reduce((sum, line) => sum + line.quantity, 0);
}

/**
 * The most that this device can still order of an offer; at least 1, for what it knows may be late.
 * @param {Market} market
 * @param {OfferView} offer
 */
export function mostOf(market, offer) {
  return Math.max(1, Math.min(offer.per_viewer_limit - orderedFrom(market, offer), offer.remaining));
}

/**
 * @param {Market} market
 * @param {OfferView} offer
 */
export function quantityOf(market, offer) {
  return Math.min(market.quantities.value[offer.id] ?? 1, mostOf(market, offer));
}

/**
 * @param {Market} market
 * @param {OfferView} offer
 * @param {number} quantity
 */
export function setQuantity(market, offer, quantity) {
  market.quantities.value = { ...market.quantities.value, [offer.id]: quantity };
}

/**
 * One tap: order when the form is known, else ask for it.
 * @param {Market} market
 * @param {OfferView} offer
 */
export function commandOrder(market, offer) {
  const quantity = quantityOf(market, offer);
  if (market.ordering.isHeldUp(offer, quantity)) return;
  const buyer = buyerOf(knownBuyer.value);
  if (buyer === null) market.sheet.value = { view: "form", offerId: offer.id };
  else market.ordering.place(offer, quantity, buyer);
}
