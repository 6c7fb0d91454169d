// A product of the shelf at its normal price: "Thêm", then how many of it are in the basket. And the way to the basket.

import { html } from "htm/preact";

import { mostOnShelf, poolOnShelf, sumsOf } from "./basket.js";
import { money, number } from "./format.js";
import { say } from "./page.js";
import { Stepper } from "./stepper.js";

/**
 * @typedef {import("./protocol.js").ProductView} ProductView
 * @typedef {import("./viewer_actions.js").Market} Market
 */

/**
 * Nothing where the product has no pool, so that it cannot be ordered without an offer.
 * @param {{market: Market, product: ProductView}} props
 */
export function AddToBasket({ market, product }) {
  const state = market.room.state.value;
  if (state.session.state !== "live") return null;
  const most = mostOnShelf(state, market.ordering.standing.value, product.id);
  const quantity = market.basket.quantities.value[product.id] ?? 0;
  if (quantity > 0) {
    return html`<${Stepper} value=${quantity} least=${0} most=${Math.max(most, quantity)} label=${say("viewer.in_basket", { product: product.name })}
      onChange=${(/** @type {number} */ value) => market.basket.set(product.id, value)} />`;
  }
  if (poolOnShelf(state, product.id) === null) return null;
  if (most <= 0) return html`<button class="button button-secondary" type="button" disabled>${say("viewer.sold_out")}</button>`;
  return html`<button class="button button-secondary" type="button" disabled=${market.basket.isFull}
    aria-label=${say("viewer.add_product", { product: product.name })} onClick=${() => market.basket.set(product.id, 1)}>${say("viewer.add")}</button>`;
}

/** @param {{market: Market}} props */
export function BasketBar({ market }) {
  const { lines, goodsVnd } = sumsOf(market.room.state.value, market.ordering.standing.value, market.basket.quantities.value);
  if (lines.length === 0) return null;
  const count = lines.reduce((sum, { quantity }) => sum + quantity, 0);
  return html`<div class="sheet-foot">
    <button class="button button-primary button-block" type="button" onClick=${() => (market.sheet.value = { view: "basket" })}>
      ${say("viewer.basket_open", { count: number(count), amount: money(goodsVnd) })}
    </button>
  </div>`;
}
