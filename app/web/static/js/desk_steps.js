// What may follow what in the life of an order, which outcomes the desk offers, and who is called next. Pure.
// tests/web/test_desk_steps.py compares the rules with app/ledger/states.py.

/**
 * @typedef {"confirmed" | "paid" | "delivered" | "returned" | "refunded" | "cancelled" | "expired"} Kind
 * @typedef {{key: string, kind: Kind | "later", reason: string, isDangerous: boolean}} Choice
 * @typedef {"call" | "ship" | "done"} Queue
 */
/** @typedef {{order_id: string, number: number, state: string, due_at_ms: number}} Queued */

const OVER = ["cancelled", "expired"];

/** @type {Readonly<Record<Kind, {needsAny: readonly string[], neverAfter: readonly string[]}>>} */
const RULES = {
  confirmed: { needsAny: [], neverAfter: OVER },
  paid: { needsAny: [], neverAfter: OVER },
  delivered: { needsAny: ["confirmed", "paid"], neverAfter: OVER },
  returned: { needsAny: ["delivered"], neverAfter: [] },
  refunded: { needsAny: ["returned", "cancelled"], neverAfter: [] },
  cancelled: { needsAny: [], neverAfter: ["delivered", "expired"] },
  expired: { needsAny: [], neverAfter: ["confirmed", "paid", "cancelled"] },
};

const LATEST_FIRST = ["refunded", "returned", "cancelled", "expired", "delivered", "paid", "confirmed"];
/** @type {readonly Kind[]} */
const GOOD_STEPS = ["confirmed", "delivered", "refunded"];
const REASONS_BEFORE = ["no_answer", "wrong_number", "refused", "duplicate"];
const REASONS_AFTER = ["refused", "out_of_stock"];
const FIRST_LOSS_KEY = 3;

/**
 * @param {Kind} kind
 * @param {readonly string[]} had
 */
export function mayFollow(kind, had) {
  const { needsAny, neverAfter } = RULES[kind];
  if (had.includes(kind) || !had.includes("placed")) return false;
  if (kind === "refunded" && !had.includes("paid")) return false;
  return (needsAny.length === 0 || needsAny.some((each) => had.includes(each))) && !neverAfter.some((each) => had.includes(each));
}

/** @param {readonly string[]} had */
export function stateOf(had) {
  return LATEST_FIRST.find((kind) => had.includes(kind)) ?? "placed";
}

/**
 * The outcomes that the desk offers, each with its key: 1 goes on, 2 is for later, 3 to 6 lose the order.
 * @param {readonly string[]} had
 * @returns {Choice[]}
 */
export function choicesFor(had) {
  const good = GOOD_STEPS.find((kind) => mayFollow(kind, had));
  /** @type {Choice[]} */
  const choices = good === undefined ? [] : [{ key: "1", kind: good, reason: "", isDangerous: good === "refunded" }];
  choices.push({ key: "2", kind: "later", reason: "", isDangerous: false });
  /** @type {Array<[Kind, string]>} */
  const losses = [];
  if (mayFollow("cancelled", had)) for (const reason of had.includes("confirmed") ? REASONS_AFTER : REASONS_BEFORE) losses.push(["cancelled", reason]);
  if (mayFollow("returned", had)) losses.push(["returned", ""]);
  losses.forEach(([kind, reason], place) => choices.push({ key: String(FIRST_LOSS_KEY + place), kind, reason, isDangerous: true }));
  return choices;
}

/**
 * @param {string} state
 * @returns {Queue}
 */
export function queueOf(state) {
  if (state === "placed") return "call";
  return state === "confirmed" || state === "paid" ? "ship" : "done";
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
