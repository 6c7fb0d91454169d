// A bank's statement or a courier's list comes in: first what each row would do, then all of them; a long file goes on by itself.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { money, number } from "./format.js";
import { Choice } from "./goods_parts.js";
import { sendFile } from "./http.js";
import { failureWords, say } from "./page.js";

/**
 * @typedef {import("./http.js").Failure} Failure
 * @typedef {import("./payments_types.js").FileColumns} FileColumns
 * @typedef {import("./payments_types.js").FilePreview} FilePreview
 * @typedef {import("./payments_types.js").FileOutcome} FileOutcome
 * @typedef {import("./payments_types.js").FileRow} FileRow
 * @typedef {"statement" | "collection"} FileKind
 */

const ACCEPT = ".xlsx,.csv,.txt,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/** @type {Readonly<Record<FileKind, readonly (keyof FileColumns)[]>>} */
const COLUMNS = { statement: ["date", "amount", "debit", "words", "reference"], collection: ["words", "amount", "fee", "date"] };
const GOOD = new Set(["fits", "not_delivered"]);
const CALM = new Set(["known", "outgoing"]);
const MOST_TURNS = 100;

/** @param {Partial<FileColumns>} columns */
function queryOf(columns) {
  const chosen = Object.entries(columns).filter(([, place]) => place !== null && place !== undefined);
  return chosen.map(([name, place]) => `${name}=${place}`).join("&");
}

/** @param {Failure} failure */
function wordsOf(failure) {
  const reason = failure.details?.["reason"];
  return typeof reason === "string" ? say(`payments.sheet_${reason}`) : failureWords(failure);
}

/** @param {{kind: FileKind, onBooked: () => void}} props */
export function MoneyFile({ kind, onBooked }) {
  const [file, setFile] = useState(/** @type {File | null} */ (null));
  const [columns, setColumns] = useState(/** @type {Partial<FileColumns>} */ ({}));
  const [heads, setHeads] = useState(/** @type {readonly string[]} */ ([]));
  const [preview, setPreview] = useState(/** @type {FilePreview | null} */ (null));
  const [isDelivered, setIsDelivered] = useState(true);
  const [isBusy, setIsBusy] = useState(false);
  const [outcome, setOutcome] = useState({ isGood: true, words: "" });
  const path = `/api/v1/${kind}s`;
  /** @param {File} chosen @param {Partial<FileColumns>} wanted */
  const look = async (chosen, wanted) => {
    setIsBusy(true);
    setOutcome({ isGood: true, words: "" });
    /** @type {import("./http.js").Answer<FilePreview>} */
    const answer = await sendFile(`${path}/preview?${queryOf(wanted)}`, chosen);
    setIsBusy(false);
    setPreview(answer.ok ? answer.value : null);
    if (answer.ok) {
      setHeads(answer.value.heads);
      return setColumns(answer.value.columns);
    }
    const named = answer.failure.details?.["heads"];
    if (Array.isArray(named)) setHeads(named);
    setOutcome({ isGood: false, words: wordsOf(answer.failure) });
  };
  /** @param {Event} event */
  const choose = (event) => {
    const input = /** @type {HTMLInputElement} */ (event.currentTarget);
    const chosen = input.files?.[0] ?? null;
    input.value = "";
    if (chosen === null) return;
    setFile(chosen);
    setColumns({});
    setHeads([]);
    void look(chosen, {});
  };
  const book = async () => {
    if (file === null || isBusy) return;
    setIsBusy(true);
    const query = `${queryOf(columns)}${kind === "collection" ? `&delivered=${isDelivered}` : ""}`;
    let [paid, waiting] = [0, 0];
    for (let turn = 0; turn < MOST_TURNS; turn += 1) {
      /** @type {import("./http.js").Answer<FileOutcome>} */
      const answer = await sendFile(`${path}?${query}`, file);
      if (!answer.ok) {
        setIsBusy(false);
        return setOutcome({ isGood: false, words: wordsOf(answer.failure) });
      }
      const { counts, is_whole: isWhole } = answer.value;
      paid += (counts.fits ?? 0) + (counts.over ?? 0);
      waiting += ["under", "over", "late", "repeated", "unmatched"].reduce((sum, fate) => sum + (counts[/** @type {import("./payments_types.js").RowFate} */ (fate)] ?? 0), 0);
      setOutcome({ isGood: true, words: say(isWhole ? "payments.file_done" : "payments.file_goes_on", { paid: number(paid), waiting: number(waiting) }) });
      if (isWhole) break;
    }
    setIsBusy(false);
    setPreview(null);
    setFile(null);
    onBooked();
  };
  return html`<section class="card card-roomy stack" aria-labelledby=${kind}>
    <h2 id=${kind}>${say(`payments.${kind}`)}</h2>
    <p class="small soft">${say(`payments.${kind}_lead`)}</p>
    <label class="button button-secondary photo-button">${say("payments.choose_file")}
      <input class="visually-hidden" type="file" accept=${ACCEPT} onChange=${choose} />
    </label>
    ${isBusy && html`<p class="soft" role="status">${say("payments.reading_file")}</p>`}
    ${outcome.words !== "" && html`<p class=${outcome.isGood ? "notice notice-good" : "notice notice-danger"} role="status">${outcome.words}</p>`}
    ${file !== null &&
    heads.length > 0 &&
    html`<details open=${preview === null}><summary>${say("payments.columns")}</summary>
      <div class="payments-columns">
        ${COLUMNS[kind].map(
          (name) => html`<${Choice} key=${name} id=${`${kind}-${name}`} label=${say(`payments.column_${kind === "collection" && name === "words" ? "code" : name}`)} value=${columns[name] === null || columns[name] === undefined ? "" : String(columns[name])}
            options=${[["", say("payments.no_column")], ...heads.map((head, place) => /** @type {const} */ ([String(place), head || say("payments.column_number", { number: place + 1 })]))]}
            onChange=${(/** @type {string} */ place) => {
              const wanted = { ...columns, [name]: place === "" ? null : Number(place) };
              setColumns(wanted);
              void look(file, wanted);
            }} />`,
        )}
      </div>
    </details>`}
    ${preview !== null && html`<${Rows} preview=${preview} />`}
    ${preview !== null &&
    kind === "collection" &&
    (preview.counts.not_delivered ?? 0) > 0 &&
    html`<label class="row"><input type="checkbox" checked=${isDelivered} onChange=${(/** @type {Event} */ event) => setIsDelivered(/** @type {HTMLInputElement} */ (event.currentTarget).checked)} />
      <span>${say("payments.deliver_too", { count: number(preview.counts.not_delivered ?? 0) })}</span></label>`}
    ${preview !== null && html`<div class="row"><button class="button button-primary" type="button" disabled=${isBusy || newRows(preview) === 0} onClick=${book}>${say("payments.book_file", { count: number(newRows(preview)) })}</button></div>`}
  </section>`;
}

