// What rises over the page: the shelf, the order form, one's own orders.

import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";

import { number } from "./format.js";
import { later } from "./later.js";
import { say } from "./page.js";
import { stockWords } from "./parts.js";
import { BasketSheet } from "./viewer_basket.js";
import { ClaimForm } from "./viewer_claim.js";
import { AddressForm, OrderForm } from "./viewer_form.js";
import { MyOrders } from "./viewer_my_orders.js";
import { Countdown } from "./viewer_order.js";
import { Shelf } from "./viewer_shelf.js";

/** @typedef {import("./viewer_actions.js").Market} Market */

const ProductSheet = later(
  async () => (await import("./viewer_product.js")).ProductSheet,
  () => html`<p class="soft">${say("app.loading")}</p>`,
);

const ReportSheet = later(
  async () => (await import("./viewer_report.js")).ReportSheet,
  () => html`<p class="soft">${say("app.loading")}</p>`,
);

/** @param {{market: Market}} props */
export function Sheet({ market }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const closesItself = useRef(false);
  const sheet = market.sheet.value;
  const view = sheet?.view ?? null;
  useEffect(() => {
    if (view !== null && !dialog.current?.open) dialog.current?.showModal();
    if (view === null && dialog.current?.open) {
      closesItself.current = true;
      dialog.current.close();
    }
  }, [view]);
  const close = () => {
    market.sheet.value = null;
  };
  return html`<dialog
    class="sheet"
    ref=${dialog}
    aria-labelledby="sheet-title"
    onClose=${() => {
      // Told late: meanwhile another sheet may have been asked for. Only what a person closed is put away here.
      if (!closesItself.current) close();
      closesItself.current = false;
    }}
    onClick=${(/** @type {MouseEvent} */ event) => event.target === dialog.current && close()}
  >
    ${sheet !== null &&
    html`<div class="sheet-head">
        <div>
          <h2 id="sheet-title">${sheet.view === "product" ? nameOf(market, sheet.productId) : titleOf(sheet.view)}</h2>
          ${sheet.view === "form" && html`<${Urgency} market=${market} offerId=${sheet.offerId} />`}
        </div>
        <button class="button button-quiet button-round" type="button" aria-label=${say("app.close")} onClick=${close}>✕</button>
      </div>
      <${Content} market=${market} sheet=${sheet} />`}
  </dialog>`;
}

/** @param {Exclude<import("./viewer_actions.js").Sheet["view"], "product">} view */
function titleOf(view) {
  return say({ shelf: "viewer.shelf", basket: "viewer.basket", orders: "viewer.my_orders", report: "viewer.report_title", address: "form.title", form: "form.title", claim: "form.title" }[view]);
}

/** What runs out while a form is filled in stays in sight. @param {{market: Market, offerId: string}} props */
function Urgency({ market, offerId }) {
  const offer = market.room.state.value.offers.find((each) => each.id === offerId);
  if (offer === undefined || offer.state !== "open") return null;
  return html`<p class="row small"><${Countdown} market=${market} offer=${offer} /><span>${stockWords(offer)}</span></p>`;
}

/**
 * @param {Market} market
 * @param {string} productId
 */
function nameOf(market, productId) {
  return market.room.state.value.products.find((product) => product.id === productId)?.name ?? say("viewer.a_product");
}

/** @param {{market: Market, sheet: import("./viewer_actions.js").Sheet}} props */
function Content({ market, sheet }) {
  if (sheet.view === "address") return html`<${AddressForm} market=${market} />`;
  if (sheet.view === "basket") return html`<${BasketSheet} market=${market} />`;
  if (sheet.view === "report") return html`<${ReportSheet} market=${market} />`;
  if (sheet.view === "claim") return html`<${ClaimForm} market=${market} claimId=${sheet.claimId} />`;
  if (sheet.view === "orders") return html`<${MyOrders} market=${market} />`;
  if (sheet.view === "shelf") {
    return html`<div class="stack">
      <button class="button button-secondary button-block" type="button" onClick=${() => (market.sheet.value = { view: "orders" })}>
        ${say("viewer.my_orders")}${market.ordering.receipts.value.length > 0 && ` · ${number(market.ordering.receipts.value.length)}`}
      </button>
      <${Shelf} market=${market} />
    </div>`;
  }
  const state = market.room.state.value;
  if (sheet.view === "product") {
    const shown = state.products.find((each) => each.id === sheet.productId);
    return shown ? html`<${ProductSheet} market=${market} product=${shown} />` : html`<p>${say("error.offer_not_found")}</p>`;
  }
  const offer = state.offers.find((each) => each.id === sheet.offerId);
  const product = state.products.find((each) => each.id === offer?.product_id);
  if (!offer || !product) return html`<p>${say("error.offer_not_found")}</p>`;
  const progress = market.ordering.progress.value[offer.id];
  const code = progress?.phase === "refused" ? progress.code : null;
  return html`<${OrderForm} key=${`${offer.id} ${code}`} market=${market} offer=${offer} product=${product} code=${code} />`;
}
