// Orders for accounting with receivers in the clear: asked for with a reason, each order written down, no file kept on the server.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { fileOf } from "./http.js";
import { failureWords, language, say } from "./page.js";

const REASONS = ["accounting", "payment", "complaint"];
const KEEP_MS = 10_000;

/** @param {{sessionId: string}} props */
export function AccountingList({ sessionId }) {
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const fetchIt = async () => {
    setIsBusy(true);
    const answer = await fileOf(`/api/v1/sessions/${sessionId}/accounting-list`, { reason, language });
    setIsBusy(false);
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (!answer.ok) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(answer.value.content);
    link.download = answer.value.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), KEEP_MS);
  };
  return html`<details class="no-print"><summary>${say("report.accounting")}</summary>
    <div class="stack stack-tight">
      <p class="small soft">${say("report.accounting_means")}</p>
      <label class="field"><span class="field-label">${say("report.accounting_reason")}</span>
        <select class="input" value=${reason} onChange=${(/** @type {Event} */ event) => setReason(/** @type {HTMLSelectElement} */ (event.currentTarget).value)}>
          <option value="">${say("report.accounting_choose")}</option>
          ${REASONS.map((each) => html`<option key=${each} value=${each}>${say(`report.accounting_for_${each}`)}</option>`)}
        </select></label>
      <div class="row"><button type="button" class="button button-secondary" disabled=${isBusy || reason === ""} onClick=${() => void fetchIt()}>${say("report.accounting_fetch")}</button></div>
      ${problem !== "" && html`<p class="notice notice-danger" role="alert">${problem}</p>`}
    </div></details>`;
}
