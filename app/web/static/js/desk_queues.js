// The queues of the desk: how many orders wait for what, and the chosen queue as far as it was read.

import { signal } from "@preact/signals";

import { DeskMoney } from "./desk_money.js";
import { get } from "./http.js";
import { failureWords } from "./page.js";
import { isSignedOut } from "./signed_out.js";

/**
 * @typedef {import("./desk_work_types.js").Queue} Queue
 * @typedef {import("./desk_work_types.js").QueueCounts} QueueCounts
 * @typedef {import("./desk_work_types.js").QueuedOrder} QueuedOrder
 * @typedef {import("./desk_work_types.js").QueuePage} QueuePage
 * @typedef {import("./desk_work_types.js").FoundOrders} FoundOrders
 * @typedef {import("./desk_work_types.js").ColleagueView} ColleagueView
 */

const PAGE_SIZE = 50;
/** Queues whose orders come one after the other. The first with work in it opens by itself. @type {readonly Queue[]} */
export const WORKED = ["first", "second", "third", "again", "pack", "collect", "refund", "money", "given_up", "sent"];

export class DeskQueues extends DeskMoney {
  /**
   * @param {string | null} sessionId the only session that is looked at; null: all in reach
   * @param {boolean} booksPayments whether this person may
   */
  constructor(sessionId, booksPayments) {
    super(booksPayments);
    this.sessionId = sessionId;
    /** @type {import("@preact/signals").Signal<QueueCounts | null>} */
    this.counts = signal(null);
    this.queue = signal(/** @type {Queue} */ ("first"));
    /** The chosen queue, as far as it was read. @type {import("@preact/signals").Signal<readonly QueuedOrder[] | null>} */
    this.rows = signal(null);
    this.nextCursor = signal(/** @type {string | null} */ (null));
    /** @type {import("@preact/signals").Signal<FoundOrders | null>} */
    this.found = signal(null);
    this.problem = signal("");
    /** What was done last, in words. */
    this.done = signal("");
    /** @type {import("@preact/signals").Signal<readonly ColleagueView[]>} */
    this.colleagues = signal([]);
  }

  /** @param {Queue} queue */
  countOf(queue) {
    return this.counts.value?.queues.find((each) => each.queue === queue) ?? { queue, due: 0, later: 0, next_at_ms: null };
  }

  /** @param {Readonly<Record<string, string | number | null>>} values */
  query(values) {
    const given = Object.entries({ session_id: this.sessionId, ...values }).filter(([, value]) => value !== null);
    return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  }

  /** Whether it was read how many wait. */
  async readCounts() {
    /** @type {import("./http.js").Answer<QueueCounts>} */
    const counts = await get(`/api/v1/desk/queues?${this.query({})}`);
    if (counts.ok) {
      if (isSignedOut.value) this.problem.value = "";
      isSignedOut.value = false;
      this.counts.value = counts.value;
    } else this.problem.value = failureWords(counts.failure);
    return counts.ok;
  }

  async readRows() {
    const queue = this.queue.value;
    // what was scrolled to stays there
    const limit = Math.min(100, Math.max(PAGE_SIZE, this.rows.value?.length ?? 0));
    /** @type {import("./http.js").Answer<QueuePage>} */
    const answer = await get(`/api/v1/desk/orders?${this.query({ queue, limit })}`);
    if (!answer.ok || this.queue.value !== queue) return;
    this.rows.value = answer.value.orders;
    this.nextCursor.value = answer.value.next_cursor;
  }

  /** The orders after those that are shown. */
  async more() {
    const queue = this.queue.value;
    /** @type {import("./http.js").Answer<QueuePage>} */
    const answer = await get(`/api/v1/desk/orders?${this.query({ queue, limit: PAGE_SIZE, cursor: this.nextCursor.value })}`);
    if (!answer.ok) return void (this.problem.value = failureWords(answer.failure));
    if (this.queue.value !== queue) return;
    this.rows.value = [...(this.rows.value ?? []), ...answer.value.orders];
    this.nextCursor.value = answer.value.next_cursor;
  }

  async readColleagues() {
    /** @type {import("./http.js").Answer<{colleagues: ColleagueView[]}>} */
    const answer = await get(`/api/v1/desk/colleagues?${this.query({})}`);
    if (answer.ok) this.colleagues.value = answer.value.colleagues;
  }
}
