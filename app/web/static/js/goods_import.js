// A table of products comes in: first what each row would do, then all of it or the right rows only; tables go out from here, too.

import { html, render } from "htm/preact";
import { useState } from "preact/hooks";

import "./staff.js";
import { number } from "./format.js";
import { sendFile } from "./http.js";
import { failureWords, part, say } from "./page.js";
import { noticeOnTop } from "./signed_out.js";

/** @typedef {import("./http.js").Failure} Failure */
/** @typedef {{column: string, code: string, found: string}} RowProblem */
/** @typedef {"new" | "changed" | "same" | "bad"} RowOutcome */
/** @typedef {{line: number, code: string, name: string, outcome: RowOutcome, changes: string[], problems: RowProblem[]}} RowPreview */
/** @typedef {{rows: RowPreview[], counts: Record<RowOutcome, number>, columns: string[], unknown_columns: string[]}} Preview */

const PATH = "/api/v1/goods/imports";
const SHOWN = 200;

/** @param {Failure} failure */
function wordsOf(failure) {
  const reason = failure.details?.["reason"];
  const columns = failure.details?.["columns"];
  if (typeof reason !== "string") return failureWords(failure);
  return `${say(`goods.sheet_${reason}`)} ${Array.isArray(columns) ? `${columns.join(", ")}.` : ""}`.trim();
}

function Import() {
  const [file, setFile] = useState(/** @type {File | null} */ (null));
  const [preview, setPreview] = useState(/** @type {Preview | null} */ (null));
  const [outcome, setOutcome] = useState({ isGood: true, words: "" });
  const [isBusy, setIsBusy] = useState(false);
  /** @param {Event} event */
  const choose = async (event) => {
    const input = /** @type {HTMLInputElement} */ (event.currentTarget);
    const chosen = input.files?.[0] ?? null;
    input.value = "";
    if (chosen === null) return;
    setFile(chosen);
    setPreview(null);
    setOutcome({ isGood: true, words: "" });
    setIsBusy(true);
    /** @type {import("./http.js").Answer<Preview>} */
    const answer = await sendFile(`${PATH}/preview`, chosen);
    setIsBusy(false);
    if (answer.ok) setPreview(answer.value);
    else setOutcome({ isGood: false, words: wordsOf(answer.failure) });
  };
  /** @param {"whole" | "right-rows"} way */
  const bringIn = async (way) => {
    if (file === null || isBusy) return;
    setIsBusy(true);
    /** @type {import("./http.js").Answer<{counts: Record<RowOutcome, number>}>} */
    const answer = await sendFile(`${PATH}/${way}`, file);
    setIsBusy(false);
    if (!answer.ok) return setOutcome({ isGood: false, words: wordsOf(answer.failure) });
    const { counts } = answer.value;
    setPreview(null);
    setFile(null);
    setOutcome({ isGood: true, words: say("goods.imported", { fresh: counts.new, changed: counts.changed, bad: counts.bad }) });
  };
  return html`<div class="stack goods-reading">
    <div><p><a href="/organiser/goods">← ${say("goods.title")}</a></p><h1>${say("goods.import")}</h1></div>
    <section class="card card-roomy stack">
      <p>${say("goods.import_lead")}</p>
      <p class="row">
        <a class="button button-secondary" href="/api/v1/goods/template.xlsx" download>${say("goods.template")}</a>
        <a class="button button-quiet" href="/api/v1/goods/table.xlsx" download>${say("goods.export_xlsx")}</a>
        <a class="button button-quiet" href="/api/v1/goods/table.csv" download>${say("goods.export_csv")}</a>
      </p>
      <label class="button button-primary photo-button">${say("goods.choose_table")}
        <input class="visually-hidden" type="file" accept=".xlsx,.csv,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" onChange=${choose} />
      </label>
      ${isBusy && html`<p class="soft" role="status">${say("goods.reading_table")}</p>`}
      ${outcome.words && html`<p class=${outcome.isGood ? "notice notice-good" : "notice notice-danger"} role="status">${outcome.words}</p>`}
    </section>
    ${preview !== null && html`<${Rows} preview=${preview} isBusy=${isBusy} fileName=${file?.name ?? ""} onBringIn=${bringIn} />`}
  </div>`;
}

/** @param {{preview: Preview, isBusy: boolean, fileName: string, onBringIn: (way: "whole" | "right-rows") => void}} props */
function Rows({ preview, isBusy, fileName, onBringIn }) {
  const { counts } = preview;
  const right = counts.new + counts.changed;
  // What is not right comes first: that is what somebody must look at.
  const rows = [...preview.rows].sort((one, other) => Number(other.outcome === "bad") - Number(one.outcome === "bad") || one.line - other.line);
  return html`<section class="card card-roomy stack" aria-live="polite">
    <h2>${fileName}</h2>
    <p class="row">
      ${counts.new > 0 && html`<span class="badge badge-good">${say("goods.rows_new", { count: number(counts.new) })}</span>`}
      ${counts.changed > 0 && html`<span class="badge badge-flash">${say("goods.rows_changed", { count: number(counts.changed) })}</span>`}
      ${counts.same > 0 && html`<span class="badge">${say("goods.rows_same", { count: number(counts.same) })}</span>`}
      ${counts.bad > 0 && html`<span class="badge badge-loss">${say("goods.rows_bad", { count: number(counts.bad) })}</span>`}
    </p>
    ${preview.unknown_columns.length > 0 && html`<p class="notice notice-warning">${say("goods.unknown_columns", { columns: preview.unknown_columns.join(", ") })}</p>`}
    <div class="row">
      ${counts.bad === 0 && html`<button class="button button-primary" type="button" disabled=${isBusy || right === 0} onClick=${() => onBringIn("whole")}>${say("goods.import_all", { count: number(right) })}</button>`}
      ${counts.bad > 0 && right > 0 && html`<button class="button button-secondary" type="button" disabled=${isBusy} onClick=${() => onBringIn("right-rows")}>${say("goods.import_right", { count: number(right) })}</button>`}
    </div>
    <ul class="goods-list" role="list">
      ${rows.slice(0, SHOWN).map(
        (row) => html`<li key=${row.line} class="import-row">
          <span class="number soft import-line">${row.line}</span>
          <span class="grow"><strong>${row.name || row.code || "—"}</strong> <span class="small soft">${row.code}</span>
            ${row.changes.length > 0 && html`<span class="small soft import-words">${row.changes.join(", ")}</span>`}
            ${row.problems.map((problem) => html`<span class="field-error">${`${problem.column}: ${say(`goods.cell_${problem.code}`)}${problem.found === "" ? "" : ` (${problem.found})`}`}</span>`)}
          </span>
          <span class=${row.outcome === "bad" ? "badge badge-loss" : row.outcome === "same" ? "badge" : "badge badge-good"}>${say(`goods.row_${row.outcome}`)}</span>
        </li>`,
      )}
    </ul>
    ${rows.length > SHOWN && html`<p class="small soft">${say("goods.rows_more", { count: number(rows.length - SHOWN) })}</p>`}
  </section>`;
}

noticeOnTop();
render(html`<${Import} />`, part("goods", HTMLElement));
