// The pool of one product on the host's board: what is left, how many there are in all, and whether the shelf sells it.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { number } from "./format.js";
import { say } from "./page.js";

/**
 * @typedef {import("./board_actions.js").BoardActions} BoardActions
 * @typedef {import("./protocol.js").ProductView} ProductView
 */

const MOST = 1_000_000;

/** @param {{actions: BoardActions, product: ProductView}} props */
export function StockWords({ actions, product }) {
  const pool = actions.room.state.value.shelf.find((each) => each.product_id === product.id);
  if (pool === undefined) return null;
  return html`<span class=${pool.left > 0 ? "tiny soft" : "tiny field-error"}
    >${say("host.stock_left", { left: number(pool.left), units: number(pool.units) })}${!pool.on_shelf && ` · ${say("host.stock_off_shelf")}`}</span
  >`;
}

/** @param {{actions: BoardActions, product: ProductView}} props */
export function StockForm({ actions, product }) {
  const pool = actions.room.state.value.shelf.find((each) => each.product_id === product.id);
  const [units, setUnits] = useState(pool?.units ?? 0);
  const id = `stock-${product.id}`;
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    void actions.setStock(product.id, { units, per_viewer_limit: pool?.per_viewer_limit });
  };
  return html`<form class="row stock-form" onSubmit=${submit}>
    <div class="field grow">
      <label class="field-label" for=${id}>${say("host.stock_units")}</label>
      <input class="input number" id=${id} type="number" inputmode="numeric" required min="0" max=${MOST} step="1" value=${units}
        onInput=${(/** @type {Event} */ event) => setUnits(/** @type {HTMLInputElement} */ (event.currentTarget).valueAsNumber || 0)} />
    </div>
    <button class="button button-secondary" type="submit" disabled=${actions.isBusy.value}>${say(pool?.on_shelf === false ? "host.stock_on_shelf" : "app.save")}</button>
    ${pool?.on_shelf &&
    html`<button class="button button-quiet" type="button" disabled=${actions.isBusy.value}
      onClick=${() => void actions.setStock(product.id, { units: pool.units, per_viewer_limit: pool.per_viewer_limit, on_shelf: false })}>${say("host.stock_take_off")}</button>`}
  </form>`;
}
