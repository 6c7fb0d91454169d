// What comes back of a delivered order, and what of its money is given back: units and sums, as often as it happens.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { vndOf } from "./amount_rules.js";
import { money } from "./format.js";
import { say } from "./page.js";
import { Stepper } from "./stepper.js";

/**
 * @typedef {import("./desk_state.js").DeskState} DeskState
 * @typedef {import("./desk_types.js").OrderWithContact} OrderWithContact
 * @typedef {import("./desk_types.js").OrderedItem} OrderedItem
 */

/** @param {{desk: DeskState, order: OrderWithContact}} props */
export function ReturnForms({ desk, order }) {
  const kept = order.lines.filter((line) => line.quantity > line.returned);
  const isDelivered = order.entries.some((entry) => entry.kind === "delivered");
  return html`${isDelivered && kept.length > 0 && html`<details><summary>${say("desk.return")}</summary><${Return} desk=${desk} order=${order} kept=${kept} /></details>`}
  ${order.refundable_vnd > 0 && html`<details><summary>${say("desk.refund")}</summary><${Refund} desk=${desk} order=${order} /></details>`}`;
}

/** @param {OrderedItem} line */
const keyOf = (line) => line.offer_id ?? line.product_id;

/** @param {{desk: DeskState, order: OrderWithContact, kept: readonly OrderedItem[]}} props */
function Return({ desk, order, kept }) {
  const [units, setUnits] = useState(/** @type {Readonly<Record<string, number>>} */ ({}));
  const [isResaleable, setIsResaleable] = useState(false);
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const back = kept.filter((line) => (units[keyOf(line)] ?? 0) > 0);
  /** @param {Event} event */
  const save = async (event) => {
    event.preventDefault();
    setIsBusy(true);
    const lines = back.map((line) => ({ ...(line.offer_id === null ? { product_id: line.product_id } : { offer_id: line.offer_id }), quantity: units[keyOf(line)] ?? 0 }));
    setProblem(await desk.doPart(order, "returns", { lines, resaleable: isResaleable }));
    setIsBusy(false);
  };
  return html`<form class="stack stack-tight desk-part" onSubmit=${save}>
    <ul class="stack stack-tight" role="list">
      ${kept.map(
        (line) => html`<li key=${keyOf(line)} class="row row-between">
          <span class="grow">${line.product_name}<br /><span class="tiny soft">${say("desk.return_left", { count: String(line.quantity - line.returned), unit: line.unit })}</span></span>
          <${Stepper} value=${units[keyOf(line)] ?? 0} least=${0} most=${line.quantity - line.returned} label=${line.product_name}
            onChange=${(/** @type {number} */ count) => setUnits({ ...units, [keyOf(line)]: count })} />
        </li>`,
      )}
    </ul>
    <label class="row"><input type="checkbox" checked=${isResaleable} onChange=${(/** @type {Event} */ event) => setIsResaleable(/** @type {HTMLInputElement} */ (event.currentTarget).checked)} />
      <span>${say("desk.return_resaleable")}</span></label>
    ${problem !== "" && html`<p class="notice notice-danger small" role="alert">${problem}</p>`}
    <button class="button button-primary" type="submit" disabled=${isBusy || back.length === 0}>${say("desk.return_save")}</button>
  </form>`;
}

/** @param {{desk: DeskState, order: OrderWithContact}} props */
function Refund({ desk, order }) {
  const [amount, setAmount] = useState(String(order.owed_vnd < 0 ? -order.owed_vnd : ""));
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  /** @param {Event} event */
  const save = async (event) => {
    event.preventDefault();
    const vnd = vndOf(amount);
    if (!vnd) return setProblem(say(amount.trim() !== "" && vnd === null ? "app.amount_unclear" : "desk.refund_missing"));
    setIsBusy(true);
    setProblem(await desk.doPart(order, "refunds", { amount_vnd: vnd }));
    setIsBusy(false);
  };
  return html`<form class="stack stack-tight desk-part" onSubmit=${save}>
    <div class="field">
      <label class="field-label" for="refund-amount">${say("desk.refund_amount")}</label>
      <input class="input number" id="refund-amount" inputmode="numeric" maxlength="20" autocomplete="off" value=${amount}
        onInput=${(/** @type {Event} */ event) => setAmount(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />
    </div>
    <p class="tiny soft">${say("desk.refund_most", { amount: money(order.refundable_vnd) })}</p>
    ${problem !== "" && html`<p class="notice notice-danger small" role="alert">${problem}</p>`}
    <button class="button button-primary" type="submit" disabled=${isBusy}>${say("desk.refund_save")}</button>
  </form>`;
}
