// What the buyer complains of, and what the seller answers.

import { html } from "htm/preact";
import { useRef, useState } from "preact/hooks";

import { dateTime } from "./format.js";
import { randomUuid } from "./memory.js";
import { say } from "./page.js";

/** @typedef {import("./buyer_types.js").OrderPage} OrderPage */

const MOST = 1_000;

/** @param {{order: OrderPage, onComplain: (key: string, words: string) => Promise<string>}} props */
export function Complaints({ order, onComplain }) {
  const [words, setWords] = useState("");
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  // One key for what is written now: pressed again after a lost answer it stays one complaint.
  const key = useRef(randomUuid());

  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    if (words.trim() === "") return setProblem(say("order.complaint_missing"));
    setIsBusy(true);
    const refused = await onComplain(key.current, words.trim());
    setIsBusy(false);
    setProblem(refused);
    if (refused !== "") return;
    key.current = randomUuid();
    setWords("");
  };

  return html`<section class="card stack stack-tight" aria-labelledby="complaints">
    <h2 id="complaints">${say("order.complaints")}</h2>
    ${order.complaints.length > 0 && html`<ul class="stack" role="list">${order.complaints.map((each) => html`<${Complaint} key=${each.complaint_id} complaint=${each} />`)}</ul>`}
    <details open=${order.complaints.length === 0 && order.state === "delivered"}>
      <summary>${say("order.complain")}</summary>
      <form class="stack stack-tight" novalidate onSubmit=${submit}>
        <div class="field">
          <label class="field-label" for="complaint">${say("order.complaint_words")}</label>
          <textarea class="input" id="complaint" rows="4" maxlength=${MOST} value=${words}
            onInput=${(/** @type {Event} */ event) => setWords(/** @type {HTMLTextAreaElement} */ (event.currentTarget).value)}></textarea>
        </div>
        ${problem !== "" && html`<p class="notice notice-danger" role="alert">${problem}</p>`}
        <button class="button button-secondary" type="submit" disabled=${isBusy}>${say("order.complaint_send")}</button>
      </form>
    </details>
  </section>`;
}

/** @param {{complaint: import("./desk_types.js").Complaint}} props */
export function Complaint({ complaint }) {
  return html`<li class="stack stack-tight">
    <p class="order-words">${complaint.words ?? say("order.words_erased")}</p>
    <p class="tiny soft number">${dateTime(complaint.made_at_ms)}</p>
    ${complaint.answered_at_ms === null
      ? html`<p class="small"><span class="badge">${say("order.complaint_waits")}</span></p>`
      : html`<div class="order-answer">
          <p class="order-words">${complaint.answer ?? say("order.words_erased")}</p>
          <p class="tiny soft">${say("order.answered", { time: dateTime(complaint.answered_at_ms) })}</p>
        </div>`}
  </li>`;
}
