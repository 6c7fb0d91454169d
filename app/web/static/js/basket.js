// What a viewer has put together to order at once. Kept on this device; prices and what is left follow the room.

import { signal } from "@preact/signals";

import { recall, remember } from "./memory.js";
import { feeOf } from "./shipping.js";
import { offerOf } from "./state.js";

/**
 * @typedef {import("./protocol.js").OfferView} OfferView
 * @typedef {import("./protocol.js").ProductView} ProductView
 * @typedef {import("./protocol.js").PlaceOrder["lines"][number]} OrderLine
 * @typedef {import("./ordering.js").Receipt} Receipt
 * @typedef {import("./room.js").Room} Room
 * @typedef {import("./state.js").RoomState} RoomState
 */
/** @typedef {{product: ProductView, offer: OfferView | null, quantity: number, unitVnd: number, most: number}} BasketLine `offer`: at its flash price */
/** @typedef {{lines: readonly BasketLine[], goodsVnd: number, feeVnd: number, totalVnd: number, toFreeVnd: number | null}} BasketSums */

/** The name under which `Ordering` keeps what becomes of a basket. */
export const BASKET = "basket";
// As many lines as an order may have.
const MOST_LINES = 10;

export class Basket {
  /** @param {Room} room */
  constructor(room) {
    this.room = room;
    this.memoryKey = `ocop.basket.${room.sessionId}`;
    /** By product id.
     * @type {import("@preact/signals").Signal<Readonly<Record<string, number>>>}
     */
    this.quantities = signal(recall(this.memoryKey, {}));
  }

  get isFull() {
    return Object.keys(this.quantities.value).length >= MOST_LINES;
  }

  /** @param {string} productId @param {number} quantity 0 takes it out */
  set(productId, quantity) {
    const { [productId]: before, ...others } = this.quantities.value;
    if (before === undefined && this.isFull) return;
    if (quantity > 0 && Object.keys(this.quantities.value).length === 0) this.room.showInterest("basket", productId);
    this.quantities.value = quantity > 0 ? { ...this.quantities.value, [productId]: quantity } : others;
    remember(this.memoryKey, this.quantities.value);
  }

  empty() {
    this.quantities.value = {};
    remember(this.memoryKey, {});
  }
}

/**
 * The pool from which a product is sold at its normal price; null where it is sold by flash offers alone.
 * @param {RoomState} state
 * @param {string} productId
 */
export function poolOnShelf(state, productId) {
  return state.shelf.find((pool) => pool.product_id === productId && pool.on_shelf) ?? null;
}

/**
 * Units of a product that can still be ordered at its normal price: of the pool, and of what one viewer may have.
 * @param {RoomState} state
 * @param {readonly Receipt[]} receipts
 * @param {string} productId
 */
export function mostOnShelf(state, receipts, productId) {
  const pool = poolOnShelf(state, productId);
  if (pool === null) return 0;
  const had = receipts.flatMap(({ lines }) => lines).filter((line) => line.offer_id === null && line.product_id === productId);
  return Math.max(0, Math.min(pool.left, pool.per_viewer_limit - had.reduce((sum, { quantity }) => sum + quantity, 0)));
}

/**
 * The basket as it can be ordered now, and what it costs. A product is taken at its flash price as long as the offer has enough for it.
 * @param {RoomState} state
 * @param {readonly Receipt[]} receipts
 * @param {Readonly<Record<string, number>>} quantities
 * @returns {BasketSums}
 */
export function sumsOf(state, receipts, quantities) {
  const lines = state.products.flatMap((product) => {
    const wanted = quantities[product.id];
    if (wanted === undefined) return [];
    const offer = offerOf(state.offers, product.id);
    const had = receipts.flatMap((receipt) => receipt.lines).filter((line) => line.offer_id !== null && line.offer_id === offer?.id);
    const allowed = offer === null ? 0 : offer.per_viewer_limit - had.reduce((sum, { quantity }) => sum + quantity, 0);
    const mostOfOffer = offer?.state === "open" ? Math.min(offer.remaining, allowed) : 0;
    const mostOfShelf = mostOnShelf(state, receipts, product.id);
    const most = Math.max(mostOfOffer, mostOfShelf);
    const quantity = Math.min(wanted, Math.max(1, most));
    const flash = offer !== null && quantity <= mostOfOffer ? offer : null;
    return [{ product, offer: flash, quantity, unitVnd: flash?.flash_price_vnd ?? product.price_vnd, most }];
  });
  const goodsVnd = lines.reduce((sum, { quantity, unitVnd }) => sum + quantity * unitVnd, 0);
  const grams = lines.reduce((sum, { quantity, product }) => sum + quantity * product.weight_grams, 0);
  const rule = state.session.shipping;
  const feeVnd = lines.length === 0 ? 0 : feeOf(rule, goodsVnd, grams);
  const toFreeVnd = feeVnd > 0 && rule !== null && rule.free_from_vnd !== null ? rule.free_from_vnd - goodsVnd : null;
  return { lines, goodsVnd, feeVnd, totalVnd: goodsVnd + feeVnd, toFreeVnd };
}

/**
 * @param {BasketLine} line
 * @returns {OrderLine}
 */
export function orderLine({ product, offer, quantity, unitVnd }) {
  return offer === null ? { product_id: product.id, quantity, unit_price_vnd: unitVnd } : { offer_id: offer.id, quantity };
}
