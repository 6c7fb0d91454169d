// Columns of sales that the tables of a report share, and the table of products, which is sorted by any of them.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { number } from "./format.js";
import { KINDS } from "./ledger_kinds.js";
import { say } from "./page.js";

/**
 * @typedef {import("./report_types.js").ProductRow} ProductRow
 * @typedef {import("./report_types.js").Sales} Sales
 */

const SALES_COLUMNS = /** @type {const} */ ([
  ["revenue_placed_vnd", "report.column_revenue", "unit.vnd"],
  ["orders_placed", "report.column_orders", "unit.orders"],
  ["units_placed", "report.column_units", "unit.pieces"],
  ["revenue_cancelled_vnd", "report.column_cancelled", "unit.vnd"],
  ["net", "report.column_net", "unit.vnd"],
]);

/**
 * A figure of a row of sales; `net` is what was placed and changed, without what was cancelled, expired or came back.
 * @param {Sales} sales
 * @param {string} name
 */
export function salesFigure(sales, name) {
  if (name !== "net") return sales[name] ?? 0;
  const gone = Object.entries(KINDS).reduce((total, [kind, { ends }]) => total + (ends ? (sales[`revenue_${kind}_vnd`] ?? 0) : 0), 0);
  return (sales["revenue_placed_vnd"] ?? 0) + (sales["revenue_changed_vnd"] ?? 0) - gone - (sales["revenue_returned_vnd"] ?? 0);
}

/** @param {readonly {sales: Sales}[]} rows @param {string} name */
function sum(rows, name) {
  return rows.reduce((total, row) => total + salesFigure(row.sales, name), 0);
}

/** @param {string} key */
export function unitOf(key) {
  return html`<span class="unit">${say(key)}</span>`;
}

export function SalesHeads() {
  return SALES_COLUMNS.map(([, title, unit]) => html`<th class="number" scope="col">${say(title)}${unitOf(unit)}</th>`);
}

/** @param {{sales: Sales}} props */
export function SalesCells({ sales }) {
  return SALES_COLUMNS.map(([name]) => html`<td class="number">${number(salesFigure(sales, name))}</td>`);
}

/** @param {{rows: readonly {sales: Sales}[]}} props */
export function TotalCells({ rows }) {
  return SALES_COLUMNS.map(([name]) => html`<td class="number">${number(sum(rows, name))}</td>`);
}

/** @param {ProductRow} row @param {string} by */
function sortKey(row, by) {
  if (by === "units_offered" || by === "units_remaining") return row[by];
  return salesFigure(row.sales, by);
}

/** @param {{rows: readonly ProductRow[]}} props */
export function ProductTable({ rows }) {
  const [by, setBy] = useState("revenue_placed_vnd");
  const [isDown, setIsDown] = useState(true);
  if (rows.length === 0) return html`<p class="soft">${say("report.no_products")}</p>`;
  const sorted = [...rows].sort((one, other) => (sortKey(one, by) - sortKey(other, by)) * (isDown ? -1 : 1));
  const sold = sorted.filter((row) => row.sales["orders_placed"]);
  const unsold = sorted.filter((row) => !row.sales["orders_placed"]);
  const columns = /** @type {[string, string, string][]} */ ([...SALES_COLUMNS, ["units_offered", "report.column_offered", "unit.pieces"], ["units_remaining", "report.column_left", "unit.pieces"]]);
  /** @param {string} name */
  const sort = (name) => {
    setIsDown(by === name ? !isDown : true);
    setBy(name);
  };
  return html`<div class="table-wrap" tabindex="0"><table class="table">
      <thead><tr>
        <th scope="col">${say("report.column_product")}</th>
        ${columns.map(
          ([name, title, unit]) => html`<th key=${name} class="number" scope="col" aria-sort=${by === name ? (isDown ? "descending" : "ascending") : "none"}>
            <button class="sort-button" type="button" onClick=${() => sort(name)}>${say(title)}<span aria-hidden="true">${by === name ? (isDown ? " ↓" : " ↑") : ""}</span></button>${unitOf(unit)}
          </th>`,
        )}
      </tr></thead>
      <tbody>
        <tr class="total">
          <th scope="row">${say("report.total")}</th>
          <${TotalCells} rows=${rows} />
          <td class="number">${number(rows.reduce((total, row) => total + row.units_offered, 0))}</td>
          <td class="number">${number(rows.reduce((total, row) => total + row.units_remaining, 0))}</td>
        </tr>
        ${sold.map(productLine)}
      </tbody>
    </table></div>
    ${unsold.length > 0 && html`<details><summary>${say("report.unsold", { count: number(unsold.length) })}</summary><p class="small">${unsold.map((row) => row.name).join(" · ")}</p></details>`}
    <p class="small soft">${say("report.net_rule")}</p>`;
}

/** @param {ProductRow} row */
function productLine(row) {
  return html`<tr key=${row.product_id}>
    <th scope="row">${row.name}<span class="unit">${[row.code, row.producer_name].filter(Boolean).join(" · ")}</span></th>
    <${SalesCells} sales=${row.sales} />
    <td class="number">${number(row.units_offered)}</td>
    <td class="number">${number(row.units_remaining)}</td>
  </tr>`;
}
