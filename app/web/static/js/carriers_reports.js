// What carriers report: a file is looked at row by row, then taken in; a long one goes on by itself. Below it what waits for a person.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { dateTime, money, number } from "./format.js";
import { Choice } from "./goods_parts.js";
import { command, get, sendFile } from "./http.js";
import { failureWords, say } from "./page.js";

/**
 * @typedef {import("./carriers_types.js").Mapping} Mapping
 * @typedef {import("./carriers_types.js").ReportPreview} ReportPreview
 * @typedef {import("./carriers_types.js").ReportOutcome} ReportOutcome
 * @typedef {import("./carriers_types.js").CarrierWorkList} CarrierWorkList
 * @typedef {import("./http.js").Failure} Failure
 */

const ACCEPT = ".xlsx,.csv,.txt,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const MOST_TURNS = 100;

/** @param {Failure} failure */
function wordsOf(failure) {
  const reason = failure.details?.["reason"];
  if (reason === "missing_carrier_columns") return say("carriers.missing_columns");
  return typeof reason === "string" ? say(`payments.sheet_${reason}`) : failureWords(failure);
}

/** @param {{mappings: readonly Mapping[]}} props */
export function Reports({ mappings }) {
  const reading = mappings.filter(({ content }) => content.kind === "tracking");
  const [mapping, setMapping] = useState(reading[0]?.mapping_id ?? "");
  const [file, setFile] = useState(/** @type {File | null} */ (null));
  const [preview, setPreview] = useState(/** @type {ReportPreview | null} */ (null));
  const [outcome, setOutcome] = useState({ isGood: true, words: "" });
  const [isBusy, setIsBusy] = useState(false);
  const [taken, setTaken] = useState(0);
  const path = "/api/v1/carrier-reports";
  /** @param {File} chosen @param {string} by */
  const look = async (chosen, by) => {
    setIsBusy(true);
    setOutcome({ isGood: true, words: "" });
    /** @type {import("./http.js").Answer<ReportPreview>} */
    const answer = await sendFile(`${path}/preview?mapping_id=${by}`, chosen);
    setIsBusy(false);
    setPreview(answer.ok ? answer.value : null);
    if (!answer.ok) setOutcome({ isGood: false, words: wordsOf(answer.failure) });
  };
  const take = async () => {
    if (file === null || isBusy) return;
    setIsBusy(true);
    let [news, waiting] = [0, 0];
    for (let turn = 0; turn < MOST_TURNS; turn += 1) {
      /** @type {import("./http.js").Answer<ReportOutcome>} */
      const answer = await sendFile(`${path}?mapping_id=${mapping}`, file);
      if (!answer.ok) {
        setIsBusy(false);
        return setOutcome({ isGood: false, words: wordsOf(answer.failure) });
      }
      news += answer.value.counts["news"] ?? 0;
      waiting += answer.value.waiting;
      setOutcome({ isGood: true, words: say("carriers.report_done", { news: number(news), waiting: number(waiting) }) });
      if (answer.value.is_whole) break;
    }
    setIsBusy(false);
    setPreview(null);
    setFile(null);
    setTaken(taken + 1);
  };
  const todo = preview === null ? 0 : Object.entries(preview.counts).reduce((sum, [fate, count]) => (fate === "known" ? sum : sum + count), 0);
  return html`<section class="card card-roomy stack" aria-labelledby="reports">
      <h2 id="reports">${say("carriers.reports")}</h2>
      <p class="small soft">${say("carriers.reports_lead")}</p>
      <${Choice} id="report-mapping" label=${say("carriers.read_by")} value=${mapping} options=${reading.map(({ mapping_id: id, name }) => /** @type {const} */ ([id, name]))}
        onChange=${(/** @type {string} */ id) => {
          setMapping(id);
          if (file !== null) void look(file, id);
        }} />
      <label class="button button-secondary photo-button">${say("payments.choose_file")}
        <input class="visually-hidden" type="file" accept=${ACCEPT} onChange=${(/** @type {Event} */ event) => {
          const input = /** @type {HTMLInputElement} */ (event.currentTarget);
          const chosen = input.files?.[0] ?? null;
          input.value = "";
          setFile(chosen);
          if (chosen !== null) void look(chosen, mapping);
        }} />
      </label>
      ${isBusy && html`<p class="soft" role="status">${say("payments.reading_file")}</p>`}
      ${outcome.words !== "" && html`<p class=${outcome.isGood ? "notice notice-good" : "notice notice-danger"} role="status">${outcome.words}</p>`}
      ${preview !== null && html`<${Rows} preview=${preview} />
        <div class="row"><button class="button button-primary" type="button" disabled=${isBusy || todo === 0} onClick=${take}>${say("carriers.take_report", { count: number(todo) })}</button></div>`}
    </section>
    <${Work} key=${taken} />`;
}

/** @param {{preview: ReportPreview}} props */
function Rows({ preview }) {
  return html`<p class="row payments-counts">${Object.entries(preview.counts).map(([fate, count]) => html`<span key=${fate} class=${badgeOf(fate)}>${say(`carriers.fate_${fate}`)}: ${number(count)}</span>`)}</p>
    <ul class="payments-rows" role="list">${preview.rows.map(
      (row) => html`<li key=${row.line} class="payments-row"><span class="number soft payments-line">${row.line}</span>
        <span class="grow payments-words"><strong>${row.parcel_code || row.tracking_code}</strong> <span class="small soft">${row.words}</span></span>
        <span class="payments-sum">${row.collected_vnd !== null && html`<span class="number">${money(row.collected_vnd)}</span>`}
          ${row.state !== null && html`<span class="small">${say(`carriers.state_${row.state}`)}</span>`}<span class=${badgeOf(row.fate)}>${say(`carriers.fate_${row.fate}`)}</span></span></li>`,
    )}</ul>`;
}

/** @param {string} fate */
function badgeOf(fate) {
  return fate === "news" ? "badge badge-good" : fate === "known" ? "badge" : "badge badge-loss";
}

function Work() {
  const [list, setList] = useState(/** @type {CarrierWorkList | null} */ (null));
  const [problem, setProblem] = useState("");
  /** @param {import("./http.js").Answer<CarrierWorkList>} answer */
  const take = (answer) => {
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (answer.ok) setList(answer.value);
  };
  useEffect(() => void get("/api/v1/carrier-work").then((answer) => take(/** @type {import("./http.js").Answer<CarrierWorkList>} */ (answer))), []);
  return html`<section class="card card-roomy stack stack-tight" aria-labelledby="work">
    <h2 id="work">${say("carriers.work")}</h2>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    ${list !== null && list.items.length === 0 && html`<p class="soft">${say("carriers.work_none")}</p>`}
    ${list !== null &&
    html`<ul class="payments-rows" role="list">${list.items.map(
      (each) => html`<li key=${each.event_id} class="payments-row">
        <span class="grow payments-words"><strong>${each.parcel_code || each.tracking_code}</strong> <span class="small soft">${each.words} ${dateTime(each.happened_at_ms ?? each.noted_at_ms)}</span>
          <br /><span>${say(`carriers.problem_${each.problem}`)}</span></span>
        <span class="payments-sum">${each.collected_vnd !== null && html`<span class="number">${money(each.collected_vnd)}</span>`}
          <button class="button button-quiet" type="button" onClick=${async () => take(await command("POST", `/api/v1/carrier-work/${each.event_id}/settlement`))}>${say("carriers.settled")}</button></span></li>`,
    )}</ul>`}
    ${list?.more && html`<p class="small soft">${say("carriers.work_more")}</p>`}
  </section>`;
}
