// Many orders at once: which of the list are ticked, what shall be done with them, what would become of each, and the way back.

import { computed, signal } from "@preact/signals";

import { number } from "./format.js";
import { command, get, send } from "./http.js";
import { failureWords, say } from "./page.js";

/**
 * @typedef {import("./desk_state.js").DeskState} DeskState
 * @typedef {import("./desk_work_types.js").BulkResult} BulkResult
 * @typedef {import("./desk_work_types.js").BulkUndone} BulkUndone
 * @typedef {import("./desk_work_types.js").OrderInBulk} OrderInBulk
 * @typedef {import("./desk_work_types.js").QueuePage} QueuePage
 * @typedef {import("./ledger_kinds.js").Kind} Kind
 */
/** What is done: a step with its reason, or a colleague ("" = whoever comes). @typedef {{kind: Kind | "assign", reason: string, userId: string}} Task */

// The server takes so many at once; more go one part after the other.
const AT_ONCE = 200;
const READ_AT_ONCE = 100;
export const CHOSEN_MOST = 2_000;
const UNDO_MS = 60_000;

export class DeskBulk {
  /** @param {DeskState} desk */
  constructor(desk) {
    this.desk = desk;
    /** Ids of the ticked orders. */
    this.chosen = signal(/** @type {ReadonlySet<string>} */ (new Set()));
    this.task = signal(/** @type {Task} */ ({ kind: "confirmed", reason: "", userId: "" }));
    /** What would become of each; null: not asked, or asked about something else. @type {import("@preact/signals").Signal<readonly OrderInBulk[] | null>} */
    this.preview = signal(null);
    this.fits = computed(() => (this.preview.value ?? []).filter((each) => each.problem === null));
    /** How far it is; null: nothing is under way. @type {import("@preact/signals").Signal<{done: number, of: number, words: string} | null>} */
    this.progress = signal(null);
  }

  get isOn() {
    return this.desk.isMany.value;
  }

  /** Tick orders instead of opening them. */
  open() {
    this.desk.letGo(null);
    this.desk.close();
    this.desk.showsClaims.value = false;
    this.desk.isMany.value = true;
    this.desk.done.value = this.desk.problem.value = "";
    this.#choose([]);
  }

  close() {
    if (this.progress.value !== null) return;
    this.desk.isMany.value = false;
    this.#choose([]);
    void this.desk.read();
  }

