// Comments of a session: searched by words, time and what was decided about them, page by page; and the list that a minute shows, too.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { dateTime } from "./format.js";
import { get } from "./http.js";
import { failureWords, say } from "./page.js";

/**
 * @typedef {import("./report_types.js").CommentRow} CommentRow
 * @typedef {import("./report_types.js").CommentPage} CommentPage
 */

const PAGE = 50;
const STATES = /** @type {const} */ (["", "shown", "hidden", "held", "restored", "unheard"]);

/** @param {{rows: readonly CommentRow[]}} props */
export function CommentList({ rows }) {
  return html`<ol class="report-comments" role="list">
    ${rows.map(
      (row) => html`<li key=${row.comment_id}>
        <span class="number soft">${dateTime(Date.parse(row.said_at))}</span>
        <span><strong>${row.author}</strong> ${row.text} ${row.state !== "shown" && html`<span class="badge badge-loss">${say(`report.comment_${row.state}`)}</span>`}</span>
      </li>`,
    )}
  </ol>`;
}

/** @param {{sessionId: string}} props */
export function Comments({ sessionId }) {
  const [text, setText] = useState("");
  const [state, setState] = useState("");
  const [rows, setRows] = useState(/** @type {readonly CommentRow[] | null} */ (null));
  const [cursor, setCursor] = useState(/** @type {string | null} */ (null));
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const [searchedTo, setSearchedTo] = useState(/** @type {string | null} */ (null));
  /** Up to a page more, however many pieces that takes. @param {string | null} after */
  const find = async (after) => {
    setIsBusy(true);
    setProblem("");
    let found = after === null ? [] : [...(rows ?? [])];
    const enough = found.length + PAGE;
    let next = after;
    do {
      const wanted = new URLSearchParams({ text, ...(state === "" ? {} : { state }), ...(next === null ? {} : { cursor: next }) });
      /** @type {import("./http.js").Answer<CommentPage>} */
      const answer = await get(`/api/v1/sessions/${sessionId}/report/comments?${wanted}`);
      if (!answer.ok) {
        setProblem(failureWords(answer.failure));
        break;
      }
      found = [...found, ...answer.value.comments];
      next = answer.value.next_cursor;
      setRows(found);
      setCursor(next);
      setSearchedTo(answer.value.searched_to);
    } while (next !== null && found.length < enough);
    setIsBusy(false);
  };
  return html`<form class="row no-print" role="search" onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      void find(null);
    }}>
      <label class="stack stack-tight"><span class="small">${say("report.comment_words")}</span>
        <input class="input" type="search" maxlength="100" value=${text} onInput=${(/** @type {Event} */ event) => setText(/** @type {HTMLInputElement} */ (event.currentTarget).value)} /></label>
      <label class="stack stack-tight"><span class="small">${say("report.comment_state")}</span>
        <select class="input" value=${state} onChange=${(/** @type {Event} */ event) => setState(/** @type {HTMLSelectElement} */ (event.currentTarget).value)}>
          ${STATES.map((each) => html`<option key=${each} value=${each}>${say(each === "" ? "report.comment_any" : `report.comment_${each}`)}</option>`)}
        </select></label>
      <button class="button button-secondary" type="submit" disabled=${isBusy}>${say("report.comment_find")}</button>
    </form>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert">${problem}</p>`}
    <div role="status">${searchedTo !== null && cursor !== null && html`<p class="soft">${say("report.comments_searched_to", { time: dateTime(Date.parse(searchedTo)) })}</p>`}
      ${rows !== null && (rows.length === 0 && cursor === null ? html`<p class="soft">${say("report.comment_none")}</p>` : html`<${CommentList} rows=${rows} />`)}</div>
    ${cursor !== null && html`<div class="row no-print"><button class="button button-secondary" type="button" disabled=${isBusy} onClick=${() => void find(cursor)}>${say("report.more")}</button></div>`}`;
}
