// The order desk's knowledge: the queues and one page of the chosen one, the order in hand, what can still be taken back.

import { signal } from "@preact/signals";

import { DeskClaims } from "./desk_claims.js";
import { DeskOpen } from "./desk_open.js";
import { WORKED } from "./desk_queues.js";
import { money } from "./format.js";
import { command, send } from "./http.js";
import { failureWords, say } from "./page.js";

/**
 * @typedef {import("./desk_types.js").OrderWithContact} OrderWithContact
 * @typedef {import("./desk_types.js").OrderEntry} OrderEntry
 * @typedef {import("./desk_work_types.js").Queue} Queue
 * @typedef {import("./desk_work_types.js").QueuedOrder} QueuedOrder
 * @typedef {import("./desk_work_types.js").FoundOrders} FoundOrders
 * @typedef {import("./desk_work_types.js").OrderWork} OrderWork
 * @typedef {import("./desk_steps.js").Choice} Choice
 */
/** An order by its ids. @typedef {{order_id: string, session_id: string}} Which */
/** What was done last: until when it can be taken back, and how. @typedef {{until_ms: number, takeBack: () => Promise<void>}} CanUndo */

const SKIPPED_MOST = 200;
const UNDO_MS = 60_000;

export class DeskState extends DeskOpen {
  #isReading = false;
  #readsAgain = false;

  /**
   * @param {string | null} sessionId the only session that is looked at; null: all in reach
   * @param {string} userId who works here
   * @param {boolean} booksPayments whether this person may
   */
  constructor(sessionId, userId, booksPayments) {
    super(sessionId, userId, booksPayments);
    /** @type {import("@preact/signals").Signal<CanUndo | null>} */
    this.canUndo = signal(null);
    /** Ids of orders that this person put off. */
    this.skipped = signal(/** @type {readonly string[]} */ ([]));
    /** Whether orders are ticked instead of opened. */
    this.isMany = signal(false);
    /** Whether claims of comments are shown in place of orders. */
    this.showsClaims = signal(false);
    this.claims = new DeskClaims(this);
  }

