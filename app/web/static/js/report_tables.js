// Tables of a report: per producer, imported counts, and the proof that ledger, figures and stock agree.

import { html } from "htm/preact";

import { dateTime, duration, money, number } from "./format.js";
import { say } from "./page.js";
import { labelOf, SourceMark } from "./report_figures.js";
import { SalesCells, SalesHeads, TotalCells, unitOf } from "./report_sales.js";

/**
 * @typedef {import("./report_types.js").ProducerRow} ProducerRow
 * @typedef {import("./report_types.js").OutsideFigures} OutsideFigures
 * @typedef {import("./report_types.js").Reconciliation} Reconciliation
 */

/** @typedef {import("./report_types.js").ModerationFigures} ModerationFigures */

/** @param {{rows: readonly ProducerRow[]}} props */
export function ProducerTable({ rows }) {
  if (rows.length === 0) return html`<p class="soft">${say("report.no_products")}</p>`;
  return html`<div class="table-wrap" tabindex="0"><table class="table">
    <thead><tr>
      <th scope="col">${say("report.column_producer")}</th>
      <${SalesHeads} />
      <th class="number" scope="col">${say("report.column_products")}</th>
    </tr></thead>
    <tbody>
      <tr class="total">
        <th scope="row">${say("report.total")}</th>
        <${TotalCells} rows=${rows} />
        <td class="number">${number(rows.reduce((total, row) => total + row.products, 0))}</td>
      </tr>
      ${rows.map(
        (row) => html`<tr key=${row.producer_id}>
          <th scope="row">${row.name}<span class="unit">${say(`producer.${row.kind}`)} · ${row.commune_name}</span></th>
          <${SalesCells} sales=${row.sales} />
          <td class="number">${number(row.products)}</td>
        </tr>`,
      )}
    </tbody>
  </table></div>`;
}

/** @param {{rows: readonly OutsideFigures[]}} props */
export function OutsideTable({ rows }) {
  return html`<div class="table-wrap" tabindex="0"><table class="table">
    <thead><tr>
      <th scope="col">${say("report.column_platform")}</th>
      <th class="number" scope="col">${say("report.column_outside_last")}${unitOf("unit.people")}</th>
      <th class="number" scope="col">${say("report.column_outside_peak")}${unitOf("unit.people")}</th>
      <th scope="col">${say("report.column_observed")}</th>
    </tr></thead>
    <tbody>
      ${rows.map(
        (row) => html`<tr key=${row.source}>
          <th scope="row">${say(`host.platform_${row.source}`)} <${SourceMark} source="imported" /></th>
          <td class="number">${number(row.outside_viewers)}</td>
          <td class="number">${number(row.outside_viewers_peak)}</td>
          <td>${dateTime(Date.parse(row.observed_at))}</td>
        </tr>`,
      )}
    </tbody>
  </table></div>`;
}

/** @param {{proof: Reconciliation}} props */
export function Proof({ proof }) {
  const wrong = proof.checks.filter((check) => !check.ok);
  return html`<div class="stack">
    <p class=${proof.ok ? "notice notice-good" : "notice notice-danger"}>
      ${proof.ok ? say("report.ledger_matches", { count: number(proof.ledger_last_seq) }) : say("report.ledger_differs")}
    </p>
    <details open=${wrong.length > 0}>
      <summary>${say("report.checks", { count: number(proof.checks.length) })}</summary>
      <div class="table-wrap" tabindex="0"><table class="table">
        <thead><tr>
          <th scope="col">${say("report.column_check")}</th>
          <th class="number" scope="col">${say("report.column_expected")}</th>
          <th class="number" scope="col">${say("report.column_found")}</th>
          <th scope="col"><span class="visually-hidden">${say("report.column_result")}</span></th>
        </tr></thead>
        <tbody>
          ${[...wrong, ...proof.checks.filter((check) => check.ok)].map(
            (check) => html`<tr key=${`${check.name}${check.subject_id ?? ""}`}>
              <th scope="row">${labelOf(check)}${check.subject && html`<span class="unit">${check.subject}</span>`}</th>
              <td class="number">${check.name.endsWith("_vnd") ? money(check.expected) : number(check.expected)}</td>
              <td class="number">${check.name.endsWith("_vnd") ? money(check.found) : number(check.found)}</td>
              <td><span class=${check.ok ? "badge badge-good" : "badge badge-loss"}>${say(check.ok ? "report.check_ok" : "report.check_wrong")}</span></td>
            </tr>`,
          )}
        </tbody>
      </table></div>
    </details>
  </div>`;
}

const MODERATION_ROWS = /** @type {const} */ (["hidden_by_staff", "held_by_rules", "restored", "said_unheard", "mutes", "bans"]);

/** How the room was kept clean. @param {{figures: ModerationFigures}} props */
export function ModerationTable({ figures }) {
  const seconds = figures.median_seconds_to_hide;
  return html`<div class="table-wrap" tabindex="0"><table class="table"><tbody>
    ${MODERATION_ROWS.map((name) => html`<tr key=${name}><th scope="row">${say(`report.moderation_${name}`)}</th><td class="number">${number(figures[name])}</td></tr>`)}
    <tr><th scope="row">${say("report.moderation_median")}</th><td class="number">${seconds === null ? "–" : duration(Math.round(seconds))}</td></tr>
  </tbody></table></div>`;
}
