// The report of one session: read once when it is final, again every few seconds while the session is live.

import { signal } from "@preact/signals";
import { html, render } from "htm/preact";

import "./staff.js";
import { dateTime, duration, timeOfDay } from "./format.js";
import { get } from "./http.js";
import { failureWords, pageFacts, part, say } from "./page.js";
import { AccountingList } from "./report_accounting.js";
import { Closing } from "./report_closing.js";
import { Files } from "./report_files.js";
import { Headline, Ladder } from "./report_figures.js";
import { Publishing } from "./report_publish.js";
import { Buyers, CommuneTable, Funnel, OfferTable, SourceTable, WaitedTable } from "./report_breakdowns.js";
import { Comments } from "./report_comments.js";
import { Imported } from "./report_imported.js";
import { ProductTable } from "./report_sales.js";
import { ModerationTable, OutsideTable, ProducerTable, Proof } from "./report_tables.js";
import { Timeline } from "./report_timeline.js";
import { SignedOut, isSignedOut } from "./signed_out.js";

/** @typedef {import("./report_types.js").Report} Report */

const LIVE_EVERY_MS = 10_000;
const MINUTE_MS = 60_000;

/** @type {{session_id: string, title: string, state: string, may: readonly string[], sees_settlements: boolean}} */
const facts = pageFacts();
const path = `/api/v1/sessions/${facts.session_id}/report`;
const CONTENTS = ["report", "orders", "comments"];
/** @type {import("@preact/signals").Signal<Report | null>} */
const report = signal(null);
const problem = signal("");

let timer = 0;

async function read() {
  clearTimeout(timer);
  /** @type {import("./http.js").Answer<Report>} */
  const answer = await get(path);
  if (answer.ok) {
    report.value = answer.value;
    problem.value = "";
    isSignedOut.value = false;
  } else problem.value = failureWords(answer.failure);
  if (report.value === null || report.value.figures_are === "live") timer = setTimeout(read, LIVE_EVERY_MS);
}

function Page() {
  const shown = report.value;
  return html`<div class="stack report">
    <${SignedOut} />
    ${problem.value !== "" && !isSignedOut.value && html`<p class="notice notice-danger" role="alert">${problem.value}</p>`}
    ${shown === null ? html`<h1>${facts.title}</h1><p class="soft">${say("app.loading")}</p>` : html`<${Whole} report=${shown} />`}
  </div>`;
}

