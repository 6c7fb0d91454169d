// The figures of a programme: overview with definitions, both figures, late corrections, weeks and months.

import { html } from "htm/preact";

import { money, number } from "./format.js";
import { say } from "./page.js";
import { changeOf, dayOf, daysOf, monthOf, shownOf } from "./programme_words.js";
import { Headline, labelOf } from "./report_figures.js";

/**
 * @typedef {import("./programme_types.js").ProgrammeReport} ProgrammeReport
 * @typedef {import("./programme_types.js").Definition} Definition
 * @typedef {import("./programme_types.js").PeriodRow} PeriodRow
 */

const OVERVIEW = /** @type {const} */ (["net_vnd", "placed_vnd", "delivered_vnd", "orders_placed", "session_buyers", "unique_viewers", "views", "session_unique_viewers"]);
const BOTH = /** @type {const} */ (["placed_vnd", "confirmed_vnd", "delivered_vnd", "paid_vnd", "net_vnd"]);

/** @param {{report: ProgrammeReport}} props */
export function Figures({ report }) {
  /** @type {Record<string, number | null>} */
  const values = { ...report.sales, ...(report.audience.measured_sessions > 0 ? report.audience : {}) };
  const metrics = report.definitions
    .filter((each) => OVERVIEW.some((name) => name === each.name))
    .sort((one, other) => OVERVIEW.findIndex((name) => name === one.name) - OVERVIEW.findIndex((name) => name === other.name))
    .map((each) => ({ ...each, value: values[each.name] ?? null, unit: each.name.endsWith("_vnd") ? "vnd" : "count", formula_vi: "", window: "", window_vi: "" }));
  return html`<${Headline} metrics=${metrics} />
    ${report.audience.measured_sessions > 0 && html`<p class="small soft">${say("programme.measured", { count: number(report.audience.measured_sessions) })}</p>`}`;
}

/** @param {{both: NonNullable<ProgrammeReport["both"]>, definitions: readonly Definition[]}} props */
export function Both({ both, definitions }) {
  return html`<div class="table-wrap" tabindex="0"><table class="table">
    <thead><tr>
      <th scope="col">${say("programme.column_step")}</th>
      <th class="number" scope="col">${say("programme.column_closing")}</th>
      <th class="number" scope="col">${say("programme.column_now")}</th>
      <th class="number" scope="col">${say("programme.column_change")}</th>
    </tr></thead>
    <tbody>
      ${BOTH.map((name) => {
        const meaning = definitions.find((each) => each.name === name);
        return html`<tr key=${name}>
          <th scope="row">${meaning === undefined ? name : labelOf(meaning)}</th>
          <td class="number">${money(both.at_closing[name])}</td>
          <td class="number">${money(both.now[name])}</td>
          <td class="number">${changeOf(both.now[name] - both.at_closing[name])}</td>
        </tr>`;
      })}
    </tbody>
  </table></div>`;
}

/** @param {{rows: ProgrammeReport["late"]}} props */
export function Late({ rows }) {
  if (rows.length === 0) return html`<p class="small soft">${say("programme.no_late")}</p>`;
  return html`<details>
    <summary>${say("programme.late", { count: number(rows.reduce((total, row) => total + row.orders, 0)) })}</summary>
    <div class="table-wrap" tabindex="0"><table class="table">
      <thead><tr>
        <th scope="col">${say("programme.column_day")}</th>
        <th scope="col">${say("programme.column_what")}</th>
        <th class="number" scope="col">${say("report.column_orders")}</th>
        <th class="number" scope="col">${say("programme.column_amount")}</th>
      </tr></thead>
      <tbody>
        ${rows.map(
          (row) => html`<tr key=${`${row.happened_on} ${row.kind}`}>
            <th scope="row">${dayOf(row.happened_on)}</th><td>${labelOf(row)}</td>
            <td class="number">${number(row.orders)}</td><td class="number">${money(row.amount_vnd)}</td>
          </tr>`,
        )}
      </tbody>
    </table></div>
  </details>`;
}

/** @param {{rows: readonly PeriodRow[], isByMonth?: boolean}} props */
export function Periods({ rows, isByMonth = false }) {
  if (rows.length === 0) return html`<p class="soft">${say("programme.no_sales")}</p>`;
  return html`<div class="table-wrap" tabindex="0"><table class="table">
    <thead><tr>
      <th scope="col">${say(isByMonth ? "programme.column_month" : "programme.column_week")}</th>
      <th class="number" scope="col">${say("programme.column_sessions")}</th>
      <th class="number" scope="col">${say("report.column_orders")}</th>
      <th class="number" scope="col">${say("report.column_revenue")}</th>
      <th class="number" scope="col">${say("programme.column_net")}</th>
    </tr></thead>
    <tbody>
      ${rows.map(
        (row) => html`<tr key=${row.first_day}>
          <th scope="row">${isByMonth ? monthOf(row.first_day) : daysOf(row.first_day, row.last_day)}</th>
          <td class="number">${number(row.sessions)}</td>
          <td class="number">${shownOf(row.sales?.orders_placed)}</td>
          <td class="number">${shownOf(row.sales?.placed_vnd, money)}</td>
          <td class="number">${shownOf(row.sales?.net_vnd, money)}</td>
        </tr>`,
      )}
    </tbody>
  </table></div>`;
}
