// Two to eight sessions side by side: each as of its own moment, all by the same definitions.

import { html, render } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import "./staff.js";
import { dateTime, decimal, duration, money, number } from "./format.js";
import { get } from "./http.js";
import { failureWords, language, pageFacts, part, say } from "./page.js";
import { changeOf, dayOf } from "./programme_words.js";
import { labelOf } from "./report_figures.js";
import { noticeOnTop } from "./signed_out.js";

/**
 * @typedef {import("./programme_types.js").Comparison} Comparison
 * @typedef {import("./programme_types.js").ComparedSession} ComparedSession
 */

/** @type {{sessions: readonly {id: string, title: string, when: string}[], chosen: readonly string[]}} */
const facts = pageFacts();
const MOST = 8;

/** @type {readonly [string, (session: ComparedSession) => string][]} by the name of what it means, or the key of its words */
const ROWS = [
  ["programme.column_duration", (each) => (each.duration_seconds === null ? "–" : duration(each.duration_seconds))],
  ["views", (each) => numberOr(each.views)],
  ["programme.column_viewers", (each) => numberOr(each.unique_viewers)],
  ["programme.column_peak", (each) => numberOr(each.viewers_peak)],
  ["programme.column_comments", (each) => numberOr(each.comments)],
  ["orders_placed", (each) => number(each.sales.orders_placed)],
  ["programme.column_buyers", (each) => number(each.sales.session_buyers)],
  ["placed_vnd", (each) => money(each.sales.placed_vnd)],
  ["confirmed_vnd", (each) => money(each.sales.confirmed_vnd)],
  ["delivered_vnd", (each) => money(each.sales.delivered_vnd)],
  ["paid_vnd", (each) => money(each.sales.paid_vnd)],
  ["net_vnd", (each) => money(each.sales.net_vnd)],
  ["programme.net_at_closing", (each) => (each.at_closing === null ? "–" : money(each.at_closing.net_vnd))],
  ["programme.column_since_closing", (each) => (each.at_closing === null ? "–" : changeOf(each.sales.net_vnd - each.at_closing.net_vnd))],
  ["lost_per_order_placed_percent", (each) => rateOr(each.lost_per_order_placed_percent)],
  ["returned_per_order_delivered_percent", (each) => rateOr(each.returned_per_order_delivered_percent)],
  ["buyers_per_unique_viewer_percent", (each) => rateOr(each.buyers_per_unique_viewer_percent)],
  ["placed_per_1000_views_vnd", (each) => (each.placed_per_1000_views_vnd === null ? say("programme.too_few") : money(each.placed_per_1000_views_vnd))],
];

/** @param {number | null} value */
function numberOr(value) {
  return value === null ? "–" : number(value);
}

/** @param {number | null} value */
function rateOr(value) {
  return value === null ? say("programme.too_few") : decimal(value);
}

function Page() {
  const [chosen, setChosen] = useState(facts.chosen);
  const [found, setFound] = useState(/** @type {Comparison | null} */ (null));
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let isWanted = true;
    const query = chosen.map((id) => `session=${id}`).join("&");
    history.replaceState(null, "", query === "" ? location.pathname : `?${query}`);
    if (chosen.length < 2) {
      setFound(null);
      setProblem("");
      return;
    }
    void get(`/api/v1/comparison?${query}`).then((answer) => {
      if (!isWanted) return;
      setProblem(answer.ok ? "" : failureWords(answer.failure));
      setFound(answer.ok ? /** @type {Comparison} */ (answer.value) : null);
    });
    return () => {
      isWanted = false;
    };
  }, [chosen]);
  /** @param {string} id */
  const turn = (id) => setChosen(chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id]);
  return html`<div class="stack report programme">
    <header class="report-head">
      <div><h1>${say("programme.compare")}</h1><p class="soft">${say("programme.compare_lead")}</p></div>
      <div class="row no-print"><button class="button button-secondary" type="button" onClick=${() => print()}>${say("report.print")}</button></div>
    </header>
    <details class="card card-roomy no-print" open=${facts.chosen.length < 2}><summary>${say("programme.choose", { count: number(chosen.length), most: number(MOST) })}</summary>
      <ul class="programme-choices" role="list">
        ${facts.sessions.map((each) => html`<li key=${each.id}><label class="row"><input type="checkbox" checked=${chosen.includes(each.id)} disabled=${!chosen.includes(each.id) && chosen.length >= MOST} onChange=${() => turn(each.id)} />
          <span class="grow">${`${each.title} `}<span class="unit">${each.when}</span></span></label></li>`)}
      </ul>
    </details>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    ${found !== null && html`<section class="card card-roomy stack"><${Table} found=${found} /></section>`}
  </div>`;
}

/** @param {{found: Comparison}} props */
function Table({ found }) {
  return html`<div class="table-wrap" tabindex="0"><table class="table">
      <thead><tr><th scope="col">${say("programme.column_figure")}</th>
        ${found.sessions.map((each) => html`<th key=${each.session_id} class="number" scope="col"><a href=${`/organiser/${each.session_id}`}>${each.title}</a>
          <span class="unit">${dateTime(Date.parse(each.started_at))} · ${say(each.kind === "booth" ? "booth.title" : `session.${each.state}`)}</span>
          <span class="unit">${[each.commune_name, each.unit_name].filter(Boolean).join(" · ")}</span>
          <span class="unit">${asOfWords(found, each)}</span></th>`)}
      </tr></thead>
      <tbody>${ROWS.map(([name, words]) => html`<tr key=${name}><th scope="row">${nameOf(found, name)}</th>${found.sessions.map((each) => html`<td key=${each.session_id} class="number">${words(each)}</td>`)}</tr>`)}</tbody>
    </table></div>
    ${found.sessions.some((each) => each.late.length > 0) && html`<details><summary>${say("programme.corrections")}</summary><ul class="stack stack-tight">
      ${found.sessions.flatMap((each) => each.late.map((row) => html`<li key=${`${each.session_id}${row.happened_on}${row.kind}`}>${each.title} · ${dayOf(row.happened_on)}: ${labelOf(row)}, ${number(row.orders)} ${say("unit.orders")}, ${money(row.amount_vnd)}</li>`))}
    </ul></details>`}
    <details><summary>${say("programme.meanings")}</summary><dl class="programme-meanings">
      ${found.definitions.map((each) => html`<div key=${each.name}><dt>${labelOf(each)}</dt><dd>${language === "en" ? each.definition_en : each.definition_vi} <code class="tiny soft">${each.formula}</code></dd></div>`)}
    </dl></details>`;
}

/** @param {Comparison} found @param {string} name */
function nameOf(found, name) {
  const meaning = found.definitions.find((each) => each.name === name);
  return meaning === undefined ? say(name) : labelOf(meaning);
}

/** @param {Comparison} found @param {ComparedSession} session */
function asOfWords(found, session) {
  if (session.summed_at === null) return say("programme.unsummed");
  return say("time.as_of", { time: dateTime(Date.parse(session.is_current ? found.as_of : session.summed_at)) });
}

const root = part("compare", HTMLElement);
root.replaceChildren();
noticeOnTop();
// what is folded away on the screen stands on paper
addEventListener("beforeprint", () => root.querySelectorAll("details:not(.no-print)").forEach((each) => each.setAttribute("open", "")));
render(html`<${Page} />`, root);