  /** Read how many wait, the chosen queue and the open order anew; the first time the first queue with work in it opens by itself.
   * @returns {Promise<void>}
   */
  async read() {
    if (this.#isReading) return void (this.#readsAgain = true);
    this.#isReading = true;
    const isFirst = this.counts.value === null;
    const isRead = await this.readCounts();
    if (isFirst) this.queue.value = WORKED.find((queue) => this.countOf(queue).due > 0) ?? "first";
    await Promise.all([this.showsClaims.value ? this.claims.read() : this.readRows(), isFirst ? null : this.readOpen()]);
    this.#isReading = false;
    if (this.#readsAgain) {
      this.#readsAgain = false;
      return this.read();
    }
    const isIdle = !this.isElsewhere && this.open.value === null && this.found.value === null && this.countOf(this.queue.value).due > 0;
    if (isRead && (isFirst || isIdle)) await this.openNext();
  }

  /** Take the next order of the queue that nobody else has. */
  async openNext() {
    const queue = this.queue.value;
    if (queue === "over" || this.isElsewhere) return this.close();
    /** @type {import("./http.js").Answer<{order: QueuedOrder | null}>} */
    const answer = await send("POST", "/api/v1/desk/next", { queue, session_id: this.sessionId, skip: this.skipped.value });
    if (this.queue.value !== queue || this.isElsewhere) return;
    if (!answer.ok) return void (this.problem.value = failureWords(answer.failure));
    if (answer.value.order === null) return this.close();
    await this.show(answer.value.order.order_id, answer.value.order.session_id);
  }

  /** Leave the open order for later and go on with the next one; it comes again in its turn when this page is opened anew. */
  async skip() {
    const order = this.work.value?.order;
    if (order === undefined) return;
    this.skipped.value = [...this.skipped.value.filter((id) => id !== order.order_id), order.order_id].slice(-SKIPPED_MOST);
    this.done.value = "";
    this.canUndo.value = null;
    await this.openNext();
    void this.read();
  }

  /** Whether something else than one order is in the middle. */
  get isElsewhere() {
    return this.isMany.value || this.showsClaims.value;
  }

  /** Claims of comments in place of orders. @param {string | null} [claimId] the one that keys act on */
  async chooseClaims(claimId = null) {
    this.letGo(null);
    this.close();
    this.found.value = this.canUndo.value = null;
    this.done.value = this.problem.value = "";
    this.isMany.value = false;
    this.showsClaims.value = true;
    this.claims.chosenId.value = claimId;
    await this.claims.read();
  }

  /** The order that a claim follows. @param {Which} which */
  async showOrder(which) {
    this.showsClaims.value = false;
    this.rows.value = null;
    void this.readRows();
    await this.show(which.order_id, which.session_id);
  }

  /** @param {Queue} queue */
  async choose(queue) {
    this.showsClaims.value = false;
    this.letGo(null);
    this.queue.value = queue;
    this.close();
    this.rows.value = null;
    this.found.value = null;
    this.done.value = "";
    this.skipped.value = [];
    await Promise.all([this.openNext(), this.readRows()]);
  }

  /**
   * Carry out an outcome for the open order; the next one opens by itself.
   * @param {Choice} choice
   * @param {{reason?: string, again_at?: string}} [more] what the second key chose
   */
  async decide(choice, more = {}) {
    const order = this.work.value?.order;
    if (order === undefined || !this.isReady.value) return;
    this.isReady.value = false;
    const path = `${this.path}/${order.order_id}`;
    const reason = more.reason ?? choice.reason;
    /** @type {import("./http.js").Answer<OrderWork | OrderEntry>} */
    const answer = await (choice.collects
      ? command("POST", `${path}/steps`, { kind: choice.kind, reason, collected: true })
      : choice.outcome === null
        ? command("POST", `${path}/held-steps`, { kind: choice.kind, reason })
        : command("POST", `${path}/calls`, { outcome: choice.outcome, reason, ...(more.again_at && { again_at: more.again_at }) }));
    if (!answer.ok) {
      // Somebody else may have been quicker: show the order as it is now, with the reason above it.
      await this.show(order.order_id, order.session_id);
      this.problem.value = this.#refusal(answer.failure);
      return;
    }
    this.problem.value = "";
    this.skipped.value = this.skipped.value.filter((id) => id !== order.order_id);
    const work = "calls" in answer.value ? answer.value : null;
    // money that was taken is in the ledger at once
    const mark = work?.step?.mark ?? work?.calls[0]?.mark;
    this.canUndo.value = mark === undefined ? null : { until_ms: Date.now() + UNDO_MS, takeBack: () => this.#takeBack(order, mark) };
    const state = choice.kind === null ? say(`desk.call_${choice.outcome}`) : say(`desk.state_${choice.kind}`);
    this.done.value = say("desk.done", { code: order.code, state });
    await this.openNext();
    void this.read();
  }

  /** @param {import("./http.js").Failure} failure */
  #refusal(failure) {
    const who = failure.details?.["who"];
    return typeof who === "string" && who !== "" ? say("desk.in_hand_of", { who }) : failureWords(failure);
  }

  /** Take back what was done last. */
  async undo() {
    const last = this.canUndo.value;
    if (last === null) return;
    this.canUndo.value = null;
    await last.takeBack();
  }

  /** The order is open again then. @param {Which} which @param {string} mark */
  async #takeBack(which, mark) {
    const path = `/api/v1/sessions/${which.session_id}/orders/${which.order_id}`;
    /** @type {import("./http.js").Answer<OrderWork>} */
    const answer = await command("POST", `${path}/undo`, { mark });
    if (!answer.ok) return void (this.problem.value = this.#refusal(answer.failure));
    if (answer.value.order.queue !== this.queue.value) {
      this.queue.value = answer.value.order.queue;
      this.rows.value = null;
    }
    await this.show(which.order_id, which.session_id);
    this.done.value = say("desk.undone", { code: answer.value.order.code });
    void this.read();
  }

  /**
   * Note something for colleagues. Resolves to what went wrong, in words.
   * @param {string} words
   */
  async note(words) {
    const orderId = this.open.value?.order_id;
    /** @type {import("./http.js").Answer<OrderWork>} */
    const answer = await command("POST", `${this.path}/${orderId}/notes`, { words });
    if (answer.ok && this.open.value?.order_id === orderId) this.work.value = answer.value;
    return answer.ok ? "" : failureWords(answer.failure);
  }

  /** @param {string | null} userId */
  async assign(userId) {
    const orderId = this.open.value?.order_id;
    /** @type {import("./http.js").Answer<OrderWork>} */
    const answer = await send("PUT", `${this.path}/${orderId}/assignment`, { user_id: userId });
    if (!answer.ok) return void (this.problem.value = failureWords(answer.failure));
    if (this.open.value?.order_id === orderId) this.work.value = answer.value;
  }

  /** @override */
  async booked(/** @type {string} */ orderId) {
    await this.show(orderId);
    void this.read();
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
    if (this.open.value?.order_id === orderId) this.open.value = answer.value;
    void this.read();
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
    this.problem.value = "";
    this.canUndo.value = null;
    this.done.value = say(`desk.done_${part}`, { code: order.code, amount: money(answer.value.total_vnd) });
    if (this.open.value?.order_id === order.order_id) this.open.value = answer.value;
    if (this.booksPayments) void this.readMatters();
    void this.read();
    return "";
  }

  /** Find orders by code, phone, name or product; a single one opens. Whether there is one. @param {string} text */
  async find(text) {
    /** @type {import("./http.js").Answer<FoundOrders>} */
    const answer = await send("POST", "/api/v1/desk/search", { text: text.slice(0, 80), session_id: this.sessionId });
    if (!answer.ok) {
      this.problem.value = failureWords(answer.failure);
      return false;
    }
    const { orders, names_searched: searched } = answer.value;
    this.showsClaims.value = false;
    const [only] = orders;
    this.done.value = "";
    this.problem.value = only !== undefined ? "" : searched > 0 ? say("desk.find_nobody", { count: searched }) : say("desk.find_nothing");
    this.found.value = orders.length > 1 || (this.isMany.value && only !== undefined) ? answer.value : null;
    if (only !== undefined && orders.length === 1 && !this.isMany.value) {
      if (only.queue !== this.queue.value) {
        this.queue.value = only.queue;
        this.rows.value = null;
        void this.readRows();
      }
      await this.show(only.order_id, only.session_id);
    }
    return only !== undefined;
  }
}
