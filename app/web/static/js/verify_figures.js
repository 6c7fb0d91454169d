// The figures of a session, from its ledger alone: the port of the sums in `app/reports/verify.py`, told the same way.

import { DoesNotFit, NotAnExport } from "./verify_errors.js";
import { AGAIN, RUNGS, UNITS_TAKEN } from "./verify_kinds.js";

/**
 * @typedef {Record<string, any>} Line
 * @typedef {Record<string, any> & {kind: string, lines: Line[], order: string, buyer: string, seq: number}} Entry
 * @typedef {Map<string, number>} Sums
 */

/** Statements of before called net what was delivered, collected or not. */
export const FORMATS = ["ocop-live statement 1", "ocop-live statement 2"];

/**
 * @param {Sums} sums
 * @param {string} name
 * @param {number} amount
 */
function add(sums, name, amount) {
  sums.set(name, of(sums, name) + whole(amount));
}

/**
 * @param {Sums} sums
 * @param {string} name
 */
function of(sums, name) {
  return sums.get(name) ?? 0;
}

/** @param {unknown} value */
export function whole(value) {
  if (!Number.isSafeInteger(value)) throw new NotAnExport("an amount in it is no whole number that a browser can count with");
  return /** @type {number} */ (value);
}

/**
 * An entry's lines are goods, or name their kind: money that is told without goods, and the shipping fee, which is counted apart.
 *
 * @param {Entry} entry
 */
export function goods(entry) {
  return entry.lines.filter((line) => !("kind" in line));
}

/**
 * @param {Entry} entry
 * @param {string} kind
 */
function others(entry, kind) {
  return entry.lines.filter((line) => line.kind === kind).reduce((sum, line) => sum + whole(line.amount_vnd), 0);
}

/** @param {Entry} entry */
function goodsVnd(entry) {
  return goods(entry).reduce((sum, line) => sum + whole(line.amount_vnd), 0) + others(entry, "money");
}

/** @param {Entry} entry */
function shippingVnd(entry) {
  return others(entry, "shipping");
}

/** @param {string} kind */
function taken(kind) {
  return /** @type {Record<string, number>} */ (UNITS_TAKEN)[kind] ?? 0;
}

/**
 * @param {Sums} figures
 * @param {string} kind
 * @param {Line[]} lines
 * @param {number} orders
 */
function count(figures, kind, lines, orders) {
  add(figures, `orders_${kind}`, orders);
  for (const [name, field] of [["units", "quantity"], ["revenue", "amount_vnd"]]) {
    const suffix = name === "revenue" ? "_vnd" : "";
    add(figures, `${name}_${kind}${suffix}`, lines.reduce((sum, line) => sum + whole(line[/** @type {string} */ (field)]), 0));
  }
}

/**
 * Totals, per product, per producer, units taken per offer (or product without one), buyers, the ladder of goods and that of fees.
 *
 * @param {readonly Entry[]} entries
 * @param {string} [format]
 */
export function figuresOf(entries, format = FORMATS.at(-1)) {
  const [totals, gone] = [/** @type {Sums} */ (new Map()), /** @type {Sums} */ (new Map())];
  /** @type {Record<"product" | "producer", Map<string, Sums>>} */
  const parts = { product: new Map(), producer: new Map() };
  const buyers = new Set();
  for (const entry of entries) {
    const lines = goods(entry);
    count(totals, entry.kind, lines, "turn" in entry ? 0 : 1);
    add(totals, `revenue_${entry.kind}_vnd`, others(entry, "money"));
    add(totals, `shipping_${entry.kind}_vnd`, shippingVnd(entry));
    for (const name of /** @type {const} */ (["product", "producer"])) {
      for (const key of new Set(lines.map((line) => line[name]))) {
        const found = parts[name].get(key) ?? new Map();
        count(found, entry.kind, lines.filter((line) => line[name] === key), 1);
        parts[name].set(key, found);
      }
    }
    for (const line of lines) add(gone, line.offer || line.product, taken(entry.kind) * whole(line.quantity));
    if (entry.kind === "placed") buyers.add(entry.buyer);
  }
  return {
    buyers: buyers.size,
    ladder_vnd: ladderOf(entries, goodsVnd, format),
    ladder_shipping_vnd: ladderOf(entries, shippingVnd, format),
    producers: plain(parts.producer),
    products: plain(parts.product),
    taken: Object.fromEntries(gone),
    totals: Object.fromEntries(totals),
  };
}

/** @param {Map<string, Sums>} parts */
function plain(parts) {
  return Object.fromEntries([...parts].map(([key, sums]) => [key, Object.fromEntries(sums)]));
}

/**
 * Placed → confirmed → delivered → collected → net of returns, in VND. Paid or delivered implies confirmed.
 *
 * @param {readonly Entry[]} entries
 * @param {(entry: Entry) => number} amountOf
 * @param {string | undefined} format
 */
