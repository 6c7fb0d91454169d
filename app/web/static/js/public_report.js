// The public page of one closed report: figures with definitions, ladder, goods, the signed statement, and the way to check all of it.

import { signal } from "@preact/signals";
import { html, render } from "htm/preact";

import { dateTime, money, number } from "./format.js";
import { get } from "./http.js";
import { failureWords, pageFacts, part, say } from "./page.js";
import { CheckYourself } from "./public_check.js";
import { Headline, Ladder } from "./report_figures.js";

/**
 * @typedef {object} PublicReport
 * @property {string} title
 * @property {string} organisation_name
 * @property {string | null} started_at
 * @property {string | null} ended_at
 * @property {string} as_of
 * @property {readonly import("./report_types.js").HeadlineMetric[]} headline
 * @property {readonly import("./report_types.js").LadderStep[]} ladder
 * @property {readonly {name: string, unit: string, producer_name: string, units_placed: number, revenue_placed_vnd: number}[]} products
 * @property {{number: number, body: string, signature: string, public_key: string, last_seq: number}} statement
 * @property {string} export
 */

/** @type {{session_id: string, title: string}} */
const facts = pageFacts();
/** @type {import("@preact/signals").Signal<PublicReport | null>} */
const report = signal(null);
const problem = signal("");
const KEY_GROUP = /.{4}/g;

function Page() {
  const shown = report.value;
  return html`<div class="stack report">
    ${problem.value !== "" && html`<p class="notice notice-danger" role="alert">${problem.value}</p>`}
    ${shown === null ? html`<h1>${facts.title}</h1><p class="soft">${say("app.loading")}</p>` : html`<${Whole} report=${shown} />`}
  </div>`;
}

/** @param {{report: PublicReport}} props */
function Whole({ report: shown }) {
  const started = shown.started_at === null ? "" : ` · ${dateTime(Date.parse(shown.started_at))}`;
  return html`<header>
      <p class="small soft">${say("public.lead")}</p>
      <h1>${shown.title}</h1>
      <p class="soft">${shown.organisation_name}${started}</p>
      <p class="small soft">${say("time.as_of", { time: dateTime(Date.parse(shown.as_of)) })}</p>
    </header>
    <section class="card card-roomy stack"><h2>${say("report.overview")}</h2><${Headline} metrics=${shown.headline} /></section>
    <section class="card card-roomy stack"><h2>${say("report.ladder")}</h2><${Ladder} steps=${shown.ladder} /></section>
    <section class="card card-roomy stack"><h2>${say("report.by_product")}</h2><${Products} rows=${shown.products} /></section>
    <section class="card card-roomy stack"><h2>${say("public.statement")}</h2><${Statement} statement=${shown.statement} /></section>
    <section class="card card-roomy stack" id="check"><h2>${say("public.check")}</h2>
      <${CheckYourself} address=${shown.export} publicKey=${shown.statement.public_key} />
    </section>`;
}

/** @param {{rows: PublicReport["products"]}} props */
function Products({ rows }) {
  if (rows.length === 0) return html`<p class="soft">${say("report.no_products")}</p>`;
  return html`<div class="table-wrap" tabindex="0"><table class="table">
    <thead><tr><th scope="col">${say("report.column_product")}</th><th scope="col">${say("report.column_producer")}</th>
      <th scope="col" class="number">${say("report.column_units")}</th><th scope="col" class="number">${say("report.column_revenue")}</th></tr></thead>
    <tbody>${rows.map((row) => html`<tr><td>${row.name} <span class="soft">(${row.unit})</span></td><td>${row.producer_name}</td>
      <td class="number">${number(row.units_placed)}</td><td class="number">${money(row.revenue_placed_vnd)}</td></tr>`)}</tbody>
  </table></div>`;
}

/** @param {{statement: PublicReport["statement"]}} props */
function Statement({ statement }) {
  const { signed_at_ms: signedAtMs } = JSON.parse(statement.body);
  return html`<dl class="statement">
      <div><dt>${say("report.statement_number")}</dt><dd class="number">${number(statement.number)}</dd></div>
      <div><dt>${say("report.statement_signed")}</dt><dd class="number">${dateTime(signedAtMs)}</dd></div>
      <div><dt>${say("report.statement_entries")}</dt><dd class="number">${number(statement.last_seq)}</dd></div>
      <div class="statement-key"><dt>${say("report.statement_key")}</dt><dd><code>${statement.public_key.match(KEY_GROUP)?.join(" ")}</code></dd></div>
    </dl>
    <details><summary>${say("public.statement_text")}</summary><pre class="statement-text">${statement.body}</pre></details>`;
}

async function read() {
  /** @type {import("./http.js").Answer<PublicReport>} */
  const answer = await get(`/api/v1/open/sessions/${facts.session_id}/report`);
  if (answer.ok) report.value = answer.value;
  problem.value = answer.ok ? "" : failureWords(answer.failure);
}

const root = part("public-report", HTMLElement);
root.replaceChildren();
render(html`<${Page} />`, root);
void read();
