// What a page does by itself when an order is answered.

import { effect } from "@preact/signals";

import { BASKET } from "./basket.js";

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
