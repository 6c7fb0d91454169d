// One product to order from: price, clock, stock, and the one button with its feedback. The pinned card and the shelf are made of it.

import { html } from "htm/preact";

import { poolOnShelf } from "./basket.js";
import { buyerOf, knownBuyer } from "./buyer.js";
import { countdown, money, number } from "./format.js";
import { problemAdvice, problemSentence, say } from "./page.js";
import { Picture, Prices, Stars, Stock } from "./parts.js";
import { PlacedNext } from "./payment_way.js";
import { Stepper } from "./stepper.js";
import { AddToBasket } from "./viewer_add.js";
import { commandOrder, mostOf, orderedFrom, quantityOf, setQuantity } from "./viewer_actions.js";
import { Turn, WaitButton, WaitWords, turnUntilMs } from "./viewer_waitlist.js";

/**
 * @typedef {import("./protocol.js").ProductView} ProductView
 * @typedef {import("./protocol.js").OfferView} OfferView
 * @typedef {import("./viewer_actions.js").Market} Market
 */

const ENDING_SECONDS = 15;

/** @param {{market: Market, offer: OfferView}} props */
export function Countdown({ market, offer }) {
  if (offer.state === "scheduled") {
    if (offer.starts_at_ms === null) return null;
    return html`<span class="badge">${say("viewer.offer_soon", { time: countdown(market.room.secondsUntil(offer.starts_at_ms)) })}</span>`;
  }
  if (offer.state !== "open" || offer.ends_at_ms === null) return null;
  const seconds = market.room.secondsUntil(offer.ends_at_ms);
  const time = countdown(seconds);
  return html`<span class=${seconds <= ENDING_SECONDS ? "countdown is-ending" : "countdown"} role="timer" aria-label=${say("viewer.time_left", { time })}
    >${time}</span
  >`;
}

/**
 * Name, stars and prices of a product, and everything to order it.
 * @param {{market: Market, product: ProductView, offer: OfferView | null, large?: boolean}} props
 */
export function ProductToOrder({ market, product, offer, large = false }) {
  const isOpen = offer !== null && offer.state === "open";
  const untilMs = offer === null ? null : turnUntilMs(market, offer);
  return html`<div class="product">
    <button class="product-look" type="button" aria-label=${say("product.open", { product: product.name })} onClick=${() => (market.sheet.value = { view: "product", productId: product.id })}>
      <${Picture} product=${product} />
    </button>
    <div>
      <div class="product-title">
        <p class="product-name">${product.name}</p>
        <${Stars} count=${product.ocop_stars} />
      </div>
      <p class="tiny soft one-line"><span class="product-code">${product.code}</span> · ${product.unit} · ${product.producer_name}</p>
    </div>
    ${untilMs === null ? isOpen && html`<${Stock} offer=${offer} isKept=${isKeptForOthers(market, offer)} />` : html`<${Turn} market=${market} offer=${offer} untilMs=${untilMs} />`}
    ${large && isOpen && html`<${Delivery} market=${market} offer=${offer} />`}
    <div class="product-foot">
      <div class="product-price">
        <${Prices} product=${product} offer=${offer} format=${money} />
        ${large && isOpen && html`<p class="tiny soft">${say("viewer.per_viewer_limit", { count: offer.per_viewer_limit })}</p>`}
        ${isOpen && html`<${Fee} market=${market} offer=${offer} />`}
      </div>
      <div class="product-buttons">
        ${(!large || !isOpen) && html`<${AddToBasket} market=${market} product=${product} />`}
        <${OrderButton} market=${market} product=${product} offer=${offer} large=${large} />
      </div>
    </div>
    <${Feedback} market=${market} offer=${offer} />
  </div>`;
}

/**
 * Units that came back may be kept for those who waited: the refusal says it, or that this device is waiting itself.
 * @param {Market} market
 * @param {OfferView} offer
 */
function isKeptForOthers(market, offer) {
  if (offer.remaining <= 0 || turnUntilMs(market, offer) !== null) return false;
  const progress = market.ordering.progress.value[offer.id];
  return (progress?.phase === "refused" && progress.code === "sold_out") || market.waitlist.entries.value[offer.id] !== undefined;
}

