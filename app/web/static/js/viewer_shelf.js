// The shelf: all products of the session.

import { html } from "htm/preact";

import { poolOnShelf } from "./basket.js";
import { say } from "./page.js";
import { offerOf } from "./state.js";
import { BasketBar } from "./viewer_add.js";
import { ProductToOrder } from "./viewer_order.js";

/** @typedef {import("./viewer_actions.js").Market} Market */

/** All products of the session; what can be ordered now stands first. @param {{market: Market}} props */
export function Shelf({ market }) {
  const state = market.room.state.value;
  const { products, offers } = state;
  if (products.length === 0) return html`<p class="empty">${say("viewer.shelf_empty")}</p>`;
  const rows = products.map((product) => ({ product, offer: offerOf(offers, product.id) }));
  /** @param {(typeof rows)[number]} row */
  const rank = ({ product, offer }) => {
    if (offer?.state === "open") return offer.remaining > 0 ? 0 : 3;
    if ((poolOnShelf(state, product.id)?.left ?? 0) > 0) return 1;
    return offer?.state === "scheduled" ? 2 : 4;
  };
  rows.sort((one, other) => rank(one) - rank(other));
  return html`<div class="stack"><ul class="shelf" role="list">
    ${rows.map(
      ({ product, offer }) => html`<li key=${product.id} class="shelf-item" data-product=${product.code}>
        <${ProductToOrder} market=${market} product=${product} offer=${offer} />
      </li>`,
    )}
  </ul><${BasketBar} market=${market} /></div>`;
}
