// The forms in the sheet. To order: how many, to whom, where to; typed once, afterwards one tap orders. To change the address: that alone.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { AddressFields, useAddress } from "./address_fields.js";
import { buyerOf, draft, forgetBuyer, knownBuyer, rememberBuyer } from "./buyer.js";
import { NewsConsent, sendWithOrder } from "./consent.js";
import { money, number } from "./format.js";
import { problemAdvice, problemSentence, say } from "./page.js";
import { Picture, Prices } from "./parts.js";
import { usePaymentWay } from "./payment_way.js";
import { Stepper } from "./stepper.js";
import { mostOf, quantityOf, setQuantity } from "./viewer_actions.js";
import { Field } from "./text_field.js";

/**
 * @typedef {import("./address_fields.js").Problems} Problems
 * @typedef {import("./buyer.js").BuyerField} BuyerField
 * @typedef {import("./protocol.js").OfferView} OfferView
 * @typedef {import("./protocol.js").ProductView} ProductView
 * @typedef {import("./viewer_actions.js").Market} Market
 */

/** @type {Readonly<Record<string, BuyerField>>} */
const FIELD_OF_CODE = { invalid_phone: "phone", invalid_address: "ward" };

/** @param {{market: Market, offer: OfferView, product: ProductView, code: string | null}} props */
export function OrderForm({ market, offer, product, code }) {
  const address = useAddress(refusalProblems(code));
  // Of this order alone: never remembered with the buyer.
  const [note, setNote] = useState("");
  const way = usePaymentWay(market, [product.id]);
  const isOrderable = offer.state === "open" && offer.remaining > 0;
  const quantity = quantityOf(market, offer);
  const feeVnd = market.ordering.feeOf(offer, quantity);

  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    if (!address.isComplete()) return;
    const buyer = buyerOf(draft.peek());
    if (buyer === null || !isOrderable) return;
    rememberBuyer(draft.peek());
    market.ordering.place(offer, quantity, { ...buyer, note: note.trim() }, way.isTransfer);
    sendWithOrder(market.ordering, offer.id);
    market.sheet.value = null;
  };

  return html`<form class="stack" novalidate onSubmit=${submit}>
    <div class="product">
      <${Picture} product=${product} />
      <div>
        <p class="product-name">${product.name}</p>
        <p class="tiny soft">${product.unit} · ${product.producer_name}</p>
        <${Prices} product=${product} offer=${offer} format=${money} />
      </div>
    </div>
    <div class="row row-between">
      <span class="field-label">${say("form.quantity")}</span>
      <div class="row">
        <span class="tiny soft">${say("viewer.per_viewer_limit", { count: number(offer.per_viewer_limit) })}</span>
        <${Stepper} value=${quantity} most=${mostOf(market, offer)} label=${say("form.quantity")}
          onChange=${(/** @type {number} */ value) => setQuantity(market, offer, value)} />
      </div>
    </div>
    <${AddressFields} ...${address} />
    <${Field} id="order-note" label=${say("form.note")} hint=${say("form.optional")} value=${note} most=${200} autocomplete="off" onInput=${setNote} />
    ${way.field}
    <${Privacy} />
    <${NewsConsent} />
    <div class="sheet-foot stack stack-tight">
      ${feeVnd > 0 && html`<p class="row row-between small"><span>${say("viewer.basket_shipping")}</span><span class="number">${money(feeVnd)}</span></p>`}
      <p class="row row-between"><span>${say("form.total")}</span><strong class="price">${money(offer.flash_price_vnd * quantity + feeVnd)}</strong></p>
      <button class="button button-primary button-block" type="submit" disabled=${!isOrderable}>
        ${isOrderable ? say("form.submit") : say(offer.remaining > 0 ? "viewer.offer_ended" : "viewer.sold_out")}
      </button>
      <p class="tiny soft centred">${way.hint}</p>
    </div>
  </form>`;
}

/** Where the next orders go. @param {{market: Market}} props */
export function AddressForm({ market }) {
  const address = useAddress({});
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    if (!address.isComplete()) return;
    rememberBuyer(draft.peek());
    market.sheet.value = null;
  };
  return html`<form class="stack" novalidate onSubmit=${submit}>
    <${AddressFields} ...${address} />
    <${Privacy} />
    <div class="sheet-foot"><button class="button button-primary button-block" type="submit">${say("app.save")}</button></div>
  </form>`;
}

/** What becomes of it, and how this device forgets it. */
export function Privacy() {
  return html`<p class="small soft">${say("form.privacy")}</p>
    ${knownBuyer.value.name !== "" && html`<button class="button button-quiet" type="button" onClick=${forgetBuyer}>${say("form.forget")}</button>`}`;
}

/**
 * @param {string | null} code why the server refused what was filled in before
 * @returns {Problems}
 */
export function refusalProblems(code) {
  const field = code === null ? undefined : FIELD_OF_CODE[code];
  return field === undefined || code === null ? {} : { [field]: `${problemSentence(code)} ${problemAdvice(code)}` };
}
