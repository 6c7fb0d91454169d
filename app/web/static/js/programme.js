// One programme: its figures as of now and as of closing, weeks and months, and its sessions.

import { html, render } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import "./staff.js";
import { dateTime, number } from "./format.js";
import { get, send } from "./http.js";
import { failureWords, pageFacts, part, say } from "./page.js";
import { Choosing } from "./programme_choosing.js";
import { ProgrammeForm } from "./programme_form.js";
import { Both, Figures, Late, Periods } from "./programme_figures.js";
import { Leagues } from "./programme_leagues.js";
import { Sessions } from "./programme_sessions.js";
import { Files } from "./report_files.js";
import { daysOf } from "./programme_words.js";
import { noticeOnTop } from "./signed_out.js";
import { whileSeen } from "./while_seen.js";

/** @typedef {import("./programme_types.js").ProgrammeReport} ProgrammeReport */

/** @type {{programme_id: string, name: string, may_keep: boolean, sees_settlements: boolean}} */
const facts = pageFacts();
const PATH = `/api/v1/programmes/${facts.programme_id}`;
const EXPORTS = `${PATH}/table-exports`;
const CONTENTS = facts.sees_settlements ? ["programme", "settlements"] : ["programme"];
const READ_EVERY_MS = 30_000;

function Page() {
  const [report, setReport] = useState(/** @type {ProgrammeReport | null} */ (null));
  const [problem, setProblem] = useState("");
  const [version, setVersion] = useState(0);
  const load = async () => {
    /** @type {import("./http.js").Answer<ProgrammeReport>} */
    const answer = await get(PATH);
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (answer.ok) setReport(answer.value);
  };
  const reload = async () => {
    await load();
    setVersion((known) => known + 1);
  };
  useEffect(() => {
    void load();
    return whileSeen(() => void load(), READ_EVERY_MS);
  }, []);
  return html`<div class="stack report programme">
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    ${report === null ? html`<h1>${facts.name}</h1>${problem === "" && html`<p class="soft">${say("app.loading")}</p>`}` : html`<${Whole} report=${report} version=${version} onChange=${reload} />`}
  </div>`;
}

/** @param {{report: ProgrammeReport, version: number, onChange: () => Promise<void>}} props */
function Whole({ report, version, onChange }) {
  return html`<${Head} report=${report} onChange=${onChange} />
    ${report.sales === null && html`<p class="notice notice-warning"><span>${say("programme.all_hidden")}</span></p>`}
    <section class="card card-roomy stack"><h2>${say("report.overview")}</h2><${Figures} report=${report} /></section>
    ${report.both !== null && html`<section class="card card-roomy stack"><div><h2>${say("programme.both")}</h2><p class="small soft">${say("programme.both_lead", { count: number(report.both.closed_sessions) })}</p></div>
      <${Both} both=${report.both} definitions=${report.definitions} /><${Late} rows=${report.late} /></section>`}
    <section class="card card-roomy stack"><h2>${say("programme.months")}</h2><${Periods} rows=${report.months} isByMonth /></section>
    <section class="card card-roomy stack"><h2>${say("programme.weeks")}</h2><${Periods} rows=${report.weeks} /></section>
    <section class="card card-roomy stack"><div><h2>${say("programme.leagues")}</h2><p class="small soft">${say("programme.leagues_lead")}</p></div><${Leagues} key=${version} path=${PATH} /></section>
    <section class="card card-roomy stack no-print" id="files"><h2>${say("report.files")}</h2><${Files} path=${EXPORTS} jobs=${EXPORTS} contents=${CONTENTS} /></section>
    <section class="card card-roomy stack"><h2>${say("programme.sessions")}</h2><${Sessions} key=${version} path=${PATH} mayKeep=${facts.may_keep} /></section>
    <p class="small soft">${say("programme.rule_small")}</p>
    <p class="small soft">${say("programme.rule_days")}</p>`;
}

/** @param {ProgrammeReport} report */
function behindWords({ sessions_behind: behind, sums_as_of: asOf }) {
  const count = number(behind);
  return asOf === null ? say("programme.behind_unsummed", { count }) : say("programme.behind", { count, time: dateTime(Date.parse(asOf)) });
}

/** @param {{report: ProgrammeReport, onChange: () => Promise<void>}} props */
function Head({ report, onChange }) {
  const { programme } = report;
  /** @param {import("./programme_form.js").Content} content */
  const save = async (content) => {
    const answer = await send("PUT", PATH, content);
    if (answer.ok) await onChange();
    return answer.ok ? "" : failureWords(answer.failure);
  };
  return html`<header class="report-head">
    <div>
      <h1>${programme.name}</h1>
      <p class="soft">${daysOf(programme.first_day, programme.last_day)} · ${say(`programme.takes_${programme.takes}`)}</p>
      <p class="small soft">${say("programme.counts", { streams: number(report.streams), booths: number(report.booths), communes: number(report.communes) })}</p>
      ${!report.whole_organisation && html`<p class="small"><span class="badge badge-outline">${say("programme.own_communes")}</span></p>`}
      <p class="small soft">${say("time.as_of", { time: dateTime(Date.parse(report.as_of)) })}${report.lag_seconds !== null && report.lag_seconds >= 1 && ` · ${say("programme.lag", { seconds: number(Math.round(report.lag_seconds)) })}`}</p>
      ${report.sessions_behind > 0 && html`<p class="small soft">${behindWords(report)}</p>`}
    </div>
    <div class="row no-print"><button class="button button-secondary" type="button" onClick=${() => print()}>${say("report.print")}</button></div>
  </header>
  ${facts.may_keep && html`<details class="card card-roomy no-print"><summary>${say("programme.edit")}</summary><${ProgrammeForm} key=${programme.changed_at} id="edit" content=${programme} words=${say("programme.save")} onSave=${save} /></details>`}
  ${facts.may_keep && programme.takes === "chosen" && html`<${Choosing} key=${`${programme.first_day} ${programme.last_day}`} path=${PATH} onChange=${onChange} />`}`;
}

const root = part("programme", HTMLElement);
root.replaceChildren();
noticeOnTop();
// what is folded away on the screen stands on paper
addEventListener("beforeprint", () => root.querySelectorAll("details:not(.no-print)").forEach((each) => each.setAttribute("open", "")));
render(html`<${Page} />`, root);
