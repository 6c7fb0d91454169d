// Which products come on air, and in which order: chosen from the catalogue, moved up and down by buttons.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { money, number } from "./format.js";
import { say } from "./page.js";
import { folded } from "./place_search.js";

/** @typedef {import("./session_form.js").CatalogueProduct} CatalogueProduct */

/**
 * The list with one item a place further up or down.
 * @param {readonly string[]} ids
 * @param {number} place
 * @param {-1 | 1} step
 */
function moved(ids, place, step) {
  const other = place + step;
  const [one, two] = [ids[place], ids[other]];
  if (one === undefined || two === undefined) return ids;
  return ids.map((id, index) => (index === place ? two : index === other ? one : id));
}

/** @typedef {import("./session_form.js").Stock} Stock */
/**
 * @param {{catalogue: readonly CatalogueProduct[] | null, chosen: readonly string[], onChange: (ids: readonly string[]) => void,
 *   stock: Stock, onStock: (stock: Stock) => void}} props
 */
export function RunDownChoice({ catalogue, chosen, onChange, stock, onStock }) {
  const [search, setSearch] = useState("");
  const shown = (catalogue ?? []).filter((product) => folded(`${product.name} ${product.producer_name}`).includes(folded(search)));
  /** @param {string} id */
  const toggle = (id) => onChange(chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id]);
  return html`<fieldset class="product-choice stack stack-tight">
    <legend class="field-label">${say("host.field_products")} · ${say("host.products_chosen", { count: number(chosen.length) })}</legend>
    ${chosen.length > 0 && html`<${Order} catalogue=${catalogue ?? []} chosen=${chosen} onChange=${onChange} stock=${stock} onStock=${onStock} />`}
    <input class="input" type="search" aria-label=${say("host.product_search")} placeholder=${say("host.product_search")} value=${search}
      onInput=${(/** @type {Event} */ event) => setSearch(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />
    <div class="product-choices">
      ${catalogue !== null && catalogue.length === 0 && html`<p class="soft">${say("host.products_none")}</p>`}
      ${shown.map(
        (product) => html`<label key=${product.id} class="product-option">
          <input type="checkbox" checked=${chosen.includes(product.id)} onChange=${() => toggle(product.id)} />
          <span class="grow"><span>${product.name}</span><span class="unit">${product.producer_name} · ${product.unit}</span></span>
          <span class="number small">${money(product.price_vnd)}</span>
        </label>`,
      )}
    </div>
  </fieldset>`;
}

/**
 * The run-down in its order, each with the units that there are of it.
 * @param {{catalogue: readonly CatalogueProduct[], chosen: readonly string[], onChange: (ids: readonly string[]) => void,
 *   stock: Stock, onStock: (stock: Stock) => void}} props
 */
function Order({ catalogue, chosen, onChange, stock, onStock }) {
  return html`<ol class="chosen-order" role="list" aria-label=${say("host.run_down")}>
    ${chosen.map((id, place) => {
      const name = catalogue.find((product) => product.id === id)?.name ?? say("viewer.a_product");
      return html`<li key=${id} class="row chosen-row">
        <span class="number soft chosen-place">${number(place + 1)}</span>
        <span class="grow">${name}</span>
        <input class="input number chosen-stock" type="number" inputmode="numeric" min="0" max="1000000" step="1" placeholder=${say("host.stock_short")}
          aria-label=${`${say("host.stock_units")}: ${name}`} value=${stock[id] ?? ""}
          onInput=${(/** @type {Event} */ event) => {
            const units = /** @type {HTMLInputElement} */ (event.currentTarget).valueAsNumber;
            const { [id]: _, ...others } = stock;
            onStock(Number.isInteger(units) ? { ...others, [id]: units } : others);
          }} />
        <button class="button button-quiet" type="button" aria-label=${say("host.move_up", { product: name })} disabled=${place === 0} onClick=${() => onChange(moved(chosen, place, -1))}>↑</button>
        <button class="button button-quiet" type="button" aria-label=${say("host.move_down", { product: name })} disabled=${place === chosen.length - 1} onClick=${() => onChange(moved(chosen, place, 1))}>↓</button>
      </li>`;
    })}
  </ol>`;
}
