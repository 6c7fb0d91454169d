// Placing an order exactly once: one key per intention, kept until it is answered, repeated over whichever way is open.

import { computed, effect, signal, untracked } from "@preact/signals";

import { get } from "./http.js";
import { randomUuid, recall, remember } from "./memory.js";
import { BASKET } from "./basket.js";
import { KINDS } from "./ledger_kinds.js";
import { carryOrder } from "./order_ways.js";
import { feeOf } from "./shipping.js";

/**
 * @typedef {import("./protocol.js").Buyer} Buyer
 * @typedef {import("./protocol.js").ErrorCode} ErrorCode
 * @typedef {import("./protocol.js").OfferView} OfferView
 * @typedef {import("./protocol.js").PlaceOrder["lines"][number]} OrderLine
 * @typedef {import("./room.js").Room} Room
 */
/** @typedef {import("./order_ways.js").Receipt} Receipt */
/** @typedef {import("./ledger_kinds.js").Kind} Kind */
/** @typedef {Receipt & {state?: Kind, payment?: "cod" | "transfer"}} OwnOrder without a state it was placed a moment ago */

/**
 * @typedef {object} Intention
 * @property {string} key
 * @property {string} offerId the offer, or `BASKET`
 * @property {readonly OrderLine[]} lines
 * @property {Buyer} buyer
 * @property {number} [feeVnd] the shipping fee that was shown, where there is a rule
 * @property {"transfer"} [payment] left out: on delivery
 * @property {number} madeAtMs
 */

/**
 * @typedef {{phase: "holding" | "checking" | "waiting"}
 *   | {phase: "placed", receipt: Receipt, atMs: number, isTransfer: boolean}
 *   | {phase: "gone", receipt: OwnOrder}
 *   | {phase: "refused", code: ErrorCode, words: string, quantity: number}} Progress
 *   `gone`: was placed, and has been cancelled or has expired; `holding`: sent; `checking`: asked again with the same key; `waiting`: no way to the server now
 */

// After these the server may know of the order or may soon take it: ask again with the same key.
const ASK_AGAIN = new Set(["busy", "outcome_unknown", "unavailable", "rate_limited", "internal", "capacity", "hello_expected"]);
const ASK_AGAIN_MS = 1_500;
const ANSWERED = new Set(["placed", "gone", "refused"]);
const MOST_TRIES = 20;
const STALE_MS = 2 * 60_000;
// A second tap of the same finger, when the first was answered between the two.
const TAP_GUARD_MS = 1_500;

/** @param {OwnOrder} order */
function isGone({ state }) {
  return state !== undefined && KINDS[state].ends;
}

export class Ordering {
  /** @param {Room} room */
  constructor(room) {
    this.room = room;
    this.memoryKey = `ocop.orders.${room.sessionId}`;
    /** @type {import("@preact/signals").Signal<Readonly<Record<string, Progress>>>} */
    this.progress = signal({});
    /** @type {import("@preact/signals").Signal<readonly OwnOrder[]>} */
    this.receipts = signal([]);
    /** Those that still hold: only they count against what one viewer may have. */
    this.standing = computed(() => this.receipts.value.filter((order) => !isGone(order)));
  }

