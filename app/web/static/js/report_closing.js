// Closing the books: asked once, in place; afterwards the signed statement, and how anybody can check it.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { dateTime, number } from "./format.js";
import { command, get } from "./http.js";
import { failureWords, say } from "./page.js";
import { Export } from "./report_export.js";
import { SureButton } from "./sure_button.js";

/** @typedef {{number: number, body: string, signature: string, public_key: string, last_seq: number}} Statement */

const KEY_GROUP = /.{4}/g;

/** @param {{sessionId: string, state: string, mayClose: boolean, onClosed: () => void}} props */
export function Closing({ sessionId, state, mayClose, onClosed }) {
  if (state !== "closed" && (state !== "ended" || !mayClose)) return null;
  return html`<section class="card card-roomy stack" aria-labelledby="closing">
    <h2 id="closing">${say("report.closing")}</h2>
    ${state === "ended" ? html`<${CloseBooks} sessionId=${sessionId} onClosed=${onClosed} />` : html`<${SignedStatement} sessionId=${sessionId} />`}
  </section>`;
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
