// What a basket would pay for its delivery by a rule that may not be saved yet; and the field for numbers of the forms around it.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { decimal, money } from "./format.js";
import { get } from "./http.js";
import { say } from "./page.js";
import { feeOf } from "./shipping.js";
import { Stepper } from "./stepper.js";

/** @typedef {{id: string, name: string, price_vnd: number, unit: string, weight_grams: number, is_active: boolean}} Weighed */

const GRAMS_PER_KILO = 1_000;
const MOST_UNITS = 99;

/** @type {Promise<readonly Weighed[]> | null} */
let asked = null;

function goods() {
  asked ??= (async () => {
    /** @type {import("./http.js").Answer<{items: Weighed[]}>} */
    const answer = await get("/api/v1/products");
    return answer.ok ? answer.value.items.filter((product) => product.is_active) : [];
  })();
  return asked;
}

/** @param {{rule: import("./protocol.js").ShippingRule | null}} props */
export function ShippingPreview({ rule }) {
  const [products, setProducts] = useState(/** @type {readonly Weighed[]} */ ([]));
  const [basket, setBasket] = useState(/** @type {Readonly<Record<string, number>>} */ ({}));
  useEffect(() => {
    void (async () => {
      const found = await goods();
      setProducts(found);
      if (found[0]) setBasket({ [found[0].id]: 1 });
    })();
  }, []);
  if (products.length === 0) return null;
  const lines = products.flatMap((product) => (basket[product.id] ? [{ product, quantity: basket[product.id] ?? 0 }] : []));
  const goodsVnd = lines.reduce((sum, { product, quantity }) => sum + quantity * product.price_vnd, 0);
  const grams = lines.reduce((sum, { product, quantity }) => sum + quantity * product.weight_grams, 0);
  const feeVnd = lines.length === 0 ? 0 : feeOf(rule, goodsVnd, grams);
  const toFreeVnd = feeVnd > 0 && rule !== null && rule.free_from_vnd !== null ? rule.free_from_vnd - goodsVnd : null;
  /** @param {Event} event */
  const add = (event) => {
    const select = /** @type {HTMLSelectElement} */ (event.currentTarget);
    if (select.value !== "") setBasket({ ...basket, [select.value]: 1 });
    select.value = "";
  };
  return html`<fieldset class="card shipping-preview stack stack-tight">
    <legend class="field-label">${say("host.shipping_try")}</legend>
    ${lines.map(
      ({ product, quantity }) => html`<div key=${product.id} class="row row-between">
        <span class="grow">${product.name} <span class="tiny soft">${product.unit} · ${decimal(product.weight_grams / GRAMS_PER_KILO)} kg</span></span>
        <${Stepper} value=${quantity} least=${0} most=${MOST_UNITS} label=${product.name}
          onChange=${(/** @type {number} */ value) => setBasket({ ...basket, [product.id]: value })} />
      </div>`,
    )}
    ${lines.length < products.length &&
    html`<select class="input" aria-label=${say("host.shipping_try_add")} onChange=${add}>
      <option value="">${say("host.shipping_try_add")}</option>
      ${products.filter((product) => !basket[product.id]).map((product) => html`<option key=${product.id} value=${product.id}>${product.name}</option>`)}
    </select>`}
    <p class="row row-between small"><span>${say("host.shipping_try_goods", { kilos: decimal(grams / GRAMS_PER_KILO) })}</span><span class="number">${money(goodsVnd)}</span></p>
    <p class="row row-between small"><span>${say("host.shipping")}</span><span class="number">${feeVnd > 0 ? money(feeVnd) : say("host.shipping_free")}</span></p>
    <p class="row row-between"><span>${say("host.shipping_try_total")}</span><strong class="number" aria-live="polite">${money(goodsVnd + feeVnd)}</strong></p>
    ${toFreeVnd !== null && html`<p class="tiny soft">${say("host.shipping_try_to_free", { amount: money(toFreeVnd) })}</p>`}
  </fieldset>`;
}

/**
 * @param {{id: string, label: string, value: number | null, least?: number, step?: number, isOptional?: boolean, onInput: (value: number | null) => void}} props
 */
export function NumberField({ id, label, value, least = 0, step = 1, isOptional = false, onInput }) {
  return html`<div class="field grow">
    <label class="field-label" for=${id}>${label}</label>
    <input class="input number" id=${id} type="number" inputmode="decimal" required=${!isOptional} min=${least} step=${step} value=${value ?? ""}
      onInput=${(/** @type {Event} */ event) => {
        const { valueAsNumber } = /** @type {HTMLInputElement} */ (event.currentTarget);
        onInput(Number.isNaN(valueAsNumber) ? null : valueAsNumber);
      }} />
  </div>`;
}