  /** Learn of earlier orders, and bring to an end what an earlier visit left open. */
  async start() {
    /** @param {Intention} intention */
    const isStale = ({ madeAtMs }) => Date.now() - madeAtMs > STALE_MS;
    const [stale, fresh] = [Object.values(this.#open()).filter(isStale), Object.values(this.#open()).filter((each) => !isStale(each))];
    for (const intention of fresh) void this.#bringHome(intention, "checking");
    const mine = await this.refreshReceipts();
    for (const intention of stale) {
      const receipt = mine?.find((each) => each.key === intention.key);
      if (receipt) this.#placed(intention, receipt);
      else if (mine) this.#close(intention);
      else void this.#bringHome(intention, "checking");
    }
  }

  async refreshReceipts() {
    /** @type {import("./http.js").Answer<{orders: OwnOrder[]}>} */
    const answer = await get(`/api/v1/sessions/${this.room.sessionId}/orders/mine`);
    if (!answer.ok) return null;
    // One that was placed meanwhile may not be among them yet.
    const asked = new Set(answer.value.orders.map(({ key }) => key));
    this.receipts.value = [...this.receipts.value.filter(({ key }) => !asked.has(key)), ...answer.value.orders];
    this.#showEarlier(answer.value.orders);
    return answer.value.orders;
  }

  /**
   * An offer that this device ordered from before says so, as it did when the order was placed; and that an order is no more.
   * @param {readonly OwnOrder[]} orders newest first
   */
  #showEarlier(orders) {
    /** @type {Record<string, Progress>} */
    const shown = {};
    for (const receipt of orders.filter((order) => !isGone(order))) {
      for (const { offer_id: offerId } of receipt.lines) if (offerId !== null) shown[offerId] ??= { phase: "placed", receipt, atMs: Number.NEGATIVE_INFINITY, isTransfer: receipt.payment === "transfer" };
    }
    const gone = new Map(orders.filter(isGone).map((order) => [order.key, order]));
    const known = Object.entries(this.progress.value).map(([id, progress]) => {
      const order = progress.phase === "placed" ? gone.get(progress.receipt.key) : undefined;
      return /** @type {[string, Progress]} */ ([id, order === undefined ? progress : { phase: "gone", receipt: order }]);
    });
    this.progress.value = { ...shown, ...Object.fromEntries(known) };
  }

  /**
   * Order from one offer. A tap while the order before it is on its way does nothing.
   * @param {OfferView} offer
   * @param {number} quantity
   * @param {Buyer} buyer
   * @param {boolean} [isTransfer] paid by bank instead of on delivery
   */
  place(offer, quantity, buyer, isTransfer = false) {
    this.#place({ offerId: offer.id, lines: [{ offer_id: offer.id, quantity }], buyer, ...(isTransfer && { payment: "transfer" }) }, this.feeOf(offer, quantity));
  }

  /**
   * Order all of a basket at once. A tap while the order before it is on its way does nothing.
   * @param {readonly OrderLine[]} lines
   * @param {number} feeVnd as it was shown
   * @param {Buyer} buyer
   * @param {boolean} [isTransfer] paid by bank instead of on delivery
   */
  placeBasket(lines, feeVnd, buyer, isTransfer = false) {
    this.#place({ offerId: BASKET, lines, buyer, ...(isTransfer && { payment: "transfer" }) }, feeVnd);
  }

  /**
   * The shipping fee of so many units of an offer alone.
   * @param {OfferView} offer
   * @param {number} quantity
   */
  feeOf(offer, quantity) {
    const { session, products } = this.room.state.value;
    const grams = products.find((product) => product.id === offer.product_id)?.weight_grams ?? 0;
    return feeOf(session.shipping, offer.flash_price_vnd * quantity, grams * quantity);
  }

  /**
   * @param {Pick<Intention, "offerId" | "lines" | "buyer" | "payment">} wanted
   * @param {number} feeVnd
   */
  #place(wanted, feeVnd) {
    const { offerId, lines, buyer } = wanted;
    if (this.isHeldUp({ id: offerId }, lines[0]?.quantity ?? 1)) return;
    const before = this.progress.value[offerId];
    if (before && !ANSWERED.has(before.phase)) return;
    if (before?.phase === "placed" && performance.now() - before.atMs < TAP_GUARD_MS) return;
    const fee = this.room.state.peek().session.shipping === null ? {} : { feeVnd };
    // One that was never answered is the same wish pressed again, not a second order.
    const left = this.#open()[offerId];
    const isSame = left && JSON.stringify([left.lines, left.buyer, left.feeVnd, left.payment]) === JSON.stringify([lines, buyer, fee.feeVnd, wanted.payment]);
    const intention = isSame ? left : { ...wanted, ...fee, key: randomUuid(), madeAtMs: Date.now() };
    remember(this.memoryKey, { ...this.#open(), [intention.offerId]: intention });
    void this.#bringHome(intention, "holding");
  }

  /**
   * Whether no order can be made here now; the card says why then.
   * @param {{id: string}} offer or basket
   * @param {number} quantity
   */
  isHeldUp({ id }, quantity) {
    const { ticket } = this.room;
    // People change it while the page is open: look again.
    if (!ticket.isRefused.peek() || ticket.lookAgain()) return false;
    const code = /** @type {ErrorCode} */ ("cookies_refused");
    this.progress.value = { ...this.progress.value, [id]: { phase: "refused", code, words: "", quantity } };
    return true;
  }

  /** Put a refusal or a receipt out of sight, so that the button is back.
   * @param {string} offerId
   */
  clear(offerId) {
    const { [offerId]: gone, ...others } = this.progress.value;
    if (gone && ANSWERED.has(gone.phase)) this.progress.value = others;
  }

  /**
   * @param {Intention} intention
   * @param {"holding" | "checking"} phase
   */
  async #bringHome(intention, phase) {
    for (let tries = 1; ; tries += 1) {
      const answer = await this.#attempt(intention, tries === 1 ? phase : "checking");
      if ("receipt" in answer) return this.#placed(intention, answer.receipt);
      if (!ASK_AGAIN.has(answer.code)) {
        this.#close(intention);
        this.#hearPrice(answer.details);
        return this.#refuse(intention, answer.code, answer.words);
      }
      // The key stays open, so that pressing again asks for the same order.
      if (tries >= MOST_TRIES) return this.#refuse(intention, "outcome_unknown", "");
      this.#show(intention, { phase: "checking" });
      await this.#pause(answer.retryAfterMs ?? ASK_AGAIN_MS);
    }
  }

  /**
   * @param {Intention} intention
   * @param {"holding" | "checking"} phase what it is while there is a network
   */
  async #attempt(intention, phase) {
    const { key, lines, buyer, feeVnd, payment } = intention;
    const fee = feeVnd === undefined ? {} : { shipping_fee_vnd: feeVnd };
    const { isAway } = this.room;
    const stopShowing = effect(() => {
      const isWaiting = isAway.value;
      untracked(() => this.#show(intention, { phase: isWaiting ? "waiting" : phase }));
    });
    try {
      return await carryOrder(this.room, { key, lines, buyer, ...fee, ...(payment && { payment }) });
    } finally {
      stopShowing();
    }
  }

  /** A refusal says the price that holds now; the page shows it before anybody presses again.
   * @param {Readonly<Record<string, unknown>> | undefined} details
   */
  #hearPrice(details) {
    const { product_id: productId, unit_price_vnd: priceVnd } = details ?? {};
    if (typeof productId !== "string" || typeof priceVnd !== "number") return;
    const state = this.room.state.peek();
    const products = state.products.map((product) => (product.id === productId ? { ...product, price_vnd: priceVnd } : product));
    this.room.state.value = { ...state, products };
  }

