// What a viewer complains of about the session, and the organiser's answers.

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { dateTime } from "./format.js";
import { get, send } from "./http.js";
import { randomUuid } from "./memory.js";
import { failureWords, say } from "./page.js";

/**
 * @typedef {"description" | "price" | "insult" | "prohibited" | "other"} Kind
 * @typedef {{complaint_id: string, kind: Kind, words: string | null, contact: string | null, made_at_ms: number, due_at_ms: number, answer: string | null, answered_at_ms: number | null}} Own
 */

/** @type {readonly Kind[]} */
const KINDS = ["description", "price", "insult", "prohibited", "other"];
const MOST = 1_000;
const CONTACT_MOST = 100;

/** @param {{market: import("./viewer_actions.js").Market}} props */
export function ReportSheet({ market }) {
  const path = `/api/v1/sessions/${market.room.sessionId}/complaints`;
  const [own, setOwn] = useState(/** @type {readonly Own[]} */ ([]));
  const [kind, setKind] = useState(/** @type {Kind | null} */ (null));
  const [words, setWords] = useState("");
  const [contact, setContact] = useState("");
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  // One key for what is written now: pressed again after a lost answer it stays one complaint.
  const key = useRef(randomUuid());
  useEffect(() => {
    void (async () => {
      /** @type {import("./http.js").Answer<{items: Own[]}>} */
      const answer = await get(`${path}/mine`);
      if (answer.ok) setOwn(answer.value.items);
    })();
  }, [path]);
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    if (kind === null || words.trim() === "") return setProblem(say("viewer.report_missing"));
    setIsBusy(true);
    /** @type {import("./http.js").Answer<Own>} */
    const answer = await send("POST", path, { key: key.current, kind, words: words.trim(), contact: contact.trim() });
    setIsBusy(false);
    if (!answer.ok) return setProblem(failureWords(answer.failure));
    const made = answer.value;
    key.current = randomUuid();
    setOwn([made, ...own.filter((each) => each.complaint_id !== made.complaint_id)]);
    setProblem("");
    setKind(null);
    setWords("");
    setContact("");
  };
  return html`<div class="stack">
    <p class="small soft">${say("viewer.report_lead")}</p>
    <div role="status">${own.length > 0 && html`<ul class="stack" role="list">${own.map((each) => html`<${OwnReport} key=${each.complaint_id} report=${each} />`)}</ul>`}</div>
    <form class="stack stack-tight" novalidate onSubmit=${submit}>
      <div class="row" role="group" aria-label=${say("viewer.report_title")}>
        ${KINDS.map((each) => html`<button key=${each} class="chip" type="button" aria-pressed=${kind === each ? "true" : "false"} onClick=${() => setKind(each)}>${say(`viewer.report_${each}`)}</button>`)}
      </div>
      <div class="field">
        <label class="field-label" for="report-words">${say("viewer.report_words")}</label>
        <textarea class="input" id="report-words" rows="4" maxlength=${MOST} value=${words}
          onInput=${(/** @type {Event} */ event) => setWords(/** @type {HTMLTextAreaElement} */ (event.currentTarget).value)}></textarea>
      </div>
      <div class="field">
        <label class="field-label" for="report-contact">${say("viewer.report_contact")}</label>
        <input class="input" id="report-contact" inputmode="tel" autocomplete="tel" maxlength=${CONTACT_MOST} value=${contact}
          onInput=${(/** @type {Event} */ event) => setContact(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />
      </div>
      ${problem !== "" && html`<p class="notice notice-danger" role="alert">${problem}</p>`}
      <button class="button button-primary button-block" type="submit" disabled=${isBusy}>${say("viewer.report_send")}</button>
    </form>
  </div>`;
}

/** @param {{report: Own}} props */
function OwnReport({ report }) {
  return html`<li class="card stack stack-tight">
    <p><span class="badge">${say(`viewer.report_${report.kind}`)}</span></p>
    <p class="report-words">${report.words ?? say("viewer.report_erased")}</p>
    ${report.answered_at_ms === null
      ? html`<p class="small soft">${say("viewer.report_due", { time: dateTime(report.due_at_ms) })}</p>`
      : html`<p class="notice notice-good report-words"><span>${report.answer ?? say("viewer.report_erased")}</span></p>`}
  </li>`;
}