function ladderOf(entries, amountOf, format) {
  /** @type {Map<string, Sums>} */
  const orders = new Map();
  for (const entry of entries) {
    const sums = orders.get(entry.order) ?? new Map();
    add(sums, entry.kind, amountOf(entry));
    if (RUNGS.slice(1).includes(entry.kind)) add(sums, "confirms", 1);
    orders.set(entry.order, sums);
  }
  /** @type {Record<string, number>} */
  const ladder = Object.fromEntries([...RUNGS, "net"].map((step) => [step, 0]));
  for (const sums of orders.values()) {
    const at = (/** @type {string} */ name) => of(sums, name);
    sums.set("confirmed", at("confirms") > 0 ? at("placed") + at("changed") : 0);
    sums.set("net", Math.max(0, at("delivered") - Math.max(at("returned"), at("refunded"))));
    if (format !== FORMATS[0]) {
      // what nobody has paid for is not net, and what was paid before its delivery is not collected yet
      sums.set("net", Math.max(0, Math.min(at("delivered") - at("returned"), at("paid") - at("refunded"))));
      sums.set("paid", Math.max(0, Math.min(at("delivered"), at("paid"))));
    }
    for (const step of Object.keys(ladder)) ladder[step] = (ladder[step] ?? 0) + at(step);
  }
  return ladder;
}

/** What an order is about by now, entry by entry; refuses what cannot have been. */
class Order {
  /** @type {Sums} */
  turns = new Map();
  fee = 0;
  /** @type {Map<string, Sums>} */
  units = new Map();
  /** @type {Sums} */
  money = new Map();

  /** @param {string} kind */
  unitsOf(kind) {
    const found = this.units.get(kind) ?? new Map();
    this.units.set(kind, found);
    return found;
  }

  /** @param {Entry} entry */
  add(entry) {
    const { kind } = entry;
    const ordered = this.unitsOf("ordered");
    /** @type {Sums} */
    const lines = new Map();
    for (const line of goods(entry)) add(lines, JSON.stringify([line.offer, line.product, line.producer, line.unit_price_vnd]), line.quantity);
    add(this.turns, kind, 1);
    const turn = of(this.turns, kind);
    require((entry.turn ?? 1) === turn, entry, `is not the order's entry ${entry.turn ?? 1} of its kind`);
    require(this.turns.has("placed") && (AGAIN.includes(kind) || turn === 1), entry, "cannot follow");
    if (taken(kind) > 0) {
      const ended = [...this.turns.keys()].some((each) => taken(each) < 0 && !AGAIN.includes(each));
      require(!ended && !this.turns.has("delivered"), entry, "changes an order that is over");
      merge(ordered, lines);
      this.fee += shippingVnd(entry);
      const left = [...ordered.values()];
      require(Math.min(...left, this.fee) >= 0 && left.reduce((sum, units) => sum + units, 0) > 0, entry, "takes more away than there was");
    } else if (!AGAIN.includes(kind)) {
      require(areSame(lines, ordered) && shippingVnd(entry) === this.fee, entry, "is about something else than the order");
    }
    merge(this.unitsOf(kind), lines);
    add(this.money, kind, goodsVnd(entry) + shippingVnd(entry));
    const [returned, restocked] = [this.unitsOf("returned"), this.unitsOf("restocked")];
    require(isWithin(returned, this.turns.has("delivered") ? ordered : new Map()), entry, "returns what was not delivered");
    require(isWithin(restocked, returned), entry, "puts back what did not come back");
    require(of(this.money, "refunded") <= of(this.money, "paid"), entry, "gives back more than was paid");
  }
}

/**
 * @param {boolean} isSo
 * @param {Entry} entry
 * @param {string} otherwise
 */
function require(isSo, entry, otherwise) {
  if (!isSo) throw new DoesNotFit(`ledger entry ${entry.seq}, ${entry.kind}, ${otherwise}`);
}

/**
 * @param {Sums} into
 * @param {Sums} from
 */
function merge(into, from) {
  for (const [name, amount] of from) add(into, name, amount);
}

/**
 * @param {Sums} one
 * @param {Sums} other
 */
function areSame(one, other) {
  return [...one.keys(), ...other.keys()].every((name) => Math.max(0, of(one, name)) === Math.max(0, of(other, name)));
}

/**
 * @param {Sums} part
 * @param {Sums} all
 */
function isWithin(part, all) {
  return [...part.keys(), ...all.keys()].every((name) => of(part, name) <= of(all, name));
}

/**
 * Go through every order; its body must follow from its own entries.
 *
 * @param {readonly Entry[]} entries
 */
export function checkOrders(entries) {
  /** @type {Map<string, Order>} */
  const orders = new Map();
  for (const entry of entries) {
    const order = orders.get(entry.order) ?? new Order();
    orders.set(entry.order, order);
    order.add(entry);
  }
}

/** @param {unknown} value */
function isDict(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Where two figures differ, in words; null when they agree.
 *
 * @param {any} stated
 * @param {any} counted
 * @param {string} [where]
 * @returns {string | null}
 */
export function firstDifference(stated, counted, where = "") {
  if (isDict(stated || {}) && isDict(counted)) {
    // a statement of before says nothing of what came later: then there is none of it
    const known = stated || {};
    for (const key of [...new Set([...Object.keys(known), ...Object.keys(counted)])].sort()) {
      const found = firstDifference(known[key], counted[key], where === "" ? key : `${where}.${key}`);
      if (found !== null) return found;
    }
    return null;
  }
  if ((stated || 0) === (counted || 0)) return null;
  return `${where}: the statement says ${shown(stated)}, the ledger gives ${shown(counted)}`;
}

/** @param {unknown} value */
function shown(value) {
  return value === undefined || value === null ? "None" : typeof value === "object" ? JSON.stringify(value) : String(value);
}
