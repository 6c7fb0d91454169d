// Sales of a report broken down: the funnel, communes, offers with who waited, where orders came from, and who the buyers are.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { dateTime, decimal, money, number, timeOfDay } from "./format.js";
import { get } from "./http.js";
import { failureWords, language, say } from "./page.js";
import { labelOf } from "./report_figures.js";
import { SalesCells, SalesHeads, TotalCells } from "./report_sales.js";

/**
 * @typedef {import("./report_types.js").FunnelStep} FunnelStep
 * @typedef {import("./report_types.js").CommuneRow} CommuneRow
 * @typedef {import("./report_types.js").OfferRow} OfferRow
 * @typedef {import("./report_types.js").OfferEnd} OfferEnd
 * @typedef {import("./report_types.js").SourceRow} SourceRow
 * @typedef {import("./report_types.js").BuyerFigures} BuyerFigures
 * @typedef {import("./report_types.js").WithoutGoods} WithoutGoods
 */

const LAST_MINUTES = 5;

/** @param {{steps: readonly FunnelStep[]}} props */
export function Funnel({ steps }) {
  const most = Math.max(1, ...steps.map((step) => step.count ?? 0));
  const labels = Object.fromEntries(steps.map((step) => [step.name, labelOf(step)]));
  return html`<ol class="ladder" role="list">
    ${steps.map(
      (step) => html`<li class="ladder-step" key=${step.name}>
        <details class="funnel-name"><summary>${labelOf(step)}</summary><p class="small soft">${language === "en" ? step.definition_en : step.definition_vi}</p></details>
        <span class="number ladder-amount"><strong class=${step.count === null ? "soft" : ""}>${step.count === null ? say("report.funnel_unmeasured") : number(step.count)}</strong></span>
        ${step.count !== null && html`<progress class="stock-bar" max=${most} value=${step.count} aria-label=${labelOf(step)}></progress>`}
        ${step.percent !== null && step.per_step !== null && html`<span class="ladder-loss">${say("report.funnel_share", { percent: decimal(step.percent), of: labels[step.per_step] ?? "" })}</span>`}
      </li>`,
    )}
  </ol>`;
}

/** @param {{figures: BuyerFigures}} props */
export function Buyers({ figures }) {
  const rows = /** @type {const} */ ([["new", figures.new], ["returning", figures.returning], ["unknown", figures.unknown]]);
  return html`<div class="table-wrap" tabindex="0"><table class="table"><tbody>
      <tr class="total"><th scope="row">${say("report.buyers")}</th><td class="number">${number(figures.buyers)}</td></tr>
      ${rows.map(([name, count]) => (name !== "unknown" || count > 0) && html`<tr key=${name}><th scope="row">${say(`report.buyers_${name}`)}</th><td class="number">${number(count)}</td></tr>`)}
    </tbody></table></div>
    <p class="small soft">${language === "en" ? figures.definition_en : figures.definition_vi}</p>`;
}

/** @param {{rows: readonly CommuneRow[]}} props */
export function CommuneTable({ rows }) {
  return html`<div class="table-wrap" tabindex="0"><table class="table">
    <thead><tr><th scope="col">${say("report.column_commune")}</th><${SalesHeads} /><th class="number" scope="col">${say("report.column_producers")}</th></tr></thead>
    <tbody>
      <tr class="total"><th scope="row">${say("report.total")}</th><${TotalCells} rows=${rows} /><td class="number">${number(rows.reduce((sum, row) => sum + row.producers, 0))}</td></tr>
      ${rows.map(
        (row) => html`<tr key=${row.commune_code}>
          <th scope="row">${row.name}<span class="unit">${row.province_name}</span></th><${SalesCells} sales=${row.sales} /><td class="number">${number(row.producers)}</td>
        </tr>`,
      )}
    </tbody>
  </table></div>
  <p class="small soft">${say("report.orders_of_two")}</p>`;
}

/** @param {{rows: readonly SourceRow[], apart: WithoutGoods}} props */
export function SourceTable({ rows, apart }) {
  return html`<div class="table-wrap" tabindex="0"><table class="table">
    <thead><tr><th scope="col">${say("report.column_source")}</th><${SalesHeads} /></tr></thead>
    <tbody>
      <tr class="total"><th scope="row">${say("report.total")}</th><${TotalCells} rows=${rows} /></tr>
      ${rows.map((row) => html`<tr key=${row.source}><th scope="row">${labelOf(row)}</th><${SalesCells} sales=${row.sales} /></tr>`)}
    </tbody>
  </table></div>
  <p class="small soft">${say("report.source_rule")}</p>
  ${(apart.revenue_paid_vnd !== 0 || apart.revenue_refunded_vnd !== 0) && html`<p class="small soft">${say("report.without_goods", { paid: money(apart.revenue_paid_vnd), refunded: money(apart.revenue_refunded_vnd) })}</p>`}`;
}

