// The order desk's knowledge: the orders of a session, the one that is open, payments that need a person.

import { signal } from "@preact/signals";

import { inQueue, queueOf, stateOf } from "./desk_steps.js";
import { money } from "./format.js";
import { command, get, send } from "./http.js";
import { failureWords, say } from "./page.js";
import { isSignedOut } from "./signed_out.js";

/**
 * @typedef {import("./desk_types.js").DeskOrder} DeskOrder
 * @typedef {import("./desk_types.js").OrderWithContact} OrderWithContact
 * @typedef {import("./desk_types.js").OrderEntry} OrderEntry
 * @typedef {import("./desk_types.js").Receiver} Receiver
 * @typedef {import("./desk_types.js").RevealReason} RevealReason
 * @typedef {import("./desk_types.js").WorkListItem} WorkListItem
 * @typedef {import("./desk_types.js").BookedPayment} BookedPayment
 * @typedef {import("./desk_steps.js").Queue} Queue
 * @typedef {import("./desk_steps.js").Choice} Choice
 */

const PAGE_SIZE = 200;
const PAGES_MOST = 50;
// A second press that was meant for the order before must not decide about this one.
const SETTLES_AFTER_MS = 500;
// Codes have letters in them.
const PHONE = /^[\d\s+().-]+$/;
const PHONE_DIGITS_LEAST = 8;

/** What a receiver may be looked at for. @type {readonly RevealReason[]} */
export const REVEAL_REASONS = ["call", "deliver", "complaint", "payment"];

export class DeskState {
  #settleTimer = 0;
  #isReading = false;
  #learnt = 0;

  /**
   * @param {string} sessionId
   * @param {boolean} booksPayments whether this person may
   */
  constructor(sessionId, booksPayments) {
    this.booksPayments = booksPayments;
    this.path = `/api/v1/sessions/${sessionId}/orders`;
    /** @type {import("@preact/signals").Signal<readonly DeskOrder[] | null>} */
    this.orders = signal(null);
    this.queue = signal(/** @type {Queue} */ ("call"));
    /** @type {import("@preact/signals").Signal<OrderWithContact | null>} */
    this.open = signal(null);
    /** The receiver of an order, once somebody said what for.
     * @type {import("@preact/signals").Signal<{orderId: string, receiver: Receiver, reason: RevealReason} | null>}
     */
    this.revealed = signal(null);
    /** Said once, it holds for the next orders until the receiver is hidden.
     * @type {RevealReason | null}
     */
    this.reason = null;
    /** Whether the open order takes an outcome now. */
    this.isReady = signal(false);
    this.problem = signal("");
    /** What was done last, in words. */
    this.done = signal("");
    /** @type {import("@preact/signals").Signal<readonly WorkListItem[]>} */
    this.matters = signal([]);
    /** Orders of the number that was searched for, when there are several. @type {import("@preact/signals").Signal<readonly DeskOrder[]>} */
    this.found = signal([]);
    /** Ids of orders put off, the first put off first. */
    this.later = signal(/** @type {readonly string[]} */ ([]));
  }

  /** The chosen queue in its order. */
  get waiting() {
    return inQueue(this.orders.value ?? [], this.queue.value, this.later.value);
  }

  /** @param {Queue} queue */
  countOf(queue) {
    return (this.orders.value ?? []).filter((order) => queueOf(order.state) === queue).length;
  }

