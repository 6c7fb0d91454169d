// What a page does by itself when an order is answered.

import { effect } from "@preact/signals";

import { BASKET } from "./basket.js";
import { whileSeen } from "./while_seen.js";

const ASK_EVERY_MS = 5 * 60_000;

/** @param {import("./viewer_actions.js").Market} market */
export function followOrders(market) {
  /** @type {WeakSet<object>} */
  const answeredBaskets = new WeakSet();
  // What was ordered is not wanted a second time by itself.
  effect(() => {
    const basket = market.ordering.progress.value[BASKET];
    if (basket?.phase === "placed" && !answeredBaskets.has(basket)) {
      answeredBaskets.add(basket);
      market.basket.empty();
    }
  });
  effect(() => {
    const placed = Object.entries(market.ordering.progress.value).filter(([, { phase }]) => phase === "placed");
    const quantities = market.quantities.peek();
    if (placed.some(([offerId]) => offerId in quantities)) {
      market.quantities.value = Object.fromEntries(Object.entries(quantities).filter(([offerId]) => !placed.some(([id]) => id === offerId)));
    }
  });

  // What the desk cancelled, or nobody paid in time: the room names the orders, and whoever was away asks on coming back.
  const knowsOrders = () => market.ordering.receipts.peek().length > 0;
  effect(() => {
    const { takenBack } = market.room.state.value;
    if (market.ordering.receipts.peek().some((order) => takenBack.includes(order.order_id))) void market.ordering.refreshReceipts();
  });
  effect(() => {
    // The first one brings what the page has begun with.
    if (market.room.state.value.snapshots > 1 && knowsOrders()) void market.ordering.refreshReceipts();
  });
  whileSeen(() => knowsOrders() && void market.ordering.refreshReceipts(), ASK_EVERY_MS);

  // A refusal about the form's content opens the form again, with the words beside the field.
  /** @type {WeakSet<object>} */
  const answeredForms = new WeakSet();
  effect(() => {
    for (const [offerId, progress] of Object.entries(market.ordering.progress.value)) {
      if (progress.phase === "refused" && !answeredForms.has(progress) && (progress.code === "invalid_phone" || progress.code === "invalid_address")) {
        answeredForms.add(progress);
        market.sheet.value = offerId === BASKET ? { view: "basket" } : { view: "form", offerId };
      }
    }
  });
}