/** @param {{sessionId: string, rows: readonly OfferRow[]}} props */
export function OfferTable({ sessionId, rows }) {
  return html`<div class="table-wrap" tabindex="0"><table class="table">
    <thead><tr>
      <th scope="col">${say("report.column_offer")}</th><${SalesHeads} />
      <th class="number" scope="col">${say("report.column_offered")}<span class="unit">${say("unit.pieces")}</span></th>
      <th class="number" scope="col">${say("report.column_left")}<span class="unit">${say("unit.pieces")}</span></th>
      <th scope="col">${say("report.column_last_minutes", { count: LAST_MINUTES })}</th>
    </tr></thead>
    <tbody>
      <tr class="total"><th scope="row">${say("report.total")}</th><${TotalCells} rows=${rows} /><td></td><td></td><td></td></tr>
      ${rows.map(
        (row) => html`<tr key=${row.offer_id ?? "shelf"}>
          <th scope="row">${row.product_name ?? say("report.sold_on_shelf")}${offerWords(row) !== "" && html`<span class="unit">${offerWords(row)}</span>`}</th>
          <${SalesCells} sales=${row.sales} />
          <td class="number">${row.units_offered === null ? "–" : number(row.units_offered)}</td>
          <td class="number">${row.units_remaining === null ? "–" : number(row.units_remaining)}</td>
          <td>${row.offer_id !== null && html`<${LastMinutes} sessionId=${sessionId} offerId=${row.offer_id} name=${row.product_name ?? ""} />`}</td>
        </tr>`,
      )}
    </tbody>
  </table></div>`;
}

/** @param {OfferRow} row */
function offerWords({ flash_price_vnd: price, starts_at: startsAt, ends_at: endsAt, state }) {
  if (price === null || startsAt === null) return "";
  const until = endsAt !== null && state === "ended" ? ` – ${timeOfDay(Date.parse(endsAt))}` : "";
  return `${money(price)} · ${dateTime(Date.parse(startsAt))}${until}`;
}

/** @param {{sessionId: string, offerId: string, name: string}} props */
function LastMinutes({ sessionId, offerId, name }) {
  const [words, setWords] = useState("");
  const look = async () => {
    setWords(say("app.loading"));
    /** @type {import("./http.js").Answer<OfferEnd>} */
    const answer = await get(`/api/v1/sessions/${sessionId}/report/offers/${offerId}/end?minutes=${LAST_MINUTES}`);
    if (!answer.ok) return setWords(failureWords(answer.failure));
    const { minutes } = answer.value;
    const lines = minutes.map((minute) => `${timeOfDay(Date.parse(minute.minute_at))}: ${say("ladder.step", { orders: number(minute.orders), amount: money(minute.revenue_vnd) })}`);
    return setWords(lines.length === 0 ? say("report.no_orders") : lines.join("; "));
  };
  if (words !== "") return html`<span class="small" role="status">${words}</span>`;
  return html`<button class="button button-quiet" type="button" aria-label=${say("report.last_minutes_of", { name })} onClick=${look}>${say("report.look")}</button>`;
}

/** Who waited for sold-out offers, and what was lost. @param {{rows: readonly OfferRow[]}} props */
export function WaitedTable({ rows }) {
  const names = /** @type {const} */ (["waiting", "called", "bought", "lapsed", "left"]);
  const shown = rows.filter(({ waited }) => waited.units_wanted > 0);
  return html`<div class="table-wrap" tabindex="0"><table class="table">
    <thead><tr>
      <th scope="col">${say("report.column_offer")}</th>
      ${names.map((name) => html`<th key=${name} class="number" scope="col">${say(`report.waited_${name}`)}<span class="unit">${say("unit.people")}</span></th>`)}
      <th class="number" scope="col">${say("report.waited_units_wanted")}<span class="unit">${say("unit.pieces")}</span></th>
      <th class="number" scope="col">${say("report.waited_units_lost")}<span class="unit">${say("unit.pieces")}</span></th>
    </tr></thead>
    <tbody>${shown.map(
      (row) => html`<tr key=${row.offer_id}>
        <th scope="row">${row.product_name}</th>
        ${names.map((name) => html`<td key=${name} class="number">${number(row.waited[name])}</td>`)}
        <td class="number">${number(row.waited.units_wanted)}</td><td class="number">${number(row.waited.units_lost)}</td>
      </tr>`,
    )}</tbody>
  </table></div>`;
}
