// What rises over the page: the shelf, the order form, one's own orders.

import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";

import { ago, money, number } from "./format.js";
import { say } from "./page.js";
import { offerOf } from "./state.js";
import { OrderForm } from "./viewer_form.js";
import { ProductToOrder } from "./viewer_order.js";

/**
 * @typedef {import("./viewer_actions.js").Market} Market
 * @typedef {import("./protocol.js").ProductView} ProductView
 */

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
        <h2 id="sheet-title">${titleOf(sheet.view)}</h2>
        <button class="button button-quiet button-round" type="button" aria-label=${say("app.close")} onClick=${close}>✕</button>
      </div>
      <${Content} market=${market} sheet=${sheet} />`}
  </dialog>`;
}

/** @param {"shelf" | "orders" | "form"} view */
function titleOf(view) {
  return say({ shelf: "viewer.shelf", orders: "viewer.my_orders", form: "form.title" }[view]);
}

/** @param {{market: Market, sheet: import("./viewer_actions.js").Sheet}} props */
function Content({ market, sheet }) {
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
  const offer = state.offers.find((each) => each.id === sheet.offerId);
  const product = state.products.find((each) => each.id === offer?.product_id);
  if (!offer || !product) return html`<p>${say("error.offer_not_found")}</p>`;
  const progress = market.ordering.progress.value[offer.id];
  const code = progress?.phase === "refused" ? progress.code : null;
  return html`<${OrderForm} key=${`${offer.id} ${code}`} market=${market} offer=${offer} product=${product} quantity=${sheet.quantity} code=${code} />`;
}

/** All products of the session; what can be ordered now stands first. @param {{market: Market}} props */
export function Shelf({ market }) {
  const { products, offers } = market.room.state.value;
  if (products.length === 0) return html`<p class="empty">${say("viewer.shelf_empty")}</p>`;
  const rows = products.map((product) => ({ product, offer: offerOf(offers, product.id) }));
  /** @param {(typeof rows)[number]} row */
  const rank = ({ offer }) => (offer?.state === "open" ? (offer.remaining > 0 ? 0 : 1) : offer?.state === "scheduled" ? 2 : 3);
  rows.sort((one, other) => rank(one) - rank(other));
  return html`<ul class="shelf" role="list">
    ${rows.map(
      ({ product, offer }) => html`<li key=${product.id} class="shelf-item" data-product=${product.code}>
        <${ProductToOrder} market=${market} product=${product} offer=${offer} />
      </li>`,
    )}
  </ul>`;
}

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
