// What a buyer may agree to beyond the order: never ticked by us, never remembered for the next order, taken back on the order's page.

import { signal } from "@preact/signals";
import { html } from "htm/preact";

import { send } from "./http.js";
import { OrderLink } from "./order_link.js";
import { language, say } from "./page.js";

/**
 * @typedef {import("./buyer_types.js").OrderPage} OrderPage
 * @typedef {import("./ordering.js").Ordering} Ordering
 */

/** The words of `consent.news` as they are now; app/fulfilment/consents.py knows every version that was ever shown. */
export const NEWS_TEXT = "2026-11-28";

const wantsNews = signal(false);

/** The tick below the order form. */
export function NewsConsent() {
  return html`<label class="switch small">
    <input type="checkbox" checked=${wantsNews.value} onChange=${(/** @type {Event} */ event) => (wantsNews.value = isTicked(event))} />
    <span>${say("consent.news")} <span class="soft">(${say("form.optional")})</span></span>
  </label>`;
}

/**
 * Send the tick along with the order that is being placed, once it is placed; a refused order takes no consent with it.
 * @param {Ordering} ordering
 * @param {string} id the offer, or the basket
 */
export function sendWithOrder(ordering, id) {
  if (!wantsNews.peek()) return;
  wantsNews.value = false;
  const before = ordering.receipts.peek();
  const stop = ordering.progress.subscribe((progress) => {
    const now = progress[id];
    const isNew = now?.phase === "placed" && !before.some(({ key }) => key === now.receipt.key);
    if (isNew) void changeNews(new OrderLink(now.receipt.order_code, now.receipt.link_token), true);
    if (isNew || now?.phase === "refused") queueMicrotask(() => stop());
  });
}

/**
 * @param {OrderLink} link
 * @param {boolean} isGiven
 * @returns {Promise<import("./http.js").Answer<OrderPage>>}
 */
export function changeNews(link, isGiven) {
  const wish = { is_given: isGiven, text_version: NEWS_TEXT, language };
  return send("PUT", `${link.path}/consents/news`, wish, undefined, link.headers);
}

/** On the order's page: what holds now, and the way to change it. @param {{order: OrderPage, onChange: (isGiven: boolean) => void}} props */
export function NewsSwitch({ order, onChange }) {
  const isGiven = order.consents.some((each) => each.purpose === "news" && each.withdrawn_at_ms === null);
  return html`<label class="switch">
    <input type="checkbox" role="switch" checked=${isGiven} disabled=${order.receiver.phone === null}
      onChange=${(/** @type {Event} */ event) => onChange(isTicked(event))} />
    <span>${say("consent.news")}</span>
  </label>`;
}

/** @param {Event} event */
function isTicked(event) {
  return /** @type {HTMLInputElement} */ (event.currentTarget).checked;
}
