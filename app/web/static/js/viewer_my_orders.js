// This device's own orders, on the market's page: those of this session and of all others, each with its state now.

import { html } from "htm/preact";

import { MyOrders as AllOrders } from "./my_orders.js";

/** @param {{market: import("./viewer_actions.js").Market}} props */
export function MyOrders({ market }) {
  return html`<${AllOrders} changes=${market.ordering.receipts.value} />`;
}
