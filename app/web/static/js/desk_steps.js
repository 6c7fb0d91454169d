// What may follow what in the life of an order, and which outcomes the desk offers. Pure.
// tests/web/test_desk_steps.py compares the rules with app/ledger/kinds.py.

import { KINDS } from "./ledger_kinds.js";

/**
 * @typedef {import("./ledger_kinds.js").Kind} Kind
 * @typedef {import("./desk_work_types.js").Outcome} Outcome
 * @typedef {import("./desk_work_types.js").Queue} Queue
 */
/**
 * One key. `kind`: the step that comes of it, if one does; `outcome`: of a call; `asks`: what must be chosen with a second key;
 * `collects`: the buyer has paid at the door.
 * @typedef {{key: string, kind: Kind | null, outcome: Outcome | null, reason: string, asks: "" | "times" | "reasons", isDangerous: boolean, collects: boolean}} Choice
 */
/** @typedef {{key: string, at_ms: number}} CallTime */

/** @type {readonly Kind[]} */
const ALL_KINDS = /** @type {Kind[]} */ (Object.keys(KINDS));
const FURTHEST_FIRST = [...ALL_KINDS].sort((one, other) => KINDS[other].rank - KINDS[one].rank);
const STAFF_KINDS = ALL_KINDS.filter((kind) => KINDS[kind].by === "staff");
/** Why an order is cancelled while its buyer is called, by their keys. */
export const REASONS = ["refused", "too_dear", "no_answer", "wrong_number", "duplicate", "out_of_stock"];
const PAYMENTS = ALL_KINDS.filter((kind) => KINDS[kind].by === "payment");
const REASONS_AFTER = ["refused", "out_of_stock"];
const SENT_KEY = "2";
const FIRST_LOSS_KEY = 3;
const COLLECTS_KEY = "7";
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
// Vietnam has one time and no summer time.
const VIETNAM_MS = 7 * HOUR_MS;

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
 * @param {string} key
 * @param {Outcome} outcome
 * @param {Partial<Choice>} [more]
 * @returns {Choice}
 */
const ofCall = (key, outcome, more) => ({ key, kind: null, outcome, reason: "", asks: "", isDangerous: false, collects: false, ...more });

/** @type {Kind} */
const AGREED = "confirmed";
/** @type {Kind} */
const SENT = "handed_over";
/** @type {Kind} */
const LOST = "cancelled";
/** @type {readonly Choice[]} */
const OF_A_CALL = [
  ofCall("1", "agreed", { kind: AGREED }),
  ofCall("2", "no_answer"),
  ofCall("3", "busy"),
  ofCall("4", "call_back", { asks: "times" }),
  ofCall("5", "wrong_number"),
  ofCall("6", "refused", { kind: LOST, asks: "reasons", isDangerous: true }),
];

/**
 * The outcomes that the desk offers, each with its key. While the buyer is to be called: what came of the call. After that 1 goes on,
 * 2 gives it to the carrier, 3 to 6 lose the order, and 7 delivers it and takes the money.
 * @param {readonly string[]} had
 * @param {boolean} [collects] whether the person at the desk may say that the buyer has paid at the door
 * @param {boolean} [asksAgain] something has changed after the buyer agreed
 * @returns {readonly Choice[]}
 */
export function choicesFor(had, collects = false, asksAgain = false) {
  const isToCall = mayFollow(AGREED, had) || (asksAgain && had.includes(AGREED));
  if (isToCall && mayFollow(LOST, had)) return OF_A_CALL;
  /** A key is about all of the order: what was done to a part of it goes on with numbers. @param {Kind} kind */
  const isNext = (kind) => mayFollow(kind, had) && !had.includes(kind);
  const good = STAFF_KINDS.find((kind) => KINDS[kind].goesOn && isNext(kind));
  /** @type {Choice[]} */
  const choices = good === undefined ? [] : [{ ...ofCall("1", "agreed"), kind: good, outcome: null, isDangerous: isLoss(good) }];
  if (isNext(SENT)) choices.push({ ...ofCall(SENT_KEY, "agreed"), kind: SENT, outcome: null });
  if (good !== undefined && KINDS[good] === KINDS.delivered && collects && PAYMENTS.some(isNext)) choices.push({ ...ofCall(COLLECTS_KEY, "agreed"), kind: good, outcome: null, collects: true });
  /** @type {Array<[Kind, string]>} */
  const losses = [];
  for (const kind of STAFF_KINDS) {
    if (KINDS[kind].goesOn || !isLoss(kind) || !isNext(kind)) continue;
    for (const reason of kind === LOST ? REASONS_AFTER : [""]) losses.push([kind, reason]);
  }
  losses.forEach(([kind, reason], place) => choices.push({ ...ofCall(String(FIRST_LOSS_KEY + place), "refused"), kind, reason, outcome: null, isDangerous: true }));
  return choices;
}

/**
 * When a buyer may wish to be called again, by their keys: in half an hour, one hour, two; at 11:30, at 19:00, the next morning at 8.
 * @param {number} now UTC milliseconds
 * @returns {CallTime[]}
 */
export function callTimes(now) {
  const midnight = Math.floor((now + VIETNAM_MS) / DAY_MS) * DAY_MS - VIETNAM_MS;
  /** @param {number} hours */
  const next = (hours) => midnight + hours * HOUR_MS + (now >= midnight + hours * HOUR_MS ? DAY_MS : 0);
  return [now + HOUR_MS / 2, now + HOUR_MS, now + 2 * HOUR_MS, next(11.5), next(19), midnight + DAY_MS + 8 * HOUR_MS].map((at_ms, place) => ({
    key: String(place + 1),
    at_ms: Math.round(at_ms / 60_000) * 60_000,
  }));
}
