// How an order's facts are said to people, at the desk and to the buyer.

import { html } from "htm/preact";

import { KINDS } from "./ledger_kinds.js";
import { say } from "./page.js";

/** @typedef {import("./ledger_kinds.js").Kind} Kind */

/** @param {{state: Kind}} props */
export function StateBadge({ state }) {
  return html`<span class=${KINDS[state].isLoss ? "badge badge-loss" : state === "placed" ? "badge" : "badge badge-good"}>${say(`desk.state_${state}`)}</span>`;
}

/** A fact with its reason; a reason that only other programs give stays a code beside the fact. @param {import("./desk_types.js").OrderEntry} entry */
export function factWords({ kind, reason }) {
  const fact = say(`desk.state_${kind}`);
  if (reason === "") return fact;
  const key = `desk.reason_${reason}`;
  return say(key) === key ? `${fact} (${reason})` : say(key);
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