/** @param {{report: Report}} props */
function Whole({ report: shown }) {
  const isFinal = shown.figures_are === "final";
  return html`<${Head} report=${shown} />
    ${!isFinal && html`<p class="notice notice-warning">${say(shown.state === "live" ? "report.provisional" : "report.settling")}</p>`}
    ${shown.lost_seconds_at_most > 0 && html`<p class="notice notice-warning">${say("report.lost_seconds", { time: duration(shown.lost_seconds_at_most) })}</p>`}
    <section class="card card-roomy stack"><h2>${say("report.overview")}</h2><${Headline} metrics=${shown.headline} /></section>
    <section class="card card-roomy stack">
      <div><h2>${say(shown.step_minutes === 1 ? "report.timeline" : "report.timeline_long")}</h2><p class="small soft">${say("report.timeline_lead")}</p></div>
      <${Timeline} minutes=${wholeMinutes(shown)} isByMinute=${shown.step_minutes === 1} markers=${shown.markers} sessionId=${facts.session_id} step=${shown.step_minutes} />
    </section>
    <div class="report-pair">
      <section class="card card-roomy stack"><h2>${say("report.ladder")}</h2><${Ladder} steps=${shown.ladder} /></section>
      <section class="card card-roomy stack"><h2>${say("report.proof")}</h2><p class="small soft">${say("report.proof_lead")}</p><${Proof} proof=${shown.reconciliation} /></section>
    </div>
    <div class="report-pair">
      <section class="card card-roomy stack"><h2>${say("report.funnel")}</h2><${Funnel} steps=${shown.funnel} /></section>
      <section class="card card-roomy stack"><h2>${say("report.buyers_title")}</h2><${Buyers} figures=${shown.buyers} /></section>
    </div>
    <${Closing} sessionId=${facts.session_id} state=${shown.state} mayClose=${facts.may.includes("close_sessions")} ladder=${shown.ladder} asOf=${shown.as_of} onClosed=${() => void read()} />
    <section class="card card-roomy stack no-print" id="files"><h2>${say("report.files")}</h2><p class="small soft">${say("report.files_lead")}</p><${Files} path=${`/api/v1/sessions/${facts.session_id}/table-exports`} jobs="/api/v1/jobs" contents=${facts.sees_settlements ? [...CONTENTS, "settlements"] : CONTENTS} hasPaper />${facts.may.includes("reveal_receivers") && html`<${AccountingList} sessionId=${facts.session_id} />`}</section>
    <section class="card card-roomy stack no-print"><h2>${say("report.publish")}</h2><${Publishing} sessionId=${facts.session_id} isClosed=${shown.state === "closed"} mayPublish=${facts.may.includes("publish_reports")} /></section>
    <section class="card card-roomy stack"><h2>${say("report.imported")}</h2>
      ${shown.outside.length > 0 && html`<${OutsideTable} rows=${shown.outside} />`}
      <${Imported} sessionId=${facts.session_id} rows=${shown.imported} mayEnter=${facts.may.includes("run_sessions")} onEntered=${() => void read()} />
    </section>
    ${Object.values(shown.moderation).some((figure) => figure) && html`<section class="card card-roomy stack"><h2>${say("report.moderation")}</h2><${ModerationTable} figures=${shown.moderation} /></section>`}
    <section class="card card-roomy stack"><h2>${say("report.by_product")}</h2><${ProductTable} rows=${shown.products} /></section>
    <section class="card card-roomy stack"><h2>${say("report.by_producer")}</h2><${ProducerTable} rows=${shown.producers} /></section>
    ${shown.communes.length > 0 && html`<section class="card card-roomy stack"><h2>${say("report.by_commune")}</h2><${CommuneTable} rows=${shown.communes} /></section>`}
    ${shown.offers.length > 0 && html`<section class="card card-roomy stack"><h2>${say("report.by_offer")}</h2><${OfferTable} sessionId=${facts.session_id} rows=${shown.offers} /></section>`}
    ${shown.order_sources.length > 0 && html`<section class="card card-roomy stack"><h2>${say("report.by_source")}</h2><${SourceTable} rows=${shown.order_sources} apart=${shown.without_goods} /></section>`}
    ${shown.offers.some(({ waited }) => waited.units_wanted > 0) && html`<section class="card card-roomy stack"><h2>${say("report.waited")}</h2><p class="small soft">${say("report.waited_lead")}</p><${WaitedTable} rows=${shown.offers} /></section>`}
    <section class="card card-roomy stack no-print"><h2>${say("report.comments")}</h2><${Comments} sessionId=${facts.session_id} /></section>`;
}

/** @param {Report} shown */
function wholeMinutes({ minutes, step_minutes: step, as_of: asOf, figures_are: kind }) {
  return kind === "final" ? minutes : minutes.filter((minute) => Date.parse(minute.minute_at) + step * MINUTE_MS <= Date.parse(asOf));
}

/** @param {{report: Report}} props */
function Head({ report: shown }) {
  const asOf = dateTime(Date.parse(shown.as_of));
  return html`<header class="report-head">
    <div>
      <h1>${shown.title}</h1>
      <p class="soft">${shown.organisation_name}${shown.host_name !== "" && ` · ${shown.host_name}`}</p>
      <p class="row small soft">
        <span class=${shown.state === "live" ? "badge badge-good" : "badge"}>${say(`session.${shown.state}`)}</span>
        ${shown.started_at !== null && html`<span>${dateTime(Date.parse(shown.started_at))}${shown.ended_at !== null && ` – ${timeOfDay(Date.parse(shown.ended_at))}`} · ${duration(shown.duration_seconds)}</span>`}
      </p>
      <p class="small soft">${say("time.as_of", { time: asOf })}</p>
    </div>
    <div class="row no-print">
      ${facts.may.includes("work_orders") && html`<a class="button button-secondary" href=${`/organiser/${facts.session_id}/orders`}>${say("report.order_desk")}</a>`}
      <a class="button button-secondary" href="#files">${say("report.files")}</a>
      <button class="button button-secondary" type="button" onClick=${() => print()}>${say("report.print")}</button>
    </div>
  </header>`;
}

const root = part("report", HTMLElement);
root.replaceChildren();
render(html`<${Page} />`, root);
void read();
