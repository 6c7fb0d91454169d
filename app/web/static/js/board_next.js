// Zone "next": the run-down in its order, one tap to go on, one tap to pin any other.

import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";

import { money, number } from "./format.js";
import { say } from "./page.js";
import { StockForm, StockWords } from "./board_stock.js";
import { Picture } from "./parts.js";

/**
 * @typedef {import("./board_actions.js").BoardActions} BoardActions
 * @typedef {import("./protocol.js").ProductView} ProductView
 */

/** @param {{actions: BoardActions}} props */
export function NextZone({ actions }) {
  const { products, pinnedProductId } = actions.room.state.value;
  const place = products.findIndex((product) => product.id === pinnedProductId);
  const next = products[place + 1];
  const list = useRef(/** @type {HTMLOListElement | null} */ (null));
  useEffect(() => {
    const row = list.current?.querySelector('[aria-current="true"]');
    // Only the list scrolls, never the board.
    if (list.current && row instanceof HTMLElement) list.current.scrollTop = row.offsetTop - list.current.offsetTop - 60;
  }, [pinnedProductId]);
  return html`<section class="card zone zone-next stack" aria-labelledby="zone-next">
    <div class="row row-between">
      <h2 id="zone-next">${say("host.zone_next")}</h2>
      <span class="small soft number">${place >= 0 ? `${number(place + 1)}/${number(products.length)}` : number(products.length)}</span>
    </div>
    ${products.length === 0 && html`<p class="soft">${say("host.run_down_empty")}</p>`}
    ${next && actions.runs
      ? html`<button class="button button-secondary next-button" type="button" disabled=${actions.isBusy.value} onClick=${() => actions.next()}>
          <span class="next-words"><span class="small soft">${say("host.next")}</span><strong class="one-line">${next.name}</strong></span><span aria-hidden="true">→</span>
        </button>`
      : !next && products.length > 0 && html`<p class="small soft">${say("host.run_down_done")}</p>`}
    <ol class="run-down" role="list" ref=${list}>
      ${products.map((product) => html`<${RunDownRow} key=${product.id} actions=${actions} product=${product} isPinned=${product.id === pinnedProductId} />`)}
    </ol>
  </section>`;
}

/** @param {{actions: BoardActions, product: ProductView, isPinned: boolean}} props */
function RunDownRow({ actions, product, isPinned }) {
  const sold = actions.room.state.value.offers
    .filter((offer) => offer.product_id === product.id)
    .reduce((sum, offer) => ({ taken: sum.taken + offer.total_quantity - offer.remaining, total: sum.total + offer.total_quantity }), { taken: 0, total: 0 });
  const isChosen = actions.chosenId.value === product.id;
  return html`<li class=${isChosen ? "run-row is-chosen" : "run-row"} aria-current=${isPinned ? "true" : undefined}>
    <button class="run-choose" type="button" aria-pressed=${isChosen ? "true" : "false"} onClick=${() => (actions.chosenId.value = isChosen ? null : product.id)}>
      <${Picture} product=${product} />
      <span class="run-words">
        <span class="run-name">${product.name}</span>
        <${StockWords} actions=${actions} product=${product} />
        <span class="tiny soft">${product.code} · ${money(product.price_vnd)}${sold.total > 0 && ` · ${say("host.sold_of", { sold: number(sold.taken), total: number(sold.total) })}`}</span>
      </span>
    </button>
    ${actions.runs &&
    (isPinned
      ? html`<button class="button button-quiet" type="button" disabled=${actions.isBusy.value} onClick=${() => actions.pin(null)}>${say("host.unpin")}</button>`
      : html`<button class="button button-secondary" type="button" disabled=${actions.isBusy.value} aria-label=${`${say("host.pin")}: ${product.name}`} onClick=${() => actions.pin(product.id)}>${say("host.pin_short")}</button>`)}
    ${isChosen && actions.runs && html`<${StockForm} actions=${actions} product=${product} />`}
  </li>`;
}
