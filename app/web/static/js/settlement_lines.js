// The lines of a settlement, order by order; each opens the ledger's entries that it comes from.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { dateTime, money, number } from "./format.js";
import { get } from "./http.js";
import { failureWords, say } from "./page.js";

/**
 * @typedef {import("./settlement_types.js").SettlementView} SettlementView
 * @typedef {import("./settlement_types.js").LineView} LineView
 * @typedef {import("./settlement_types.js").OrderSteps} OrderSteps
 */

const OF_ORDER = ["shipping", "carrier_fee", "direct_goods", "direct_shipping"];

/** @param {{path: string, view: SettlementView, onMore: () => Promise<void>}} props */
export function Lines({ path, view, onMore }) {
  return html`<section class="card card-roomy stack" aria-labelledby="lines">
    <h2 class="heading-20" id="lines">${say("settlement.lines", { count: number(view.line_count) })}</h2>
    ${view.line_count === 0 && html`<p class="soft">${say("settlement.no_lines")}</p>`}
    ${view.lines.map((line) => html`<${Line} key=${`${line.order_id}-${line.entries[0] ?? ""}`} path=${path} line=${line} />`)}
    ${view.next_line !== null && html`<div class="row"><button class="button button-secondary" type="button" onClick=${() => void onMore()}>${say("settlement.more")}</button></div>`}
  </section>`;
}

/** @param {{path: string, line: LineView}} props */
function Line({ path, line }) {
  const [steps, setSteps] = useState(/** @type {OrderSteps | null} */ (null));
  const [problem, setProblem] = useState("");
  const net = line.goods.reduce((sum, good) => sum + (good.vnd["net"] ?? 0), 0);
  /** @param {Event} event */
  const open = async (event) => {
    if (!(event.currentTarget instanceof HTMLDetailsElement) || !event.currentTarget.open || steps !== null) return;
    /** @type {import("./http.js").Answer<OrderSteps>} */
    const answer = await get(`${path}/orders/${line.order_id}`);
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (answer.ok) setSteps(answer.value);
  };
  return html`<details class="settlement-line" onToggle=${open}>
    <summary><strong>${line.order_code}</strong> <span class="soft">${line.goods.map((good) => `${good.product_name} (${number(good.units["delivered"] ?? good.units["placed"] ?? 0)} ${good.unit})`).join(", ")}</span> <span class="settlement-net">${money(net)}</span></summary>
    <div class="settlement-table"><table>
      <thead><tr><th scope="col">${say("settlement.product")}</th><th scope="col">${say("settlement.what")}</th><th scope="col">${say("settlement.units")}</th><th scope="col">${say("settlement.amount")}</th></tr></thead>
      <tbody>
        ${line.goods.flatMap((good) =>
          Object.entries(good.vnd).map(
            ([name, vnd]) => html`<tr key=${`${good.product_id}-${good.unit_price_vnd}-${name}`}><td>${good.product_name}</td><td>${say(`settlement.figure_${name}`)}</td><td>${name in good.units ? number(good.units[name] ?? 0) : ""}</td><td>${money(vnd)}</td></tr>`,
          ),
        )}
        ${OF_ORDER.filter((name) => line.order_vnd[name]).map((name) => html`<tr key=${name}><td></td><td>${say(`settlement.order_${name}`)}</td><td></td><td>${money(line.order_vnd[name] ?? 0)}</td></tr>`)}
      </tbody>
    </table></div>
    ${problem !== "" && html`<p class="small" role="alert">${problem}</p>`}
    ${steps !== null && html`<h3 class="heading-16">${say("settlement.entries", { title: steps.session_title })}</h3>
      <ol class="settlement-steps" role="list">
        ${steps.steps.map(
          (step) => html`<li key=${step.seq} class=${line.entries.includes(step.seq) ? "settlement-step settlement-step-new" : "settlement-step"}>
            <strong>#${number(step.seq)}</strong> ${say(`desk.state_${step.kind}`)} · ${dateTime(step.at_ms)} · ${money(step.goods_vnd + step.money_vnd)}
            <span class="small soft settlement-hash">${step.hash}</span>
          </li>`,
        )}
      </ol>`}
  </details>`;
}
