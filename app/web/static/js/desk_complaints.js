// What the buyer of the open order complains of, and the answer that the buyer will read.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { dateTime } from "./format.js";
import { say } from "./page.js";

/**
 * @typedef {import("./desk_state.js").DeskState} DeskState
 * @typedef {import("./desk_types.js").OrderWithContact} OrderWithContact
 * @typedef {import("./desk_types.js").Complaint} Complaint
 */

const MOST = 1_000;

/** @param {{desk: DeskState, order: OrderWithContact}} props */
export function DeskComplaints({ desk, order }) {
  if (order.complaints.length === 0) return null;
  return html`<section class="stack stack-tight" aria-labelledby="complaints">
    <h3 id="complaints">${say("desk.complaints")}</h3>
    <ul class="stack" role="list">${order.complaints.map((each) => html`<${Row} key=${each.complaint_id} desk=${desk} order=${order} complaint=${each} />`)}</ul>
  </section>`;
}

/** @param {{desk: DeskState, order: OrderWithContact, complaint: Complaint}} props */
function Row({ desk, order, complaint }) {
  const [words, setWords] = useState("");
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const id = `answer-${complaint.complaint_id}`;
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    if (words.trim() === "") return setProblem(say("desk.answer_missing"));
    setIsBusy(true);
    setProblem(await desk.answer(order.order_id, complaint.complaint_id, words.trim()));
    setIsBusy(false);
  };
  return html`<li class="stack stack-tight">
    <p class="desk-words">${complaint.words ?? say("desk.contact_erased")}</p>
    <p class="tiny soft number">${dateTime(complaint.made_at_ms)}</p>
    ${complaint.answered_at_ms === null
      ? html`<form class="stack stack-tight" novalidate onSubmit=${submit}>
          <label class="field-label" for=${id}>${say("desk.answer")}</label>
          <textarea class="input" id=${id} rows="2" maxlength=${MOST} value=${words}
            onInput=${(/** @type {Event} */ event) => setWords(/** @type {HTMLTextAreaElement} */ (event.currentTarget).value)}></textarea>
          ${problem !== "" && html`<p class="small" role="alert">${problem}</p>`}
          <button class="button button-secondary" type="submit" disabled=${isBusy}>${say("desk.answer_send")}</button>
        </form>`
      : html`<p class="desk-words desk-answer">${complaint.answer ?? say("desk.contact_erased")}</p>`}
  </li>`;
}
