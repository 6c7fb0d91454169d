// Figures that people read on other platforms: apart from what is measured, each with who entered it; by form or from a CSV file.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { wholeOf } from "./amount_rules.js";
import { dateTime, number } from "./format.js";
import { Choice, Field } from "./goods_parts.js";
import { command, get } from "./http.js";
import { failureWords, say } from "./page.js";
import { SourceMark } from "./report_figures.js";

/**
 * @typedef {import("./report_types.js").ImportedRow} ImportedRow
 * @typedef {import("./report_types.js").ImportedView} ImportedView
 * @typedef {import("./report_types.js").ImportPreview} ImportPreview
 * @typedef {import("./report_types.js").EnteredFigure} EnteredFigure
 */

const PLATFORMS = /** @type {const} */ (["tiktok", "facebook", "youtube", "zalo", "other"]);
const FIGURES = /** @type {const} */ (["impressions", "views", "viewers_peak", "likes", "comments", "shares", "new_followers"]);

/** @param {{sessionId: string, rows: readonly ImportedRow[], mayEnter: boolean, onEntered: () => void}} props */
export function Imported({ sessionId, rows, mayEnter, onEntered }) {
  const [history, setHistory] = useState(/** @type {readonly ImportedRow[] | null} */ (null));
  const [problem, setProblem] = useState("");
  const path = `/api/v1/sessions/${sessionId}/imported-figures`;
  /** @param {readonly EnteredFigure[]} figures @param {boolean} byCsv */
  const enter = async (figures, byCsv) => {
    /** @type {import("./http.js").Answer<ImportedView>} */
    const answer = await command("PUT", path, { figures, by_csv: byCsv });
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (!answer.ok) return false;
    if (history !== null) setHistory(answer.value.history);
    onEntered();
    return true;
  };
  const look = async () => {
    /** @type {import("./http.js").Answer<ImportedView>} */
    const answer = await get(path);
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (answer.ok) setHistory(answer.value.history);
  };
  return html`<p class="small soft">${say("report.import_lead")}</p>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert">${problem}</p>`}
    ${rows.length === 0 ? html`<p class="soft">${say("report.import_none")}</p>` : html`<${Rows} rows=${rows} />`}
    ${mayEnter && html`<details class="no-print"><summary>${say("report.import_enter")}</summary><${ByHand} onEnter=${enter} /></details>
      <details class="no-print"><summary>${say("report.import_csv")}</summary><${ByFile} path=${path} onEnter=${enter} /></details>`}
    ${history === null
      ? html`<div class="row no-print"><button class="button button-quiet" type="button" onClick=${look}>${say("report.import_history")}</button></div>`
      : html`<h3>${say("report.import_history")}</h3><${Rows} rows=${history} />`}`;
}

/** @param {{rows: readonly ImportedRow[]}} props */
function Rows({ rows }) {
  return html`<div class="table-wrap" tabindex="0"><table class="table">
    <thead><tr>
      <th scope="col">${say("report.column_platform")}</th><th scope="col">${say("report.import_figure")}</th>
      <th class="number" scope="col">${say("report.import_value")}</th><th scope="col">${say("report.import_told")}</th><th scope="col">${say("report.import_by")}</th>
    </tr></thead>
    <tbody>${rows.map(
      (row) => html`<tr key=${`${row.platform} ${row.figure} ${row.number}`}>
        <th scope="row">${say(`report.platform_${row.platform}`)} <${SourceMark} source="imported" /></th>
        <td>${say(`report.figure_${row.figure}`)}</td>
        <td class="number">${row.value === null ? say("report.import_taken_back") : number(row.value)}</td>
        <td>${row.told}</td>
        <td>${row.entered_by_name}<span class="unit">${dateTime(Date.parse(row.entered_at))}${row.by_csv ? " · CSV" : ""}</span></td>
      </tr>`,
    )}</tbody>
  </table></div>`;
}

/** @param {{onEnter: (figures: readonly EnteredFigure[], byCsv: boolean) => Promise<boolean>}} props */
function ByHand({ onEnter }) {
  const [platform, setPlatform] = useState(/** @type {EnteredFigure["platform"]} */ ("tiktok"));
  const [figure, setFigure] = useState(/** @type {EnteredFigure["figure"]} */ ("impressions"));
  const [typed, setTyped] = useState("");
  const [told, setTold] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const value = wholeOf(typed);
  const isWhole = (typed.trim() === "" || value !== null) && told.trim() !== "";
  return html`<form class="stack" onSubmit=${async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!isWhole || isBusy) return;
    setIsBusy(true);
    const isDone = await onEnter([{ platform, figure, value: typed.trim() === "" ? null : value, told: told.trim() }], false);
    setIsBusy(false);
    if (isDone) setTyped("");
  }}>
    <${Choice} id="import-platform" label=${say("report.column_platform")} value=${platform} options=${PLATFORMS.map((each) => [each, say(`report.platform_${each}`)])} onChange=${setPlatform} />
    <${Choice} id="import-figure" label=${say("report.import_figure")} value=${figure} options=${FIGURES.map((each) => [each, say(`report.figure_${each}`)])} onChange=${setFigure} />
    <${Field} id="import-value" label=${say("report.import_value")} hint=${say("report.import_empty")} value=${typed} problem=${typed.trim() !== "" && value === null ? say("app.amount_unclear") : ""} inputmode="numeric" most=${20} onInput=${setTyped} />
    <${Field} id="import-told" label=${say("report.import_told")} hint=${say("report.import_told_hint")} value=${told} most=${300} onInput=${setTold} />
    <div class="row"><button class="button button-secondary" type="submit" disabled=${!isWhole || isBusy}>${say("report.import_save")}</button></div>
  </form>`;
}

/** @param {{path: string, onEnter: (figures: readonly EnteredFigure[], byCsv: boolean) => Promise<boolean>}} props */
function ByFile({ path, onEnter }) {
  const [text, setText] = useState("");
  const [preview, setPreview] = useState(/** @type {ImportPreview | null} */ (null));
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  /** @param {string} csv */
  const look = async (csv) => {
    setIsBusy(true);
    /** @type {import("./http.js").Answer<ImportPreview>} */
    const answer = await command("POST", `${path}/preview`, { text: csv });
    setIsBusy(false);
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    setPreview(answer.ok ? answer.value : null);
  };
  const take = async () => {
    if (preview === null || isBusy) return;
    setIsBusy(true);
    if (await onEnter(preview.figures, true)) setPreview(null);
    setIsBusy(false);
  };
  return html`<div class="stack">
    <p class="small soft">${say("report.import_csv_lead")}</p>
    <label class="button button-secondary photo-button">${say("report.import_choose")}
      <input class="visually-hidden" type="file" accept=".csv,.txt,text/csv" onChange=${async (/** @type {Event} */ event) => {
        const input = /** @type {HTMLInputElement} */ (event.currentTarget);
        const file = input.files?.[0];
        if (file === undefined) return;
        const said = await file.text();
        input.value = "";
        setText(said);
        void look(said);
      }} /></label>
    <label class="stack stack-tight"><span class="small">${say("report.import_paste")}</span>
      <textarea class="input" rows="4" maxlength="50000" value=${text} onInput=${(/** @type {Event} */ event) => setText(/** @type {HTMLTextAreaElement} */ (event.currentTarget).value)}></textarea></label>
    <div class="row"><button class="button button-secondary" type="button" disabled=${isBusy || text.trim() === ""} onClick=${() => void look(text)}>${say("report.import_preview")}</button></div>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert">${problem}</p>`}
    ${preview !== null && html`<div class="stack" role="status">
      ${preview.errors.map((error) => html`<p key=${`${error.row} ${error.column} ${error.code}`} class="notice notice-danger">${say("report.import_row", { row: number(error.row) })} ${say(`report.import_error_${error.code}`, { found: error.found || "–" })}</p>`)}
      <ul role="list">${preview.figures.map((each) => html`<li key=${`${each.platform} ${each.figure}`}>${say(`report.platform_${each.platform}`)} · ${say(`report.figure_${each.figure}`)}: <strong class="number">${number(each.value ?? 0)}</strong></li>`)}</ul>
      ${preview.errors.length === 0 && preview.figures.length > 0 && html`<div class="row"><button class="button button-primary" type="button" disabled=${isBusy} onClick=${take}>${say("report.import_take", { count: number(preview.figures.length) })}</button></div>`}
    </div>`}
  </div>`;
}
