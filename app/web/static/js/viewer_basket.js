// The basket: what is in it, what it costs with its delivery, and one button that orders all of it at once.

import { html } from "htm/preact";

import { AddressFields, useAddress } from "./address_fields.js";
import { BASKET, orderLine, sumsOf } from "./basket.js";
import { buyerOf, draft, knownBuyer, rememberBuyer } from "./buyer.js";
import { NewsConsent, sendWithOrder } from "./consent.js";
import { money } from "./format.js";
import { problemAdvice, problemSentence, say } from "./page.js";
import { Picture } from "./parts.js";
import { PlacedNext, usePaymentWay } from "./payment_way.js";
import { Stepper } from "./stepper.js";
import { Privacy, refusalProblems } from "./viewer_form.js";

/**
 * @typedef {import("./basket.js").BasketLine} BasketLine
 * @typedef {import("./basket.js").BasketSums} BasketSums
 * @typedef {import("./viewer_actions.js").Market} Market
 */

const ON_ITS_WAY = ["holding", "checking", "waiting"];

/** @param {{market: Market}} props */
export function BasketSheet({ market }) {
  const sums = sumsOf(market.room.state.value, market.ordering.standing.value, market.basket.quantities.value);
  const progress = market.ordering.progress.value[BASKET];
  const isOnItsWay = ON_ITS_WAY.includes(progress?.phase ?? "");
  if (sums.lines.length === 0 && !isOnItsWay) return html`<div class="stack"><${Words} market=${market} /><p class="empty">${say("viewer.basket_empty")}</p><${ToShelf} market=${market} /></div>`;
  const code = progress?.phase === "refused" ? progress.code : null;
  return html`<${BasketForm} key=${`${code}`} market=${market} sums=${sums} code=${code} isOnItsWay=${isOnItsWay} />`;
}

/** @param {{market: Market}} props */
function ToShelf({ market }) {
  return html`<button class="button button-secondary button-block" type="button" onClick=${() => (market.sheet.value = { view: "shelf" })}>${say("viewer.shelf")}</button>`;
}

/** @param {{market: Market, sums: BasketSums, code: string | null, isOnItsWay: boolean}} props */
function BasketForm({ market, sums, code, isOnItsWay }) {
  const problems = refusalProblems(code);
  const address = useAddress(problems);
  const isAsked = buyerOf(knownBuyer.value) === null || Object.keys(problems).length > 0;
  const way = usePaymentWay(market, sums.lines.map(({ product }) => product.id));
  const isShort = sums.lines.some(({ quantity, most }) => quantity > most);

  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    if (isOnItsWay || isShort) return;
    if (isAsked) {
      if (!address.isComplete()) return;
      rememberBuyer(draft.peek());
    }
    const buyer = buyerOf(knownBuyer.peek());
    if (buyer === null) return;
    market.ordering.placeBasket(sums.lines.map(orderLine), sums.feeVnd, buyer, way.isTransfer);
    sendWithOrder(market.ordering, BASKET);
  };

  return html`<form class="stack" novalidate onSubmit=${submit}>
    <ul class="stack basket" role="list">${sums.lines.map((line) => html`<${Row} key=${line.product.id} market=${market} line=${line} />`)}</ul>
    <${ToShelf} market=${market} />
    ${isAsked ? html`<${AddressFields} ...${address} /><${Privacy} /><${NewsConsent} />` : html`<${DeliverTo} market=${market} />`}
    ${way.field}
    <div class="sheet-foot stack stack-tight">
      <p class="row row-between small"><span>${say("viewer.basket_goods")}</span><span class="number">${money(sums.goodsVnd)}</span></p>
      <p class="row row-between small"><span>${say("viewer.basket_shipping")}</span><span class="number">${sums.feeVnd > 0 ? money(sums.feeVnd) : say("viewer.shipping_free")}</span></p>
      ${sums.toFreeVnd !== null && html`<p class="tiny soft">${say("viewer.shipping_free_soon", { amount: money(sums.toFreeVnd) })}</p>`}
      <p class="row row-between"><span>${say("form.total")}</span><strong class="price">${money(sums.totalVnd)}</strong></p>
      <${Words} market=${market} />
      <button class="button button-primary button-block" type="submit" aria-busy=${isOnItsWay ? "true" : undefined} disabled=${isShort}>
        ${say(isOnItsWay ? "viewer.order_holding" : "form.submit")}
      </button>
      <p class="tiny soft centred">${way.hint}</p>
    </div>
  </form>`;
}

/** @param {{market: Market, line: BasketLine}} props */
function Row({ market, line }) {
  const { product, offer, quantity, unitVnd, most } = line;
  return html`<li class="basket-row">
    <${Picture} product=${product} />
    <div>
      <p class="product-name">${product.name}</p>
      <p class="tiny soft">${money(unitVnd)} · ${product.unit}${offer !== null && ` · ${say("viewer.offer_open")}`}</p>
      ${quantity > most && html`<p class="tiny field-error">${say("viewer.sold_out")}</p>`}
    </div>
    <div class="basket-how-many">
      <strong class="number">${money(quantity * unitVnd)}</strong>
      <div class="row">
        ${quantity <= 1 &&
        html`<button class="button button-quiet" type="button" aria-label=${say("viewer.basket_remove", { product: product.name })}
          onClick=${() => market.basket.set(product.id, 0)}>✕</button>`}
        <${Stepper} value=${quantity} most=${Math.max(most, quantity)} label=${say("viewer.in_basket", { product: product.name })}
          onChange=${(/** @type {number} */ value) => market.basket.set(product.id, value)} />
      </div>
    </div>
  </li>`;
}

/** @param {{market: Market}} props */
function DeliverTo({ market }) {
  const buyer = knownBuyer.value;
  return html`<p class="delivery-words">
    <span class="one-line">${say("form.deliver_to")} <strong>${buyer.name}</strong>, ${buyer.street}, ${buyer.wardName}</span>
    <button class="button button-quiet" type="button" onClick=${() => (market.sheet.value = { view: "address" })}>${say("form.change")}</button>
  </p>`;
}

/** What became of the order, or why it waits. @param {{market: Market}} props */
function Words({ market }) {
  const progress = market.ordering.progress.value[BASKET];
  switch (progress?.phase) {
    case "placed":
      return html`<p class="notice notice-good" role="status"><span>
        <strong>${say("viewer.order_placed", { code: progress.receipt.order_code })}</strong> · ${money(progress.receipt.total_vnd)} · <${PlacedNext} placed=${progress} phone=${knownBuyer.value.phone} />
      </span></p>`;
    case "gone":
      return html`<p class="notice notice-warning" role="alert"><span>
        <strong>${say(`desk.state_${progress.receipt.state}`)} · ${say("viewer.order_gone", { code: progress.receipt.order_code })}</strong>
        · <a href=${`/o/${progress.receipt.order_code}#${progress.receipt.link_token}`}>${say("viewer.see_order")}</a>
      </span></p>`;
    case "refused":
      return html`<p class="notice notice-warning" role="alert"><span><strong>${problemSentence(progress.code, progress.words)}</strong> ${problemAdvice(progress.code)}</span></p>`;
    case "waiting":
      return html`<p class="notice" role="status">${say("viewer.order_waits")}</p>`;
    case "checking":
      return html`<p class="notice" role="status">${say("viewer.order_checking")}</p>`;
    default:
      return null;
  }
}
