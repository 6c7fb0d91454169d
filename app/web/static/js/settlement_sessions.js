// Which sessions the next settlement covers: all with something new, until somebody takes one out.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { dateTime, money, number } from "./format.js";
import { say } from "./page.js";

/** @typedef {import("./settlement_types.js").SessionChoice} SessionChoice */
/** @typedef {ReadonlySet<string>} LeftOut ids of sessions that wait for a later settlement */

// What an address may name (CHOSEN_MOST in app/settlement/schemas.py).
const NAMED_MOST = 100;

/**
 * What stands behind `?` for a choice: the shorter of what is in and what is out; null when neither fits into an address.
 *
 * @param {readonly SessionChoice[]} all
 * @param {LeftOut} leftOut
 * @returns {string | null}
 */
export function choiceQuery(all, leftOut) {
  const out = all.filter((each) => leftOut.has(each.session_id)).map((each) => `without=${each.session_id}`);
  if (out.length === 0) return "";
  const chosen = all.filter((each) => !leftOut.has(each.session_id)).map((each) => `session_id=${each.session_id}`);
  const shorter = out.length <= chosen.length ? out : chosen;
  return shorter.length > 0 && shorter.length <= NAMED_MOST ? shorter.join("&") : null;
}

/** @param {{all: readonly SessionChoice[], leftOut: LeftOut, mustChoose: boolean, onChange: (leftOut: LeftOut) => void}} props */
export function Sessions({ all, leftOut, mustChoose, onChange }) {
  // Opened and closed by hand from then on.
  const [opens] = useState(mustChoose);
  const chosen = all.filter((each) => !leftOut.has(each.session_id));
  /** @param {string} id */
  const turn = (id) => {
    const next = new Set(leftOut);
    if (!next.delete(id)) next.add(id);
    onChange(next);
  };
  return html`<details class="settlement-sessions" open=${opens}>
    <summary>${say("settlement.sessions", { count: number(chosen.length), all: number(all.length) })}</summary>
    <p class="small soft">${say("settlement.sessions_hint")}</p>
    <ul class="stack stack-tight" role="list">
      ${all.map(
        (each) => html`<li key=${each.session_id}><label class="row settlement-session">
          <input type="checkbox" checked=${!leftOut.has(each.session_id)} onChange=${() => turn(each.session_id)} />
          <span class="grow">${each.title} <span class="small soft">${[each.started_at_ms !== null && dateTime(each.started_at_ms), say("settlement.session_orders", { count: number(each.orders) })].filter(Boolean).join(" · ")}</span></span>
          <span class="settlement-session-sum">${money(each.goods_vnd)}</span>
        </label></li>`,
      )}
    </ul>
    <div class="row">
      <button class="button button-quiet" type="button" disabled=${leftOut.size === 0} onClick=${() => onChange(new Set())}>${say("settlement.sessions_all")}</button>
      <button class="button button-quiet" type="button" disabled=${chosen.length === 0} onClick=${() => onChange(new Set(all.map((each) => each.session_id)))}>${say("settlement.sessions_none")}</button>
    </div>
  </details>`;
}
