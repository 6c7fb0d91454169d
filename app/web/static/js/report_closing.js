// Closing the books: asked once, in place; afterwards the signed statement, and how anybody can check it.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { dateTime, money, number } from "./format.js";
import { command, get } from "./http.js";
import { difference } from "./order_words.js";
import { failureWords, say } from "./page.js";
import { Export } from "./report_export.js";
import { labelOf } from "./report_figures.js";
import { problemOf } from "./signed_out.js";
import { SureButton } from "./sure_button.js";

/** @typedef {import("./report_types.js").ClosingState} ClosingState */
/** @typedef {import("./report_types.js").LadderStep} LadderStep */
/** @typedef {{number: number, body: string, signature: string, public_key: string, last_seq: number}} Statement */

const KEY_GROUP = /.{4}/g;

/** @param {{sessionId: string, state: string, mayClose: boolean, ladder: readonly LadderStep[], asOf: string, onClosed: () => void}} props */
export function Closing({ sessionId, state, mayClose, ladder, asOf, onClosed }) {
  const [facts, setFacts] = useState(/** @type {ClosingState | null} */ (null));
  const [problem, setProblem] = useState("");
  const isShown = state === "closed" || state === "ended";
  useEffect(() => {
    if (!isShown) return;
    void (async () => {
      /** @type {import("./http.js").Answer<ClosingState>} */
      const answer = await get(`/api/v1/sessions/${sessionId}/report/closing`);
      setProblem(problemOf(answer));
      if (answer.ok) setFacts(answer.value);
    })();
  }, [sessionId, state, isShown, asOf]);
  if (!isShown) return null;
  return html`<section class="card card-roomy stack" aria-labelledby="closing">
    <h2 id="closing">${say("report.closing")}</h2>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert">${problem}</p>`}
    ${facts !== null && html`<${OpenWork} sessionId=${sessionId} facts=${facts} />`}
    ${facts !== null && facts.first !== null && html`<${BothFigures} facts=${facts} ladder=${ladder} asOf=${asOf} />`}
    ${state === "ended" && mayClose && html`<${CloseBooks} sessionId=${sessionId} onClosed=${onClosed} />`}
    ${state === "closed" && html`<${SignedStatement} sessionId=${sessionId} />`}
  </section>`;
}

/** What waits for somebody, said before anything is closed. @param {{sessionId: string, facts: ClosingState}} props */
function OpenWork({ sessionId, facts }) {
  if (facts.open.length === 0) return html`<p class="notice notice-good">${say("report.open_none")}</p>`;
  return html`<div class="stack stack-tight">
    <p>${say("report.open_lead")}</p>
    <ul role="list" class="stack stack-tight">${facts.open.map(
      (item) => html`<li key=${item.kind}><a href=${`/organiser/${sessionId}/orders`}>${say(`report.open_${item.kind}`, { count: number(item.orders) })}</a></li>`,
    )}</ul>
  </div>`;
}

/** As it was signed at the closing, and as it is now. @param {{facts: ClosingState, ladder: readonly LadderStep[], asOf: string}} props */
function BothFigures({ facts, ladder, asOf }) {
  const { first } = facts;
  if (first === null) return null;
  return html`<div class="table-wrap" tabindex="0"><table class="table">
    <thead><tr>
      <th scope="col">${say("report.ladder")}</th>
      <th class="number" scope="col">${say("report.figures_signed")}<span class="unit">${dateTime(Date.parse(first.signed_at))}</span></th>
      <th class="number" scope="col">${say("report.figures_now")}<span class="unit">${dateTime(Date.parse(asOf))}</span></th>
      <th class="number" scope="col">${say("report.figures_since")}</th>
    </tr></thead>
    <tbody>${ladder.map((step) => {
      const signed = first.ladder_vnd[step.name] ?? 0;
      return html`<tr key=${step.name}><th scope="row">${labelOf(step)}</th><td class="number">${money(signed)}</td><td class="number">${money(step.amount_vnd)}</td><td class="number">${difference(step.amount_vnd - signed)}</td></tr>`;
    })}</tbody>
  </table></div>`;
}

/** @param {{sessionId: string, onClosed: () => void}} props */
function CloseBooks({ sessionId, onClosed }) {
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const close = async () => {
    setIsBusy(true);
    const answer = await command("POST", `/api/v1/sessions/${sessionId}/transitions`, { to: "closed" });
    setIsBusy(false);
    if (answer.ok) return onClosed();
    setProblem(failureWords(answer.failure));
  };
  return html`<p class="small soft">${say("report.close_lead")}</p>
    <div class="row no-print"><${SureButton} isGood words=${say("report.close")} sureWords=${say("report.close_sure")} disabled=${isBusy} onSure=${close} /></div>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert">${problem}</p>`}`;
}

/** @param {{sessionId: string}} props */
function SignedStatement({ sessionId }) {
  const [statement, setStatement] = useState(/** @type {Statement | null} */ (null));
  const [problem, setProblem] = useState("");
  const path = `/api/v1/sessions/${sessionId}`;
  useEffect(() => {
    void (async () => {
      /** @type {import("./http.js").Answer<Statement>} */
      const answer = await get(`${path}/statement`);
      if (answer.ok) setStatement(answer.value);
      else setProblem(failureWords(answer.failure));
    })();
  }, [path]);
  if (problem !== "") return html`<p class="notice notice-danger" role="alert">${problem}</p>`;
  if (statement === null) return html`<p class="soft">${say("app.loading")}</p>`;
  const { signed_at_ms: signedAtMs } = JSON.parse(statement.body);
  return html`<dl class="statement">
      <div><dt>${say("report.statement_number")}</dt><dd class="number">${number(statement.number)}</dd></div>
      <div><dt>${say("report.statement_signed")}</dt><dd class="number">${dateTime(signedAtMs)}</dd></div>
      <div><dt>${say("report.statement_entries")}</dt><dd class="number">${number(statement.last_seq)}</dd></div>
      <div class="statement-key"><dt>${say("report.statement_key")}</dt><dd><code>${statement.public_key.match(KEY_GROUP)?.join(" ")}</code></dd></div>
    </dl>
    <p class="small soft">${say("report.verify")}</p>
    <${Export} sessionId=${sessionId} lastSeq=${statement.last_seq} />`;
}
