// How an order's facts are said to people, at the desk and to the buyer.

import { html } from "htm/preact";

import { money, number } from "./format.js";
import { KINDS } from "./ledger_kinds.js";
import { say } from "./page.js";

/** @typedef {import("./ledger_kinds.js").Kind} Kind */
/** @typedef {import("./desk_types.js").OrderEntry} OrderEntry */

/** @param {{state: Kind}} props */
export function StateBadge({ state }) {
  return html`<span class=${KINDS[state].isLoss ? "badge badge-loss" : state === "placed" ? "badge" : "badge badge-good"}>${say(`desk.state_${state}`)}</span>`;
}

/** A fact with its reason, and with what it is about where that is a part of the order. @param {OrderEntry} entry */
export function factWords(entry) {
  const items = entry.items.map(itemWords).join(", ");
  const amount = KINDS[entry.kind] === KINDS.refunded ? money(entry.amount_vnd) : KINDS[entry.kind] === KINDS.changed ? difference(entry.amount_vnd) : "";
  return [reasonWords(entry), [items, amount].filter(Boolean).join(" · ")].filter(Boolean).join(": ");
}

/** What an order costs more or less than before. @param {number} vnd */
export function difference(vnd) {
  return vnd > 0 ? `+${money(vnd)}` : money(vnd);
}

/** A reason that only other programs give stays a code beside the fact. @param {OrderEntry} entry */
function reasonWords({ kind, reason }) {
  const fact = say(`desk.state_${kind}`);
  if (reason === "") return fact;
  const key = `desk.reason_${reason}`;
  return say(key) === key ? `${fact} (${reason})` : say(key);
}

/** `Mật ong 2 → 1 hũ`. @param {import("./desk_types.js").EntryItem} item */
function itemWords({ product_name: name, unit, quantity, before }) {
  return before === null ? `${name} ${number(quantity)} ${unit}` : `${name} ${number(before)} → ${number(before + quantity)} ${unit}`;
}

/** `+84912345678` as it is said: `0912 345 678`; a landline's eleven digits: `0239 385 5555`. @param {string} phone */
export function spelledPhone(phone) {
  const local = phone.replace(/^\+84/, "0");
  return local.length === 10 || local.length === 11 ? `${local.slice(0, 4)} ${local.slice(4, 7)} ${local.slice(7)}` : local;
}

/** The words of a key, or nothing where nobody wrote any. @param {string} key @param {Readonly<Record<string, string>>} [values] */
export function sayIfKnown(key, values = {}) {
  const words = say(key, values);
  return words === key ? "" : words;
}
