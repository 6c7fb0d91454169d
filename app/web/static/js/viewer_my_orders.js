// This device's own orders in the session.

import { html } from "htm/preact";

import { ago, money, number } from "./format.js";
import { say } from "./page.js";

/** @typedef {import("./viewer_actions.js").Market} Market */

/** @param {{market: Market}} props */
export function MyOrders({ market }) {
  const receipts = market.ordering.receipts.value;
  if (receipts.length === 0) return html`<p class="empty">${say("viewer.my_orders_empty")}</p>`;
  const { products } = market.room.state.value;
  /** @param {string} id */
  const nameOf = (id) => products.find((product) => product.id === id)?.name ?? say("viewer.a_product");
  return html`<ul class="stack" role="list">
    ${receipts.map(
      (receipt) => html`<li key=${receipt.key} class="card stack stack-tight">
        <p class="row row-between">
          <strong>${say("viewer.order_number", { number: number(receipt.number) })}</strong>
          <span class="tiny soft">${ago((market.room.clock.nowMs() - receipt.placed_at_ms) / 1000)}</span>
        </p>
        ${receipt.lines.map(
          (line) => html`<p class="row row-between small"><span class="grow">${nameOf(line.product_id)} × ${number(line.quantity)}</span><span class="number">${money(line.amount_vnd)}</span></p>`,
        )}
        <p class="row row-between"><span class="small soft">${say("form.pay_on_delivery")}</span><strong class="price">${money(receipt.total_vnd)}</strong></p>
      </li>`,
    )}
  </ul>`;
}
