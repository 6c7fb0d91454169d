// What a viewer can do in the market, shared by the parts of the page.

import { signal } from "@preact/signals";

import { buyerOf, knownBuyer } from "./buyer.js";

/**
 * @typedef {import("./protocol.js").OfferView} OfferView
 * @typedef {import("./room.js").Room} Room
 * @typedef {import("./ordering.js").Ordering} Ordering
 * @typedef {import("./waitlist.js").Waitlist} Waitlist
 */

/**
 * @typedef {{view: "shelf"} | {view: "orders"} | {view: "form", offerId: string, quantity: number}} Sheet
 */

/**
 * @typedef {object} Market
 * @property {Room} room
 * @property {Ordering} ordering
 * @property {Waitlist} waitlist
 * @property {import("@preact/signals").Signal<Sheet | null>} sheet what lies over the page
 */

/**
 * @param {Room} room
 * @param {Ordering} ordering
 * @param {Waitlist} waitlist
 * @returns {Market}
 */
export function openMarket(room, ordering, waitlist) {
  return { room, ordering, waitlist, sheet: signal(/** @type {Sheet | null} */ (null)) };
}

/**
 * One tap: order when the form is known, else ask for it.
 * @param {Market} market
 * @param {OfferView} offer
 * @param {number} quantity
 */
export function commandOrder(market, offer, quantity) {
  if (market.ordering.isHeldUp(offer, quantity)) return;
  const buyer = buyerOf(knownBuyer.value);
  if (buyer === null) market.sheet.value = { view: "form", offerId: offer.id, quantity };
  else market.ordering.place(offer, quantity, buyer);
}
