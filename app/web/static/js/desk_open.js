// The open order: taken in hand, kept there while it is looked at, its receiver shown to whoever says what for.

import { signal } from "@preact/signals";

import { DeskQueues } from "./desk_queues.js";
import { get, remove, send } from "./http.js";
import { failureWords } from "./page.js";

/**
 * @typedef {import("./desk_types.js").OrderWithContact} OrderWithContact
 * @typedef {import("./desk_types.js").Receiver} Receiver
 * @typedef {import("./desk_types.js").RevealReason} RevealReason
 * @typedef {import("./desk_work_types.js").OrderWork} OrderWork
 * @typedef {import("./desk_work_types.js").BuyerHistory} BuyerHistory
 */
/** An order by its ids. @typedef {{order_id: string, session_id: string}} Which */

// A second press that was meant for the order before must not decide about this one.
const SETTLES_AFTER_MS = 500;
const RENEW_EVERY_MS = 45_000;

/** What a receiver may be looked at for. @type {readonly RevealReason[]} */
export const REVEAL_REASONS = ["call", "deliver", "complaint", "payment"];

export class DeskOpen extends DeskQueues {
  #settleTimer = 0;

  /**
   * @param {string | null} sessionId the only session that is looked at; null: all in reach
   * @param {string} userId who works here
   * @param {boolean} booksPayments whether this person may
   */
  constructor(sessionId, userId, booksPayments) {
    super(sessionId, booksPayments);
    this.userId = userId;
    /** @type {import("@preact/signals").Signal<OrderWithContact | null>} */
    this.open = signal(null);
    /** What colleagues did with the open order. @type {import("@preact/signals").Signal<OrderWork | null>} */
    this.work = signal(null);
    /** @type {import("@preact/signals").Signal<BuyerHistory | null>} */
    this.buyer = signal(null);
    /** The receiver of an order, once somebody said what for.
     * @type {import("@preact/signals").Signal<{orderId: string, receiver: Receiver, reason: RevealReason} | null>}
     */
    this.revealed = signal(null);
    /** What comments have to do with the open order. @type {import("@preact/signals").Signal<readonly import("./protocol.js").ClaimView[]>} */
    this.saidOf = signal([]);
    /** Said once, it holds for the next orders until the receiver is hidden.
     * @type {RevealReason | null}
     */
    this.reason = null;
    /** Whether the open order takes an outcome now. */
    this.isReady = signal(false);
  }

  /** Where the orders of the open order's session are. */
  get path() {
    return `/api/v1/sessions/${this.work.value?.order.session_id ?? this.sessionId ?? ""}/orders`;
  }

  /** Whether the open order is in this person's hand. */
  get isMine() {
    return this.work.value?.order.held_by === this.userId;
  }

  /** What colleagues did with the open order meanwhile. */
  async readOpen() {
    const work = this.work.value;
    if (work === null) return;
    const { order_id: orderId } = work.order;
    /** @type {import("./http.js").Answer<OrderWork>} */
    const answer = await get(`${this.path}/${orderId}/work`);
    if (!answer.ok || this.work.value?.order.order_id !== orderId) return;
    const wasMine = this.isMine;
    this.work.value = answer.value;
    if (wasMine && !this.isMine) this.isReady.value = false;
    const isOther = answer.value.order.state !== this.open.value?.state || answer.value.order.complaints_waiting !== this.open.value?.complaints_waiting;
    if (isOther && this.open.value?.order_id === orderId) await this.#readContent(answer.value.order);
  }

