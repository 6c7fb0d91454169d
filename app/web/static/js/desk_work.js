// What colleagues did with the open order: who has it, calls, notes, whose it shall be; and what is known of its buyer's number.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { dateTime, money, number, timeOfDay } from "./format.js";
import { StateBadge } from "./order_words.js";
import { say } from "./page.js";

/**
 * @typedef {import("./desk_state.js").DeskState} DeskState
 * @typedef {import("./desk_work_types.js").OrderWork} OrderWork
 */

/** Who has it, and how to take it over. @param {{desk: DeskState}} props */
export function InHand({ desk }) {
  const work = desk.work.value;
  if (work === null || desk.isMine) return null;
  const { order } = work;
  const words = order.held_name === null ? say("desk.in_no_hand") : say("desk.in_hand", { who: order.held_name, time: timeOfDay(order.held_until_ms ?? 0) });
  return html`<div class="notice notice-warning row row-between" role="status">
    <span class="grow">${words}</span>
    <button class="button button-secondary" type="button" aria-keyshortcuts="t" onClick=${() => desk.show(order.order_id, order.session_id, true)}>${say("desk.take_over")}</button>
  </div>`;
}

/** Why this order is here, where that is no matter of course. @param {{desk: DeskState}} props */
export function Advice({ desk }) {
  const work = desk.work.value;
  if (work === null) return null;
  const lines = [
    work.suggests_cancel && say(work.order.tries >= 3 ? "desk.advice_given_up" : "desk.advice_wrong_number"),
    work.asks_again && say("desk.advice_again"),
    work.step !== null && say("desk.advice_step", { who: work.step.taken_by, state: say(`desk.state_${work.step.kind}`), time: timeOfDay(work.step.due_at_ms) }),
  ].filter(Boolean);
  return lines.map((line) => html`<p class="notice">${line}</p>`);
}

/** Calls, newest first. @param {{desk: DeskState}} props */
export function Calls({ desk }) {
  const calls = desk.work.value?.calls ?? [];
  if (calls.length === 0) return null;
  return html`<section class="stack stack-tight" aria-labelledby="calls">
    <h3 id="calls">${say("desk.calls")}</h3>
    <ul class="stack stack-tight small" role="list">
      ${calls.map(
        (call) => html`<li key=${call.mark} class="row row-between">
          <span class=${call.is_undone ? "grow soft desk-undone" : "grow"}>${say(`desk.call_${call.outcome}`)}${call.again_at_ms !== null && !call.is_undone && ` · ${say("desk.call_again", { time: dateTime(call.again_at_ms) })}`}${call.is_undone && ` · ${say("desk.call_undone")}`}</span>
          <span class="soft">${call.called_by} · <span class="number">${dateTime(call.called_at_ms)}</span></span>
        </li>`,
      )}
    </ul>
  </section>`;
}

/** The comments that the order was made of, and what its writer said afterwards. @param {{desk: DeskState}} props */
export function Said({ desk }) {
  const claims = desk.saidOf.value;
  if (claims.length === 0) return null;
  const orderId = desk.open.value?.order_id;
  return html`<section class="stack stack-tight" aria-labelledby="said">
    <h3 id="said">${say("desk.queue_claims")}</h3>
    <ul class="stack stack-tight small" role="list">
      ${claims.map(
        (claim) => html`<li key=${claim.id} class="row row-between desk-said">
          <span class="grow"><strong>${claim.author}</strong>: ${claim.words} <span class="soft">· ${dateTime(claim.said_at_ms)}</span></span>
          ${claim.state === "held"
            ? html`<button class="button button-quiet" type="button" onClick=${() => desk.chooseClaims(claim.id)}>${say("claim.open")}</button>`
            : html`<span class="badge">${say(`claim.state_${claim.state}`)}</span>`}
          ${claim.order_id !== null && claim.order_id !== orderId && html`<button class="button button-quiet number" type="button" onClick=${() => desk.show(claim.order_id ?? "")}>${claim.order_code}</button>`}
        </li>`,
      )}
    </ul>
  </section>`;
}

/** The number's other orders: a hint, nothing is refused by it. @param {{desk: DeskState}} props */
export function Buyer({ desk }) {
  const buyer = desk.buyer.value;
  if (buyer === null || buyer.orders <= 1) return null;
  const counts = { placed: number(buyer.orders), delivered: number(buyer.delivered), refused: number(buyer.refused) };
  return html`<details class="desk-buyer" open=${buyer.refused > 0}>
    <summary>${say("desk.buyer")}: <span class=${buyer.refused > 0 ? "price" : ""}>${say("desk.buyer_counts", counts)}</span></summary>
    <p class="tiny soft">${say("desk.buyer_hint")}</p>
    <ul class="stack stack-tight small" role="list">
      ${buyer.others.map(
        (other) => html`<li key=${other.order_id} class="row row-between">
          <button class="button button-quiet grow desk-other" type="button" onClick=${() => desk.show(other.order_id, other.session_id)}>
            <span class="number">${other.code}</span> <span class="soft">${other.session_title} · ${dateTime(other.placed_at_ms)}</span>
          </button>
          <span class="number">${money(other.total_vnd)}</span><${StateBadge} state=${other.state} />
        </li>`,
      )}
    </ul>
  </details>`;
}

/** @param {{desk: DeskState}} props */
export function Notes({ desk }) {
  const [words, setWords] = useState("");
  const [problem, setProblem] = useState("");
  const work = desk.work.value;
  if (work === null) return null;
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    if (words.trim() === "") return;
    const wrong = await desk.note(words.trim());
    setProblem(wrong);
    if (wrong === "") setWords("");
  };
  return html`<section class="stack stack-tight" aria-labelledby="notes">
    <h3 id="notes">${say("desk.notes")}</h3>
    <ul class="stack stack-tight small" role="list">
      ${work.notes.map(
        (note) => html`<li key=${note.note_id}><p class="desk-words">${note.words ?? say("desk.contact_erased")}</p><p class="tiny soft">${note.written_by} · <span class="number">${dateTime(note.written_at_ms)}</span></p></li>`,
      )}
    </ul>
    <form class="row matter-form" onSubmit=${submit}>
      <label class="visually-hidden" for="note">${say("desk.note")}</label>
      <input class="input" id="note" maxlength="500" autocomplete="off" placeholder=${say("desk.note")} value=${words}
        onInput=${(/** @type {Event} */ event) => setWords(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />
      <button class="button button-secondary" type="submit">${say("desk.note_save")}</button>
    </form>
    ${problem !== "" && html`<p class="small" role="alert">${problem}</p>`}
  </section>`;
}

/** Whose it shall be. @param {{desk: DeskState}} props */
export function Assignment({ desk }) {
  const order = desk.work.value?.order;
  const colleagues = desk.colleagues.value;
  if (order === undefined || colleagues.length < 2) return null;
  return html`<div class="row">
    <label class="small" for="assigned">${say("desk.assigned")}</label>
    <select class="input desk-select" id="assigned" value=${order.assigned_to ?? ""} onChange=${(/** @type {Event} */ event) => void desk.assign(/** @type {HTMLSelectElement} */ (event.currentTarget).value || null)}>
      <option value="">${say("desk.assigned_nobody")}</option>
      ${colleagues.map((each) => html`<option key=${each.user_id} value=${each.user_id}>${each.name}</option>`)}
    </select>
  </div>`;
}
