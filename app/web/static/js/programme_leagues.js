// League tables of a programme: communes, youth-union units or producers, ordered by a figure that one chooses.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { decimal, money, number } from "./format.js";
import { get } from "./http.js";
import { failureWords, language, say } from "./page.js";
import { changeOf } from "./programme_words.js";
import { labelOf } from "./report_figures.js";

/**
 * @typedef {import("./programme_types.js").League} League
 * @typedef {import("./programme_types.js").LeagueBy} LeagueBy
 * @typedef {import("./programme_types.js").LeagueOrder} LeagueOrder
 * @typedef {import("./programme_types.js").LeagueRow} LeagueRow
 */

const TABLES = /** @type {const} */ (["commune", "unit", "producer"]);
/** @type {Record<LeagueBy, readonly LeagueOrder[]>} */
const ORDERS = {
  commune: ["net_vnd", "net_per_session_vnd", "buyers_per_unique_viewer_percent", "lost_per_order_placed_percent", "returned_per_order_delivered_percent"],
  unit: ["net_vnd", "net_per_session_vnd", "buyers_per_unique_viewer_percent", "lost_per_order_placed_percent", "returned_per_order_delivered_percent"],
  producer: ["kept_vnd", "lost_per_order_placed_percent", "returned_per_order_delivered_percent"],
};

/** @param {{path: string}} props */
export function Leagues({ path }) {
  const [by, setBy] = useState(/** @type {LeagueBy} */ ("commune"));
  const [order, setOrder] = useState(/** @type {LeagueOrder} */ ("net_vnd"));
  const [league, setLeague] = useState(/** @type {League | null} */ (null));
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let isWanted = true;
    void get(`${path}/leagues/${by}?order=${order}`).then((answer) => {
      // whoever chose another table meanwhile does not get this one
      if (!isWanted) return;
      setProblem(answer.ok ? "" : failureWords(answer.failure));
      if (answer.ok) setLeague(/** @type {League} */ (answer.value));
    });
    return () => {
      isWanted = false;
    };
  }, [path, by, order]);
  /** @param {LeagueBy} table */
  const choose = (table) => {
    setBy(table);
    if (!ORDERS[table].includes(order)) setOrder(/** @type {LeagueOrder} */ (ORDERS[table][0]));
  };
  return html`<div class="stack">
    <div class="row no-print" role="group" aria-label=${say("programme.leagues")}>
      ${TABLES.map((each) => html`<button key=${each} class="chip" type="button" aria-pressed=${each === by ? "true" : "false"} onClick=${() => choose(each)}>${say(`programme.league_${each}`)}</button>`)}
    </div>
    <label class="field no-print"><span class="field-label">${say("programme.ordered_by")}</span>
      <select class="input" value=${order} onChange=${(/** @type {Event} */ event) => setOrder(/** @type {LeagueOrder} */ (/** @type {HTMLSelectElement} */ (event.currentTarget).value))}>
        ${ORDERS[by].map((each) => html`<option key=${each} value=${each} selected=${each === order}>${wordsOf(league, each)}</option>`)}
      </select>
    </label>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    ${league === null ? problem === "" && html`<p class="soft">${say("app.loading")}</p>` : html`<${Table} league=${league} />`}
  </div>`;
}

/** @param {League | null} league @param {string} name */
function wordsOf(league, name) {
  const meaning = league?.definitions.find((each) => each.name === name);
  return meaning === undefined ? say("app.loading") : labelOf(meaning);
}

/** @param {{league: League}} props */
function Table({ league }) {
  if (league.rows.length === 0) return html`<p class="soft">${say("programme.no_sales")}</p>`;
  const amount = league.by === "producer" ? /** @type {const} */ ("kept_vnd") : /** @type {const} */ ("net_vnd");
  const rates = ORDERS[league.by].filter((each) => each !== amount);
  const shown = league.definitions.filter((each) => each.name === amount || rates.some((rate) => rate === each.name));
  return html`<p class="print-only"><strong>${say(`programme.league_${league.by}`)}</strong></p>
    <div class="table-wrap" tabindex="0"><table class="table">
      <thead><tr>
        <th class="number" scope="col">${say("programme.column_rank")}</th>
        <th scope="col">${say(`programme.league_${league.by}`)}</th>
        <th class="number" scope="col">${say("programme.column_sessions")}</th>
        <th class="number" scope="col">${say("report.column_orders")}</th>
        <th class="number" scope="col">${wordsOf(league, amount)}</th>
        ${rates.map((rate) => html`<th key=${rate} class="number" scope="col">${wordsOf(league, rate)}</th>`)}
        <th class="number" scope="col">${say("programme.column_since_closing")}</th>
      </tr></thead>
      <tbody>${league.rows.map((row) => html`<${Row} key=${row.group_id ?? ""} row=${row} by=${league.by} amount=${amount} rates=${rates} />`)}</tbody>
    </table></div>
    <p class="small soft">${say("programme.rule_order", { figure: wordsOf(league, league.ordered_by), direction: say(league.lowest_first ? "programme.lowest_first" : "programme.highest_first") })}</p>
    ${league.hidden_rows > 0 && html`<p class="small soft">${say("programme.hidden_rows", { count: number(league.hidden_rows) })}</p>`}
    <details><summary>${say("programme.meanings")}</summary><dl class="programme-meanings">
      ${shown.map((each) => html`<div key=${each.name}><dt>${labelOf(each)}</dt><dd>${language === "en" ? each.definition_en : each.definition_vi} <code class="tiny soft">${each.formula}</code></dd></div>`)}
    </dl></details>`;
}

/** @param {{row: LeagueRow, by: LeagueBy, amount: "kept_vnd" | "net_vnd", rates: readonly LeagueOrder[]}} props */
function Row({ row, by, amount, rates }) {
  const name = row.name ?? say(`programme.no_${by}`);
  if (row.is_hidden) {
    return html`<tr><td class="number">–</td><th scope="row">${name}</th><td class="number">${number(row.sessions)}</td><td class="soft" colspan=${rates.length + 3}>${say("programme.hidden")}</td></tr>`;
  }
  return html`<tr>
    <td class="number">${row.rank === null ? "–" : number(row.rank)}</td>
    <th scope="row">${name}${row.about !== null && html`<span class="unit">${row.about}</span>`}</th>
    <td class="number">${number(row.sessions)}</td>
    <td class="number">${number(row.orders_placed ?? 0)}</td>
    <td class="number">${money(row[amount] ?? 0)}</td>
    ${rates.map((rate) => html`<td key=${rate} class="number">${rateWords(rate, row[rate])}</td>`)}
    <td class="number">${row.late_change_vnd === null ? "–" : changeOf(row.late_change_vnd)}</td>
  </tr>`;
}

/** @param {LeagueOrder} rate @param {number | null} value */
function rateWords(rate, value) {
  if (value === null) return say("programme.too_few");
  return rate.endsWith("_vnd") ? money(value) : decimal(value);
}