  /** @param {Iterable<string>} ids */
  #choose(ids) {
    this.chosen.value = new Set(ids);
    this.preview.value = null;
  }

  /** @param {string} orderId */
  toggle(orderId) {
    if (this.progress.value !== null) return;
    const { value: before } = this.chosen;
    this.#choose(before.has(orderId) ? [...before].filter((id) => id !== orderId) : [...before, orderId].slice(0, CHOSEN_MOST));
  }

  /** @param {Partial<Task>} more */
  want(more) {
    this.task.value = { ...this.task.value, ...more };
    this.preview.value = null;
  }

  /** Tick everything that was found, or the whole queue however long; nothing, if that is what is ticked. */
  async all() {
    if (this.progress.value !== null) return;
    const { desk } = this;
    const ids = desk.found.value === null ? await this.#wholeQueue() : desk.found.value.orders.map((order) => order.order_id);
    if (ids === null) return;
    const isAll = ids.length > 0 && ids.length === this.chosen.value.size && ids.every((id) => this.chosen.value.has(id));
    this.#choose(isAll ? [] : ids);
    if (ids.length === CHOSEN_MOST) desk.done.value = say("desk.bulk_most", { count: number(CHOSEN_MOST) });
  }

  /** @returns {Promise<string[] | null>} null: it could not be read */
  async #wholeQueue() {
    const { desk } = this;
    const queue = desk.queue.value;
    /** @type {Set<string>} */
    const ids = new Set();
    /** @type {string | null} */
    let cursor = null;
    do {
      const query = desk.query({ queue, limit: READ_AT_ONCE, cursor });
      /** @type {import("./http.js").Answer<QueuePage>} */
      const page = await get(`/api/v1/desk/orders?${query}`);
      if (!page.ok) {
        desk.problem.value = failureWords(page.failure);
        return null;
      }
      if (desk.queue.value !== queue) return null;
      for (const order of page.value.orders) ids.add(order.order_id);
      cursor = page.value.next_cursor;
    } while (cursor !== null && ids.size < CHOSEN_MOST);
    return [...ids].slice(0, CHOSEN_MOST);
  }

  /** What is asked of the server for these orders. @param {readonly string[]} orderIds */
  #body(orderIds) {
    const { kind, reason, userId } = this.task.value;
    return kind === "assign" ? { user_id: userId || null, order_ids: orderIds } : { kind, reason: kind === "cancelled" ? reason || "refused" : "", order_ids: orderIds };
  }

  get #isAssignment() {
    return this.task.value.kind === "assign";
  }

  /** Ask what would become of each. */
  async look() {
    if (this.progress.value !== null || this.chosen.value.size === 0) return;
    const { chosen, task } = this;
    const asked = [chosen.value, task.value];
    const path = this.#isAssignment ? "/api/v1/desk/bulk/assignment/preview" : "/api/v1/desk/bulk/preview";
    const looked = await this.#inParts([...chosen.value], say("desk.bulk_looking"), (body) => send("POST", path, body));
    if (looked.isWhole && asked[0] === chosen.value && asked[1] === task.value) this.preview.value = looked.orders;
  }

  /** Do it for those that fit. What was not got to stays ticked. */
  async run() {
    const fitting = this.fits.value.map((each) => each.order_id);
    if (this.progress.value !== null || fitting.length === 0) return;
    const { desk } = this;
    /** @type {string[]} */
    const marks = [];
    const begunAt = Date.now();
    const isAssignment = this.#isAssignment;
    const ran = await this.#inParts(fitting, say("desk.bulk_running"), async (body) => {
      /** @type {import("./http.js").Answer<BulkResult>} */
      const answer = await (isAssignment ? send("PUT", "/api/v1/desk/bulk/assignment", body) : command("POST", "/api/v1/desk/bulk", body));
      if (answer.ok && answer.value.mark !== null) marks.push(answer.value.mark);
      return answer;
    });
    const done = new Set(ran.orders.filter((each) => each.problem === null).map((each) => each.order_id));
    this.#choose([...this.chosen.value].filter((id) => !done.has(id)));
    const words = say("desk.bulk_done", { count: number(done.size), left: number(fitting.length - done.size) });
    if (ran.isWhole) desk.done.value = words;
    else desk.problem.value = `${words} ${desk.problem.value}`;
    desk.canUndo.value = marks.length === 0 ? null : { until_ms: begunAt + UNDO_MS, takeBack: () => this.#takeBack(marks) };
    void desk.read();
  }

  /**
   * One part after the other; the first failure ends it.
   * @param {readonly string[]} ids
   * @param {string} words
   * @param {(body: object) => Promise<import("./http.js").Answer<BulkResult>>} ask
   */
  async #inParts(ids, words, ask) {
    const { desk } = this;
    desk.done.value = desk.problem.value = "";
    desk.canUndo.value = null;
    /** @type {OrderInBulk[]} */
    const orders = [];
    let isWhole = true;
    for (let start = 0; start < ids.length && isWhole; start += AT_ONCE) {
      this.progress.value = { done: start, of: ids.length, words };
      const answer = await ask(this.#body(ids.slice(start, start + AT_ONCE)));
      if (answer.ok) orders.push(...answer.value.orders);
      else {
        desk.problem.value = failureWords(answer.failure);
        isWhole = false;
      }
    }
    this.progress.value = null;
    return { orders, isWhole };
  }

  /** @param {readonly string[]} marks */
  async #takeBack(marks) {
    const { desk } = this;
    let undone = 0;
    desk.problem.value = "";
    for (const mark of marks) {
      /** @type {import("./http.js").Answer<BulkUndone>} */
      const answer = await command("POST", "/api/v1/desk/bulk/undo", { mark });
      if (answer.ok) undone += answer.value.undone;
      else desk.problem.value = failureWords(answer.failure);
    }
    if (undone > 0 || desk.problem.value === "") desk.done.value = say("desk.bulk_undone", { count: number(undone) });
    void desk.read();
  }
}
