// What may follow what in the life of an order, which outcomes the desk offers, and who is called next. Pure.
// tests/web/test_desk_steps.py compares the rules with app/ledger/kinds.py.

import { KINDS } from "./ledger_kinds.js";

/**
 * @typedef {import("./ledger_kinds.js").Kind} Kind
 * @typedef {{key: string, kind: Kind | "later", reason: string, isDangerous: boolean, collects: boolean}} Choice
 * @typedef {"call" | "ship" | "done"} Queue
 */
/** @typedef {{order_id: string, number: number, state: Kind, due_at_ms: number}} Queued */

/** @type {readonly Kind[]} */
const ALL_KINDS = /** @type {Kind[]} */ (Object.keys(KINDS));
const FURTHEST_FIRST = [...ALL_KINDS].sort((one, other) => KINDS[other].rank - KINDS[one].rank);
const STAFF_KINDS = ALL_KINDS.filter((kind) => KINDS[kind].by === "staff");
const PAYMENTS = ALL_KINDS.filter((kind) => KINDS[kind].by === "payment");
const REASONS_BEFORE = ["no_answer", "wrong_number", "refused", "duplicate"];
const REASONS_AFTER = ["refused", "out_of_stock"];
const FIRST_LOSS_KEY = 3;
const COLLECTS_KEY = "7";

/**
 * @param {Kind} kind
 * @param {readonly string[]} had
 */
export function mayFollow(kind, had) {
  const { by, needs, needsAny, neverAfter, again } = KINDS[kind];
  if (by === "buyer" || (had.includes(kind) && !again) || !had.includes("placed")) return false;
  /** @param {string} each */
  const isThere = (each) => had.includes(each);
  return needs.every(isThere) && (needsAny.length === 0 || needsAny.some(isThere)) && !neverAfter.some(isThere);
}

/**
 * @param {readonly string[]} had
 * @returns {Kind}
 */
export function stateOf(had) {
  return FURTHEST_FIRST.find((kind) => had.includes(kind)) ?? "placed";
}

/** @param {Kind} state */
export function isLoss(state) {
  return KINDS[state].isLoss;
}

/** An order whose units went back: nothing more is sold by it. @param {Kind} state */
export function isOver(state) {
  return KINDS[state].ends;
}

/**
 * The outcomes that the desk offers, each with its key: 1 goes on, 2 is for later, 3 to 6 lose the order, 7 delivers it and takes the money.
 * @param {readonly string[]} had
 * @param {boolean} collects whether the person at the desk may say that the buyer has paid at the door
 * @returns {Choice[]}
 */
export function choicesFor(had, collects = false) {
  /** A key is about all of the order: what was done to a part of it goes on with numbers. @param {Kind} kind */
  const isNext = (kind) => mayFollow(kind, had) && !had.includes(kind);
  const good = STAFF_KINDS.find((kind) => KINDS[kind].goesOn && isNext(kind));
  /** @type {Choice[]} */
  const choices = good === undefined ? [] : [{ key: "1", kind: good, reason: "", isDangerous: isLoss(good), collects: false }];
  if (good !== undefined && KINDS[good] === KINDS.delivered && collects && PAYMENTS.some(isNext)) choices.push({ key: COLLECTS_KEY, kind: good, reason: "", isDangerous: false, collects: true });
  choices.push({ key: "2", kind: "later", reason: "", isDangerous: false, collects: false });
  /** @type {Array<[Kind, string]>} */
  const losses = [];
  for (const kind of STAFF_KINDS) {
    if (KINDS[kind].goesOn || !isNext(kind)) continue;
    const isAgreed = had.includes("confirmed");
    const reasons = kind !== "cancelled" ? [""] : isAgreed ? REASONS_AFTER : REASONS_BEFORE;
    for (const reason of reasons) losses.push([kind, reason]);
  }
  losses.forEach(([kind, reason], place) => choices.push({ key: String(FIRST_LOSS_KEY + place), kind, reason, isDangerous: true, collects: false }));
  return choices;
}

/**
 * @param {Kind} state
 * @returns {Queue}
 */
export function queueOf(state) {
  if (state === "placed") return "call";
  return KINDS.delivered.needsAny.includes(state) ? "ship" : "done";
}

/**
 * The orders of a queue as they are worked through: the most urgent first, those put off last.
 * @template {Queued} T
 * @param {readonly T[]} orders
 * @param {Queue} queue
 * @param {readonly string[]} later ids, the first put off first
 * @returns {T[]}
 */
export function inQueue(orders, queue, later) {
  const own = orders.filter((order) => queueOf(order.state) === queue);
  if (queue === "done") return own.sort((one, other) => other.number - one.number);
  /** @param {Queued} order */
  const rank = (order) => later.indexOf(order.order_id);
  return own.sort((one, other) => rank(one) - rank(other) || (queue === "call" ? one.due_at_ms - other.due_at_ms : 0) || one.number - other.number);
}
