// Money at the order desk: booking what came in for an order, and the payments that need a person.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { vndOf } from "./amount_rules.js";
import { isOver } from "./desk_steps.js";
import { dateTime, money, number } from "./format.js";
import { say } from "./page.js";

/**
 * @typedef {import("./desk_state.js").DeskState} DeskState
 * @typedef {import("./desk_types.js").OrderWithContact} OrderWithContact
 * @typedef {import("./desk_types.js").WorkListItem} WorkListItem
 */

/** @param {Event} event */
const typed = (event) => /** @type {HTMLInputElement} */ (event.currentTarget).value;

/** Only while the order is not paid. @param {{desk: DeskState, order: OrderWithContact}} props */
export function PaymentForm({ desk, order }) {
  const [reference, setReference] = useState("");
  const [amount, setAmount] = useState(String(order.owed_vnd));
  const [words, setWords] = useState("");
  const isPaid = order.owed_vnd <= 0 && order.entries.some((entry) => entry.kind === "paid");
  if (isPaid) return html`<p class="notice notice-good" role="status">${words || say("desk.state_paid")}</p>`;
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    const vnd = vndOf(amount);
    if (amount.trim() !== "" && vnd === null) return setWords(say("app.amount_unclear"));
    if (reference.trim() === "" || !vnd) return setWords(say("desk.payment_missing"));
    setWords(await desk.book({ order_id: order.order_id, reference: reference.trim(), amount_vnd: vnd, received_at: new Date().toISOString() }));
  };
  return html`<details class="desk-payment" open=${isOver(order.state) ? false : order.payment !== "cod"}>
    <summary>${say("desk.book_payment")}</summary>
    <form class="stack stack-tight" onSubmit=${submit}>
      <div class="desk-fields">
        <div class="field">
          <label class="field-label" for="payment-reference">${say("desk.payment_reference")}</label>
          <input class="input" id="payment-reference" maxlength="100" autocomplete="off" value=${reference} onInput=${(/** @type {Event} */ event) => setReference(typed(event))} />
        </div>
        <div class="field">
          <label class="field-label" for="payment-amount">${say("desk.payment_amount")}</label>
          <input class="input number" id="payment-amount" inputmode="numeric" maxlength="20" value=${amount} onInput=${(/** @type {Event} */ event) => setAmount(typed(event))} />
        </div>
      </div>
      <button class="button button-secondary" type="submit">${say("desk.payment_save")}</button>
      <p class="small" role="status">${words}</p>
    </form>
  </details>`;
}

/** Payments of the organisation that settled no order by themselves. @param {{desk: DeskState}} props */
export function Matters({ desk }) {
  const items = desk.matters.value;
  return html`<section class="card card-roomy stack desk-matters" aria-labelledby="matters">
    <h2 id="matters">${say("desk.matters")}${items.length > 0 && html` <span class="soft small">${number(items.length)}</span>`}</h2>
    ${items.length === 0 ? html`<p class="small soft">${say("desk.matters_none")}</p>` : html`<ul class="stack" role="list">${items.map((item) => html`<${Matter} key=${item.payment_id} desk=${desk} item=${item} />`)}</ul>`}
  </section>`;
}

/** @param {{desk: DeskState, item: WorkListItem}} props */
function Matter({ desk, item }) {
  const [words, setWords] = useState("");
  const [problem, setProblem] = useState("");
  const id = `settle-${item.payment_id}`;
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    setProblem(words.trim() === "" ? say("desk.settle_missing") : await desk.settle(item.payment_id, words.trim()));
  };
  return html`<li class="stack stack-tight matter">
    <p class="row row-between"><strong>${item.reference}</strong><span class="price">${money(item.amount_vnd)}</span></p>
    <p class="small">${say(`desk.matter_${item.matter}`)}</p>
    <p class="row row-between tiny soft">
      <span>${dateTime(Date.parse(item.received_at))}</span>
      ${item.order_id !== null && html`<button class="button button-quiet" type="button" onClick=${() => void desk.find(item.order_id ?? "")}>${say("desk.open_order")}</button>`}
    </p>
    <form class="row matter-form" onSubmit=${submit}>
      <label class="visually-hidden" for=${id}>${say("desk.settle_words")}</label>
      <input class="input" id=${id} maxlength="200" placeholder=${say("desk.settle_words")} value=${words} onInput=${(/** @type {Event} */ event) => setWords(typed(event))} />
      <button class="button button-secondary" type="submit">${say("desk.settle")}</button>
    </form>
    ${problem !== "" && html`<p class="small" role="alert">${problem}</p>`}
  </li>`;
}