  /** Wait, but no longer than until the socket is open again.
   * @param {number} ms
   */
  #pause(ms) {
    const wasOpen = this.room.status.peek() === "open";
    /** @type {Promise<void>} */
    const pause = new Promise((resolve) => {
      const timer = setTimeout(finish, ms + Math.random() * ms * 0.3);
      const stop = this.room.status.subscribe((status) => {
        if (!wasOpen && status === "open") finish();
      });
      function finish() {
        clearTimeout(timer);
        queueMicrotask(() => stop());
        resolve();
      }
    });
    return pause;
  }

  /**
   * @param {Intention} intention
   * @param {ErrorCode} code
   * @param {string} words
   */
  #refuse(intention, code, words) {
    this.#show(intention, { phase: "refused", code, words, quantity: intention.lines[0]?.quantity ?? 1 });
  }

  /**
   * @param {Intention} intention
   * @param {Receipt} receipt
   */
  #placed(intention, receipt) {
    this.#close(intention);
    this.#show(intention, { phase: "placed", receipt, atMs: performance.now(), isTransfer: intention.payment === "transfer" });
    const others = this.receipts.value.filter((each) => each.key !== receipt.key);
    this.receipts.value = [receipt, ...others];
  }

  /** @returns {Record<string, Intention>} */
  #open() {
    return recall(this.memoryKey, {});
  }

  /** @param {Intention} intention */
  #close(intention) {
    const { [intention.offerId]: done, ...others } = this.#open();
    if (done?.key === intention.key) remember(this.memoryKey, others);
  }

  /**
   * @param {Intention} intention
   * @param {Progress} progress
   */
  #show(intention, progress) {
    this.progress.value = { ...this.progress.value, [intention.offerId]: progress };
  }
}
