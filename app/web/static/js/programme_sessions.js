// Sessions and booths of a programme, a row each, the newest first, more on asking.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { dateTime, money, number } from "./format.js";
import { get } from "./http.js";
import { failureWords, say } from "./page.js";
import { changeOf, shownOf } from "./programme_words.js";

/**
 * @typedef {import("./programme_types.js").SessionRow} SessionRow
 * @typedef {import("./programme_types.js").SessionRowPage} SessionRowPage
 */

const AT_ONCE = 50;

/** @param {{path: string}} props */
export function Sessions({ path }) {
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
  if (problem !== "") return html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`;
  if (rows === null) return html`<p class="soft">${say("app.loading")}</p>`;
  if (rows.length === 0) return html`<p class="soft">${say("programme.no_sessions")}</p>`;
  return html`<div class="table-wrap" tabindex="0"><table class="table">
      <thead><tr>
        <th scope="col">${say("programme.column_session")}</th>
        <th scope="col">${say("programme.column_commune")}</th>
        <th class="number" scope="col">${say("programme.column_viewers")}</th>
        <th class="number" scope="col">${say("report.column_orders")}</th>
        <th class="number" scope="col">${say("report.column_revenue")}</th>
        <th class="number" scope="col">${say("programme.column_net")}</th>
        <th class="number" scope="col">${say("programme.column_since_closing")}</th>
      </tr></thead>
      <tbody>${rows.map((row) => html`<${Row} key=${row.session_id} row=${row} />`)}</tbody>
    </table></div>
    ${cursor !== null && html`<div class="row no-print"><button class="button button-secondary" type="button" onClick=${() => void load(cursor)}>${say("programme.more")}</button></div>`}`;
}

/** @param {{row: SessionRow}} props */
function Row({ row }) {
  const about = [dateTime(Date.parse(row.started_at)), say(row.kind === "booth" ? "booth.title" : `session.${row.state}`)];
  if (!row.is_current) about.push(row.summed_at === null ? say("programme.unsummed") : say("time.as_of", { time: dateTime(Date.parse(row.summed_at)) }));
  return html`<tr>
    <th scope="row"><a href=${`/organiser/${row.session_id}`}>${row.title}</a><span class="unit">${about.join(" · ")}</span></th>
    <td>${row.commune_name ?? "–"}${row.unit_name !== null && html`<span class="unit">${row.unit_name}</span>`}</td>
    <td class="number">${row.unique_viewers === null ? "–" : number(row.unique_viewers)}</td>
    <td class="number">${shownOf(row.sales?.orders_placed)}</td>
    <td class="number">${shownOf(row.sales?.placed_vnd, money)}</td>
    <td class="number">${shownOf(row.sales?.net_vnd, money)}</td>
    <td class="number">${row.sales === null || row.at_closing === null ? "–" : changeOf(row.sales.net_vnd - row.at_closing.net_vnd)}</td>
  </tr>`;
}
