// Sessions and booths of a programme, a row each, the newest first, more on asking.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { dateTime, money, number } from "./format.js";
import { get, send } from "./http.js";
import { failureWords, say } from "./page.js";
import { UnitChoice } from "./programme_units.js";
import { changeOf, shownOf } from "./programme_words.js";

/**
 * @typedef {import("./programme_types.js").SessionRow} SessionRow
 * @typedef {import("./programme_types.js").SessionRowPage} SessionRowPage
 */

const AT_ONCE = 50;

/** @param {{path: string, mayKeep: boolean}} props */
export function Sessions({ path, mayKeep }) {
  const [units, setUnits] = useState(/** @type {readonly import("./programme_types.js").UnitView[]} */ ([]));
  const [rows, setRows] = useState(/** @type {readonly SessionRow[] | null} */ (null));
  const [cursor, setCursor] = useState(/** @type {string | null} */ (null));
  const [problem, setProblem] = useState("");
  /** @param {string | null} after */
  const load = async (after) => {
    /** @type {import("./http.js").Answer<SessionRowPage>} */
    const answer = await get(`${path}/sessions?limit=${AT_ONCE}${after === null ? "" : `&cursor=${encodeURIComponent(after)}`}`);
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (!answer.ok) return;
    setRows((known) => [...(after === null ? [] : (known ?? [])), ...answer.value.sessions]);
    setCursor(answer.value.next_cursor);
  };
  useEffect(() => void load(null), [path]);
  useEffect(() => {
    if (mayKeep) void get("/api/v1/union-units").then((answer) => answer.ok && setUnits(/** @type {import("./programme_types.js").UnitList} */ (answer.value).units));
  }, [mayKeep]);
  /** @param {SessionRow} row @param {string | null} unit */
  const choose = async (row, unit) => {
    const answer = await send("PUT", `/api/v1/sessions/${row.session_id}/union-unit`, { unit_id: unit });
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (!answer.ok) return;
    const name = units.find((each) => each.id === unit)?.name ?? null;
    setRows((known) => known?.map((each) => (each.session_id === row.session_id ? { ...each, unit_id: unit, unit_name: name } : each)) ?? null);
  };
  if (rows === null) return problem !== "" ? html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>` : html`<p class="soft">${say("app.loading")}</p>`;
  if (rows.length === 0) return html`<p class="soft">${say("programme.no_sessions")}</p>`;
  return html`${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    <div class="table-wrap" tabindex="0"><table class="table">
      <thead><tr>
        <th scope="col">${say("programme.column_session")}</th>
        <th scope="col">${say("programme.column_commune")}</th>
        <th class="number" scope="col">${say("programme.column_viewers")}</th>
        <th class="number" scope="col">${say("report.column_orders")}</th>
        <th class="number" scope="col">${say("report.column_revenue")}</th>
        <th class="number" scope="col">${say("programme.column_net")}</th>
        <th class="number" scope="col">${say("programme.column_since_closing")}</th>
      </tr></thead>
      <tbody>${rows.map((row) => html`<${Row} key=${row.session_id} row=${row} units=${units} onChoose=${choose} />`)}</tbody>
    </table></div>
    ${cursor !== null && html`<div class="row no-print"><button class="button button-secondary" type="button" onClick=${() => void load(cursor)}>${say("programme.more")}</button></div>`}`;
}

/** @param {{row: SessionRow, units: readonly import("./programme_types.js").UnitView[], onChoose: (row: SessionRow, unit: string | null) => Promise<void>}} props */
function Row({ row, units, onChoose }) {
  const about = [dateTime(Date.parse(row.started_at)), say(row.kind === "booth" ? "booth.title" : `session.${row.state}`)];
  if (!row.is_current) about.push(row.summed_at === null ? say("programme.unsummed") : say("time.as_of", { time: dateTime(Date.parse(row.summed_at)) }));
  return html`<tr>
    <th scope="row"><a href=${`/organiser/${row.session_id}`}>${row.title}</a><span class="unit">${about.join(" · ")}</span></th>
    <td>${row.commune_name ?? "–"}${row.unit_name !== null && html`<span class=${units.length > 0 ? "unit print-only" : "unit"}>${row.unit_name}</span>`}
      ${units.length > 0 && html`<div class="no-print"><${UnitChoice} id=${`unit-of-${row.session_id}`} label=${say("programme.unit_of", { title: row.title })} units=${units} chosen=${row.unit_id} onChoose=${async (/** @type {string | null} */ unit) => onChoose(row, unit)} /></div>`}</td>
    <td class="number">${row.unique_viewers === null ? "–" : number(row.unique_viewers)}</td>
    <td class="number">${shownOf(row.sales?.orders_placed)}</td>
    <td class="number">${shownOf(row.sales?.placed_vnd, money)}</td>
    <td class="number">${shownOf(row.sales?.net_vnd, money)}</td>
    <td class="number">${row.sales === null || row.at_closing === null ? "–" : changeOf(row.sales.net_vnd - row.at_closing.net_vnd)}</td>
  </tr>`;
}