  /** Read all orders; the first time the next one opens by itself. */
  async read() {
    if (this.#isReading) return;
    this.#isReading = true;
    const isFirst = this.orders.value === null;
    const learntBefore = this.#learnt;
    const orders = await this.#readAll();
    this.#isReading = false;
    // What was decided during the reading may be missing in it; the next reading comes soon.
    if (orders === null || this.#learnt !== learntBefore) return;
    this.orders.value = orders;
    if (isFirst && this.queue.value === "call") await this.openNext();
  }

  async #readAll() {
    /** @type {DeskOrder[]} */
    const all = [];
    for (let page = 0; page < PAGES_MOST; page += 1) {
      const before = all.at(-1)?.number;
      /** @type {import("./http.js").Answer<{orders: DeskOrder[]}>} */
      const answer = await get(`${this.path}?limit=${PAGE_SIZE}${before === undefined ? "" : `&before=${before}`}`);
      if (!answer.ok) {
        this.problem.value = failureWords(answer.failure);
        return null;
      }
      if (isSignedOut.value) this.problem.value = "";
      isSignedOut.value = false;
      all.push(...answer.value.orders);
      if (answer.value.orders.length < PAGE_SIZE) break;
    }
    return all;
  }

  /** @param {string} orderId */
  async show(orderId) {
    /** @type {import("./http.js").Answer<OrderWithContact>} */
    const answer = await get(`${this.path}/${orderId}`);
    if (!answer.ok) return void (this.problem.value = failureWords(answer.failure));
    this.problem.value = "";
    if (this.revealed.value?.orderId !== orderId) this.revealed.value = null;
    this.open.value = answer.value;
    if (this.reason !== null) void this.reveal(this.reason);
    this.#replace(orderId, answer.value.state);
    this.isReady.value = false;
    clearTimeout(this.#settleTimer);
    this.#settleTimer = setTimeout(() => (this.isReady.value = true), SETTLES_AFTER_MS);
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

  /** Open the next order of the queue; one that somebody else has dealt with meanwhile is passed by, its keys mean other things now. */
  async openNext() {
    const { value: queue } = this.queue;
    const lastId = this.open.value?.order_id;
    const candidates = queue === "done" ? [] : this.waiting.filter((order) => order.order_id !== lastId);
    for (const { order_id: id } of candidates) {
      await this.show(id);
      const { value: shown } = this.open;
      // Refused, found, or the person has chosen another one meanwhile.
      if (this.problem.value !== "" || shown?.order_id !== id || queueOf(shown.state) === queue) return;
    }
    this.open.value = null;
  }

  /** @param {Queue} queue */
  async choose(queue) {
    this.queue.value = queue;
    this.open.value = null;
    this.done.value = "";
    await this.openNext();
  }

  /** Carry out an outcome for the open order; the next one opens by itself. @param {Choice} choice */
  async decide(choice) {
    const order = this.open.value;
    if (order === null || !this.isReady.value) return;
    if (choice.kind === "later") {
      this.later.value = [...this.later.value.filter((id) => id !== order.order_id), order.order_id];
      this.done.value = "";
      return this.openNext();
    }
    this.isReady.value = false;
    /** @type {import("./http.js").Answer<OrderEntry>} */
    const answer = await command("POST", `${this.path}/${order.order_id}/steps`, { kind: choice.kind, reason: choice.reason, collected: choice.collects });
    if (!answer.ok) {
      // Somebody else may have been quicker: show the order as it is now, with the reason above it.
      await this.show(order.order_id);
      this.problem.value = failureWords(answer.failure);
      return;
    }
    this.problem.value = "";
    this.later.value = this.later.value.filter((id) => id !== order.order_id);
    this.#replace(order.order_id, stateOf([...order.entries.map((entry) => entry.kind), answer.value.kind]));
    this.done.value = say("desk.done", { code: order.code, state: say(`desk.state_${answer.value.kind}`) });
    await this.openNext();
  }

  /**
   * Put an order's new state into the list.
   * @param {string} orderId
   * @param {import("./ledger_kinds.js").Kind} state
   */
  #replace(orderId, state) {
    this.#learnt += 1;
    this.orders.value = (this.orders.value ?? []).map((order) => (order.order_id === orderId ? { ...order, state } : order));
  }

  /**
   * Answer a complaint of an order's buyer. Resolves to what went wrong, in words.
   * @param {string} orderId
   * @param {string} complaintId
   * @param {string} words
   */
  async answer(orderId, complaintId, words) {
    /** @type {import("./http.js").Answer<OrderWithContact>} */
    const answer = await command("POST", `${this.path}/${orderId}/complaints/${complaintId}/answer`, { words });
    if (!answer.ok) return failureWords(answer.failure);
    this.#learnt += 1;
    const { complaints_waiting: waiting } = answer.value;
    this.orders.value = (this.orders.value ?? []).map((order) => (order.order_id === orderId ? { ...order, complaints_waiting: waiting } : order));
    if (this.open.value?.order_id === orderId) this.open.value = answer.value;
    return "";
  }

  /**
   * Change, take back or refund a part of an order. Resolves to what went wrong, in words; the page shows the order as it is then.
   * @param {OrderWithContact} order
   * @param {"changes" | "returns" | "refunds"} part
   * @param {object} content
   */
  async doPart(order, part, content) {
    /** @type {import("./http.js").Answer<OrderWithContact>} */
    const answer = await command("POST", `${this.path}/${order.order_id}/${part}`, content);
    if (!answer.ok) {
      // Somebody else was quicker: what is asked next is asked about the order as it is now.
      if (answer.failure.code === "order_changed_meanwhile") await this.show(order.order_id);
      return failureWords(answer.failure);
    }
    this.#learnt += 1;
    this.problem.value = "";
    this.done.value = say(`desk.done_${part}`, { code: order.code, amount: money(answer.value.total_vnd) });
    this.orders.value = (this.orders.value ?? []).map((each) => (each.order_id === order.order_id ? { ...each, ...answer.value } : each));
    if (this.open.value?.order_id === order.order_id) this.open.value = answer.value;
    if (this.booksPayments) void this.readMatters();
    return "";
  }

  /**
   * Open the order that people call so, or the newest one of a phone number; the others of that number stand in `found`. Whether there is one.
   * @param {string} text a code or a number, in any spelling
   */
  async find(text) {
    const isPhone = PHONE.test(text) && text.replace(/\D/g, "").length >= PHONE_DIGITS_LEAST;
    /** @type {import("./http.js").Answer<{orders: DeskOrder[]}>} */
    const answer = await (isPhone
      ? send("POST", this.path.replace(/orders$/, "order-search"), { phone: text })
      : get(`${this.path}?code=${encodeURIComponent(text.slice(0, 40))}`));
    this.found.value = answer.ok && answer.value.orders.length > 1 ? answer.value.orders : [];
    if (!answer.ok) {
      this.problem.value = failureWords(answer.failure);
      return false;
    }
    const found = answer.value.orders[0];
    this.done.value = "";
    this.problem.value = found === undefined ? say(isPhone ? "desk.find_no_phone" : "desk.find_nothing") : "";
    if (found !== undefined) {
      this.queue.value = queueOf(found.state);
      await this.show(found.order_id);
    }
    return found !== undefined;
  }

  /**
   * Book a payment for an order. Resolves to what came of it, in words.
   * @param {{order_id: string, reference: string, amount_vnd: number, received_at: string}} payment
   */
  async book(payment) {
    /** @type {import("./http.js").Answer<BookedPayment>} */
    const answer = await command("POST", "/api/v1/payments", payment);
    if (!answer.ok) return failureWords(answer.failure);
    await Promise.all([this.show(payment.order_id), this.readMatters()]);
    return say(answer.value.matter === null ? "desk.payment_settled" : `desk.matter_${answer.value.matter}`);
  }

  async readMatters() {
    /** @type {import("./http.js").Answer<{items: WorkListItem[]}>} */
    const answer = await get("/api/v1/payments/work-list");
    if (answer.ok) this.matters.value = answer.value.items;
  }

  /**
   * Take a payment off the work list.
   * @param {string} paymentId
   * @param {string} words
   */
  async settle(paymentId, words) {
    /** @type {import("./http.js").Answer<{items: WorkListItem[]}>} */
    const answer = await command("POST", `/api/v1/payments/${paymentId}/settlement`, { words });
    if (answer.ok) this.matters.value = answer.value.items;
    return answer.ok ? "" : failureWords(answer.failure);
  }
}