/** @param {{market: Market, product: ProductView, offer: OfferView | null, large: boolean}} props */
function OrderButton({ market, product, offer, large }) {
  const isTurn = offer !== null && turnUntilMs(market, offer) !== null;
  if (offer === null || (offer.state === "ended" && !isTurn)) {
    if (market.room.state.value.session.state !== "live") return null;
    if (poolOnShelf(market.room.state.value, product.id) !== null) return null;
    // Nobody opens offers in a booth by the hour: what has no stock there is not to be had.
    const isBooth = market.room.state.value.session.kind === "booth";
    return html`<span class="tiny soft">${say(isBooth ? "viewer.sold_out" : "viewer.wait_for_offer")}</span>`;
  }
  if (offer.state === "scheduled") return html`<${Countdown} market=${market} offer=${offer} />`;
  const progress = market.ordering.progress.value[offer.id];
  if (progress?.phase === "holding" || progress?.phase === "checking" || progress?.phase === "waiting") {
    return html`<button class="button button-primary" type="button" aria-busy="true" aria-disabled="true">${say(progress.phase === "waiting" ? "viewer.order_waiting" : "viewer.order_holding")}</button>`;
  }
  const isEmpty = offer.remaining <= 0 || isKeptForOthers(market, offer);
  const hasAll = offer.per_viewer_limit <= orderedFrom(market, offer);
  if (isEmpty && hasAll) return html`<button class="button button-primary" type="button" disabled>${say("viewer.sold_out")}</button>`;
  if (isEmpty && !isTurn) return html`<${WaitButton} market=${market} offer=${offer} />`;
  const isAgain = progress?.phase === "placed";
  if (isAgain && hasAll) return null;
  const quantity = quantityOf(market, offer);
  const words = `${say(isAgain ? "viewer.order_again" : large ? "viewer.order" : "viewer.order_short")}${quantity > 1 ? ` × ${number(quantity)}` : ""}`;
  return html`<button
    class=${isAgain ? "button button-secondary" : "button button-primary"}
    type="button"
    aria-label=${`${words}: ${product.name}`}
    onClick=${() => commandOrder(market, offer)}
  >
    ${words}
  </button>`;
}

/** What the delivery adds to one tap. @param {{market: Market, offer: OfferView}} props */
function Fee({ market, offer }) {
  const feeVnd = market.ordering.feeOf(offer, quantityOf(market, offer));
  return feeVnd === 0 ? null : html`<p class="tiny soft">${say("viewer.with_shipping", { amount: money(feeVnd) })}</p>`;
}

/** To whom and how many, where one tap orders. @param {{market: Market, offer: OfferView}} props */
function Delivery({ market, offer }) {
  const buyer = knownBuyer.value;
  if (buyerOf(buyer) === null || offer.remaining <= 0 || isKeptForOthers(market, offer) || offer.per_viewer_limit <= orderedFrom(market, offer)) return null;
  const most = mostOf(market, offer);
  return html`<div class="delivery">
    <p class="delivery-words">
      <span class="one-line">${say("form.deliver_to")} <strong>${buyer.name}</strong>, ${buyer.street}, ${buyer.wardName}</span>
      <button class="button button-quiet" type="button" onClick=${() => (market.sheet.value = { view: "address" })}>${say("form.change")}</button>
    </p>
    ${most > 1 &&
    html`<${Stepper} value=${quantityOf(market, offer)} most=${most} label=${say("form.quantity")}
      onChange=${(/** @type {number} */ value) => setQuantity(market, offer, value)} />`}
  </div>`;
}

/** @param {{market: Market, offer: OfferView | null}} props */
function Feedback({ market, offer }) {
  return html`<div class="order-feedback" role="status">
    ${offer !== null && feedbackWords(market, offer)}${offer !== null && html`<${WaitWords} market=${market} offer=${offer} />`}
  </div>`;
}

/**
 * @param {Market} market
 * @param {OfferView} offer
 */
function feedbackWords(market, offer) {
  const progress = market.ordering.progress.value[offer.id];
  switch (progress?.phase) {
    case "placed":
      return html`<p class="notice notice-good">
        <span>
          <strong>${say("viewer.order_placed", { code: progress.receipt.order_code })}</strong> · ${money(progress.receipt.total_vnd)} · <${PlacedNext} placed=${progress} phone=${knownBuyer.value.phone} />
        </span>
      </p>`;
    case "gone":
      return html`<p class="notice notice-warning"><span>
        <strong>${say(`desk.state_${progress.receipt.state}`)} · ${say("viewer.order_gone", { code: progress.receipt.order_code })}</strong>
        · <a href=${`/o/${progress.receipt.order_code}#${progress.receipt.link_token}`}>${say("viewer.see_order")}</a>
      </span></p>`;
    case "refused":
      return html`<p class="notice notice-warning"><span><strong>${problemSentence(progress.code, progress.words)}</strong> ${problemAdvice(progress.code)}</span></p>`;
    case "waiting":
      return html`<p class="notice">${say("viewer.order_waits")}</p>`;
    case "checking":
      return html`<p class="notice">${say("viewer.order_checking")}</p>`;
    default:
      return null;
  }
}
