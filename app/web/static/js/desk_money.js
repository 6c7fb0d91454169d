// Money at the order desk: what was booked, and the payments that need a person.

import { signal } from "@preact/signals";

import { command, get } from "./http.js";
import { failureWords, say } from "./page.js";

/**
 * @typedef {import("./desk_types.js").WorkListItem} WorkListItem
 * @typedef {import("./desk_types.js").BookedPayment} BookedPayment
 */

export class DeskMoney {
  /** @param {boolean} booksPayments whether this person may */
  constructor(booksPayments) {
    this.booksPayments = booksPayments;
    /** @type {import("@preact/signals").Signal<readonly WorkListItem[]>} */
    this.matters = signal([]);
  }

  /** What a payment has changed is looked at again. @param {string} _orderId */
  async booked(_orderId) {}

  /**
   * Book a payment for an order. Resolves to what came of it, in words.
   * @param {{order_id: string, reference: string, amount_vnd: number, received_at: string}} payment
   */
  async book(payment) {
    /** @type {import("./http.js").Answer<BookedPayment>} */
    const answer = await command("POST", "/api/v1/payments", payment);
    if (!answer.ok) return failureWords(answer.failure);
    await Promise.all([this.booked(payment.order_id), this.readMatters()]);
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