/** Rows that booking would do something about. @param {FilePreview} preview */
function newRows({ counts }) {
  return Object.entries(counts).reduce((sum, [fate, count]) => (CALM.has(fate) || fate === "bad" ? sum : sum + count), 0);
}

/** @param {{preview: FilePreview}} props */
function Rows({ preview }) {
  const counts = Object.entries(preview.counts).filter(([, count]) => count > 0);
  if (counts.length === 0) return html`<p class="notice notice-warning">${say("payments.no_rows")}</p>`;
  return html`<p class="row payments-counts">${counts.map(([fate, count]) => html`<span key=${fate} class=${badgeOf(fate)}>${say(`payments.fate_${fate}`)}: ${number(count)}</span>`)}</p>
    <ul class="payments-rows" role="list">${preview.rows.map((row) => html`<${Row} key=${row.line} row=${row} />`)}</ul>`;
}

/** @param {string} fate */
function badgeOf(fate) {
  return GOOD.has(fate) ? "badge badge-good" : CALM.has(fate) ? "badge" : "badge badge-loss";
}

/** @param {{row: FileRow}} props */
function Row({ row }) {
  return html`<li class="payments-row">
    <span class="number soft payments-line">${row.line}</span>
    <span class="grow payments-words">${row.order_code !== null && html`<strong>${row.order_code}</strong> `}<span class="small soft">${row.words}</span>
      ${row.problem !== null && html`<span class="field-error">${say(`payments.cell_${row.problem}`)}</span>`}</span>
    <span class="payments-sum"><span class="number">${row.amount_vnd === null ? "—" : money(row.amount_vnd)}</span>
      <span class=${badgeOf(row.fate)}>${say(`payments.fate_${row.fate}`)}</span></span>
  </li>`;
}
