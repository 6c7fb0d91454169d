// How an order is paid: on delivery unless somebody chooses a transfer for it; and after it was placed, the way to its VietQR code.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { get } from "./http.js";
import { say } from "./page.js";

/** @typedef {{transfer_product_ids: readonly string[], transfer_of_several: boolean}} PaymentWays as the API gives them */

/**
 * Asked while the form is filled in: nobody waits for it, and without an answer it is cash on delivery.
 * @param {import("./viewer_actions.js").Market} market
 * @param {readonly string[]} productIds what the order is of
 * @returns {{isTransfer: boolean, field: unknown, hint: string}}
 */
export function usePaymentWay(market, productIds) {
  const [ways, setWays] = useState(/** @type {PaymentWays | null} */ (null));
  const [wants, setWants] = useState(false);
  useEffect(() => {
    void get(`/api/v1/sessions/${market.room.sessionId}/payment-ways`).then((answer) => answer.ok && setWays(/** @type {PaymentWays} */ (answer.value)));
  }, []);
  const { products } = market.room.state.value;
  const sellers = new Set(productIds.map((id) => products.find((product) => product.id === id)?.producer_id));
  const mayTransfer = ways !== null && productIds.every((id) => ways.transfer_product_ids.includes(id)) && (ways.transfer_of_several || sellers.size < 2);
  const isTransfer = wants && mayTransfer;
  return {
    isTransfer,
    hint: say(isTransfer ? "form.pay_by_transfer_hint" : "form.pay_on_delivery"),
    field: mayTransfer
      ? html`<fieldset class="payment-way stack stack-tight">
          <legend class="field-label">${say("form.payment")}</legend>
          <label class="row"><input type="radio" name="payment" checked=${!isTransfer} onChange=${() => setWants(false)} /> <span>${say("form.pay_cod")}</span></label>
          <label class="row"><input type="radio" name="payment" checked=${isTransfer} onChange=${() => setWants(true)} /> <span>${say("form.pay_transfer")}</span></label>
        </fieldset>`
      : null,
  };
}

/** The order's page, and what comes next. @param {{placed: {receipt: import("./ordering.js").Receipt, isTransfer: boolean}, phone: string}} props */
export function PlacedNext({ placed: { receipt, isTransfer }, phone }) {
  return html`<a href=${`/o/${receipt.order_code}#${receipt.link_token}`}>${say(isTransfer ? "viewer.see_transfer" : "viewer.see_order")}</a>
    <span class="tiny feedback-next">${isTransfer ? say("viewer.order_placed_transfer") : say("viewer.order_placed_next", { phone })}</span>`;
}
