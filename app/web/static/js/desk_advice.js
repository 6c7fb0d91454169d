// What comes of orders by product, from the organisation's own sessions: how many are refused, and how many to take beyond the stock.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { number } from "./format.js";
import { get } from "./http.js";
import { failureWords, say } from "./page.js";

/**
 * @typedef {import("./desk_work_types.js").Advice} Advice
 * @typedef {import("./desk_work_types.js").ProductAdvice} ProductAdvice
 */

/** Folded up; read anew each time it is opened. */
export function ExtraOrders() {
  const [advice, setAdvice] = useState(/** @type {Advice | null} */ (null));
  const [problem, setProblem] = useState("");
  /** @param {Event} event */
  const toggled = async (event) => {
    if (!(/** @type {HTMLDetailsElement} */ (event.currentTarget).open)) return;
    /** @type {import("./http.js").Answer<Advice>} */
    const answer = await get("/api/v1/desk/advice");
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (answer.ok) setAdvice(answer.value);
  };
  return html`<details class="card desk-advice" onToggle=${toggled}>
    <summary>${say("desk.extra")}</summary>
    ${problem !== "" && html`<p class="field-error" role="alert">${problem}</p>`}
    ${advice === null && problem === "" && html`<p class="small soft">${say("app.loading")}</p>`}
    ${advice !== null && html`<${Table} advice=${advice} />`}
  </details>`;
}

/** @param {{advice: Advice}} props */
function Table({ advice }) {
  if (advice.products.length === 0) return html`<p class="small soft">${say("desk.extra_none")}</p>`;
  return html`<p class="small soft">${say("desk.extra_how", { count: number(advice.orders_needed) })}</p>
    <div class="desk-advice-table" tabindex="0" role="region" aria-label=${say("desk.extra")}><table>
      <thead><tr><th scope="col">${say("desk.extra_product")}</th><th scope="col" class="number">${say("desk.extra_decided")}</th><th scope="col" class="number">${say("desk.extra_kept")}</th><th scope="col" class="number">${say("desk.extra_lost")}</th><th scope="col" class="number">${say("desk.extra_more")}</th></tr></thead>
      <tbody>${advice.products.map((product) => html`<tr key=${product.product_id}>
        <th scope="row">${product.name}</th><td class="number">${number(product.placed_orders)}</td><td class="number">${number(product.kept_orders)}</td>
        <td class="number">${product.placed_orders < advice.orders_needed ? "–" : `${number(lostPercent(product))} %`}</td>
        <td class="number">${product.extra_percent === null ? say("desk.extra_too_few") : `+${number(product.extra_percent)} %`}</td>
      </tr>`)}</tbody>
    </table></div>`;
}

/** Of a hundred orders, how many come to nothing. @param {ProductAdvice} product */
function lostPercent({ placed_orders: placed, kept_orders: kept }) {
  return Math.round((100 * (placed - kept)) / placed);
}