  /** @param {Which} which */
  async #readContent({ order_id: orderId, session_id: sessionId }) {
    /** @type {import("./http.js").Answer<OrderWithContact>} */
    const answer = await get(`/api/v1/sessions/${sessionId}/orders/${orderId}`);
    if (answer.ok && this.open.value?.order_id === orderId) this.open.value = answer.value;
  }

  /**
   * Open an order and take it in hand, unless a colleague has it.
   * @param {string} orderId
   * @param {string | null} [sessionId] that of the open order, or of the page
   * @param {boolean} [takesOver] although a colleague has it
   */
  async show(orderId, sessionId, takesOver = false) {
    const inSession = sessionId ?? this.work.value?.order.session_id ?? this.sessionId;
    if (inSession === null) return;
    const path = `/api/v1/sessions/${inSession}/orders/${orderId}`;
    this.letGo(orderId);
    this.isReady.value = false;
    clearTimeout(this.#settleTimer);
    const [order, held] = await Promise.all([
      /** @type {Promise<import("./http.js").Answer<OrderWithContact>>} */ (get(path)),
      /** @type {Promise<import("./http.js").Answer<OrderWork>>} */ (send("PUT", `${path}/hold`, { take_over: takesOver })),
    ]);
    if (!order.ok) return void (this.problem.value = failureWords(order.failure));
    const isTaken = !held.ok && held.failure.code === "order_in_hand";
    /** @type {import("./http.js").Answer<OrderWork>} */
    const work = isTaken ? await get(`${path}/work`) : held;
    if (!work.ok) return void (this.problem.value = failureWords(work.failure));
    this.problem.value = "";
    if (this.revealed.value?.orderId !== orderId) this.revealed.value = null;
    if (this.buyer.value !== null && this.open.value?.order_id !== orderId) this.buyer.value = null;
    if (this.open.value?.order_id !== orderId) this.saidOf.value = [];
    this.open.value = order.value;
    this.work.value = work.value;
    if (this.reason !== null && this.isMine) void this.reveal(this.reason);
    void this.#readBuyer(path, orderId);
    void this.#readClaims(path, orderId);
    this.#settleTimer = setTimeout(() => (this.isReady.value = this.isMine), SETTLES_AFTER_MS);
  }

  /** @param {string} path @param {string} orderId */
  async #readBuyer(path, orderId) {
    /** @type {import("./http.js").Answer<BuyerHistory>} */
    const answer = await get(`${path}/buyer`);
    if (answer.ok && this.open.value?.order_id === orderId) this.buyer.value = answer.value;
  }

  /** @param {string} path @param {string} orderId */
  async #readClaims(path, orderId) {
    /** @type {import("./http.js").Answer<{claims: import("./protocol.js").ClaimView[]}>} */
    const answer = await get(`${path}/claims`);
    if (answer.ok && this.open.value?.order_id === orderId) this.saidOf.value = answer.value.claims;
  }

  /** Put the order in hand back when another one is opened. @param {string | null} except */
  letGo(except) {
    const order = this.work.value?.order;
    if (order === undefined || order.order_id === except || !this.isMine) return;
    void remove(`/api/v1/sessions/${order.session_id}/orders/${order.order_id}/hold`);
  }

  close() {
    this.open.value = this.work.value = this.buyer.value = null;
    this.isReady.value = false;
  }

  /** Go on having the open order in hand. */
  async renew() {
    const order = this.work.value?.order;
    if (order === undefined || !this.isMine || document.hidden) return;
    /** @type {import("./http.js").Answer<OrderWork>} */
    const answer = await send("PUT", `${this.path}/${order.order_id}/hold`, { take_over: false });
    if (!answer.ok && answer.failure.code === "order_in_hand") await this.readOpen();
  }

  /** Call it once: keeps what is in hand as long as the page is looked at. */
  keepInHand() {
    setInterval(() => void this.renew(), RENEW_EVERY_MS);
    addEventListener("pagehide", () => this.letGo(null));
  }

  /** Show the open order's receiver, and those of the orders after it. @param {RevealReason} reason */
  async reveal(reason) {
    this.reason = reason;
    const orderId = this.open.value?.order_id;
    if (orderId === undefined) return;
    /** @type {import("./http.js").Answer<Receiver>} */
    const answer = await send("POST", `${this.path}/${orderId}/receiver`, { reason });
    if (!answer.ok) return void (this.problem.value = failureWords(answer.failure));
    // Another order may have been opened meanwhile.
    if (this.open.value?.order_id === orderId) this.revealed.value = { orderId, receiver: answer.value, reason };
  }

  hide() {
    this.reason = null;
    this.revealed.value = null;
  }
}
