// Changing the open order before it is delivered: more or less of a line, a product in addition. The server says what it costs then.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { mayFollow } from "./desk_steps.js";
import { money } from "./format.js";
import { get } from "./http.js";
import { say } from "./page.js";
import { Stepper } from "./stepper.js";

/**
 * @typedef {import("./desk_state.js").DeskState} DeskState
 * @typedef {import("./desk_types.js").OrderWithContact} OrderWithContact
 * @typedef {{key: string, offerId: string | null, productId: string, name: string, unit: string, price: number, before: number, quantity: number}} Wanted
 * @typedef {{id: string, name: string, unit: string, price_vnd: number}} Product
 */

const UNITS_MOST = 1_000;

/** @param {{desk: DeskState, order: OrderWithContact}} props */
export function ChangeForm({ desk, order }) {
  const [isOpen, setIsOpen] = useState(false);
  if (!mayFollow("changed", order.entries.map((entry) => entry.kind))) return null;
  return html`<details open=${isOpen} onToggle=${(/** @type {Event} */ event) => setIsOpen(/** @type {HTMLDetailsElement} */ (event.currentTarget).open)}>
    <summary>${say("desk.change")}</summary>
    ${isOpen && html`<${Lines} key=${order.entries.length} desk=${desk} order=${order} onDone=${() => setIsOpen(false)} />`}
  </details>`;
}

/** @param {OrderWithContact} order @returns {Wanted[]} */
function asItIs(order) {
  return order.lines.map((line) => ({
    key: line.offer_id ?? line.product_id,
    offerId: line.offer_id,
    productId: line.product_id,
    name: line.product_name,
    unit: line.unit,
    price: line.unit_price_vnd,
    before: line.quantity,
    quantity: line.quantity,
  }));
}

/** @param {readonly Wanted[]} lines @param {"before" | "quantity"} of */
const worth = (lines, of) => lines.reduce((sum, line) => sum + line[of] * line.price, 0);

/** @param {{desk: DeskState, order: OrderWithContact, onDone: () => void}} props */
function Lines({ desk, order, onDone }) {
  const [lines, setLines] = useState(() => asItIs(order));
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const changed = lines.filter((line) => line.quantity !== line.before);
  /** @param {string} key @param {number} quantity */
  const choose = (key, quantity) => setLines(lines.map((line) => (line.key === key ? { ...line, quantity } : line)));
  /** @param {Product} product */
  const add = (product) => {
    const { id, name, unit, price_vnd: price } = product;
    setLines([...lines, { key: id, offerId: null, productId: id, name, unit, price, before: 0, quantity: 1 }]);
  };
  /** @param {Event} event */
  const save = async (event) => {
    event.preventDefault();
    setIsBusy(true);
    const wish = changed.map(({ offerId, productId, price, quantity }) => ({
      ...(offerId === null ? { product_id: productId } : { offer_id: offerId }),
      quantity,
      unit_price_vnd: price,
    }));
    const words = await desk.doPart(order, "changes", { lines: wish, seen_seq: order.entries.at(-1)?.seq ?? null });
    setIsBusy(false);
    setProblem(words);
    if (words === "") onDone();
  };
  return html`<form class="stack stack-tight desk-part" onSubmit=${save}>
    <ul class="stack stack-tight" role="list">
      ${lines.map(
        (line) => html`<li key=${line.key} class="row row-between">
          <span class="grow">${line.name}<br /><span class="tiny soft number">${money(line.price)} / ${line.unit}</span></span>
          <${Stepper} value=${line.quantity} least=${0} most=${UNITS_MOST} label=${line.name} onChange=${(/** @type {number} */ quantity) => choose(line.key, quantity)} />
        </li>`,
      )}
    </ul>
    <${AddProduct} desk=${desk} taken=${lines.filter((line) => line.offerId === null).map((line) => line.productId)} onAdd=${add} />
    <p class="row row-between"><span>${say("desk.change_goods")}</span>
      <strong class="number">${money(worth(lines, "before"))}${changed.length > 0 && ` → ${money(worth(lines, "quantity"))}`}</strong></p>
    <p class="tiny soft">${say("desk.change_fee")}</p>
    ${problem !== "" && html`<p class="notice notice-danger small" role="alert">${problem}</p>`}
    <button class="button button-primary" type="submit" disabled=${isBusy || changed.length === 0}>${say("desk.change_save")}</button>
  </form>`;
}

/** Products of the session that are not in the order yet; read when somebody asks for them. @param {{desk: DeskState, taken: readonly string[], onAdd: (product: Product) => void}} props */
function AddProduct({ desk, taken, onAdd }) {
  const [products, setProducts] = useState(/** @type {readonly Product[] | null} */ (null));
  const ask = async () => {
    /** @type {import("./http.js").Answer<{products: Product[]}>} */
    const answer = await get(desk.path.replace(/\/orders$/, ""));
    setProducts(answer.ok ? answer.value.products : []);
  };
  if (products === null) return html`<button class="button button-secondary" type="button" onClick=${() => void ask()}>${say("desk.change_add")}</button>`;
  const left = products.filter((product) => !taken.includes(product.id));
  /** @param {Event} event */
  const choose = (event) => {
    const select = /** @type {HTMLSelectElement} */ (event.currentTarget);
    const product = left.find((each) => each.id === select.value);
    select.value = "";
    if (product) onAdd(product);
  };
  return html`<div class="field">
    <label class="field-label" for="change-add">${say("desk.change_add")}</label>
    <select class="input" id="change-add" onChange=${choose}>
      <option value="">${say("desk.change_choose")}</option>
      ${left.map((product) => html`<option key=${product.id} value=${product.id}>${product.name} · ${money(product.price_vnd)}</option>`)}
    </select>
  </div>`;
}
