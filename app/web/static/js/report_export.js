// The file to check a session by: at once for a short ledger; for a long one prepared apart, with progress, until it is there.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { command, get, remove } from "./http.js";
import { failureWords, say } from "./page.js";

/**
 * @typedef {{id: string, state: "waiting" | "running" | "done" | "failed" | "cancelled" | "outdated", done: number, total: number,
 *   error: string | null, file: string | null}} Job
 * @typedef {import("./http.js").Answer<Job>} JobAnswer
 */

// What the server packs while one waits (`EXPORT_AT_ONCE`).
const ENTRIES_AT_ONCE = 2000;
const LOOK_AGAIN_MS = 1000;
const WHOLE = 100;

/** @param {{sessionId: string, lastSeq: number}} props */
export function Export({ sessionId, lastSeq }) {
  const path = `/api/v1/sessions/${sessionId}`;
  if (lastSeq > ENTRIES_AT_ONCE) return html`<${PreparedExport} path=${path} />`;
  return html`<div class="row no-print"><${Download} href=${`${path}/export.zip`} /></div>`;
}

/** @param {{href: string}} props */
function Download({ href }) {
  return html`<a class="button button-secondary" href=${href} download>${say("report.export")}</a>`;
}

/** @param {{path: string}} props */
function PreparedExport({ path }) {
  const [job, setJob] = useState(/** @type {Job | null} */ (null));
  const [problem, setProblem] = useState("");
  /** @param {JobAnswer} answer */
  const take = (answer) => {
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (answer.ok) setJob(answer.value);
  };
  const isOpen = job?.state === "waiting" || job?.state === "running";
  useEffect(() => {
    if (job === null || !isOpen) return undefined;
    const timer = setInterval(() => void get(`/api/v1/jobs/${job.id}`).then((answer) => take(/** @type {JobAnswer} */ (answer))), LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [job?.id, isOpen]);
  const start = async () => take(/** @type {JobAnswer} */ (await command("POST", `${path}/exports`)));
  const cancel = async () => take(/** @type {JobAnswer} */ (await remove(`/api/v1/jobs/${job?.id}`)));
  return html`<div class="stack no-print">
    ${problem !== "" && html`<p class="notice notice-danger" role="alert">${problem}</p>`}
    ${job !== null && html`<${JobState} job=${job} />`}
    <div class="row">
      ${job?.file && html`<${Download} href=${job.file} />`}
      ${isOpen && html`<button type="button" class="button button-secondary" onClick=${cancel}>${say("report.export_cancel")}</button>`}
      ${!isOpen && !job?.file && html`<button type="button" class="button button-secondary" onClick=${start}>${say("report.export_prepare")}</button>`}
    </div>
  </div>`;
}

/** @param {{job: Job}} props */
export function JobState({ job }) {
  if (job.state === "waiting") return html`<p class="soft" role="status">${say("report.export_waiting")}</p>`;
  if (job.state === "cancelled") return html`<p class="soft" role="status">${say("report.export_cancelled")}</p>`;
  if (job.state === "failed") {
    const why = failureWords({ code: /** @type {import("./protocol.js").Problem["code"]} */ (job.error) });
    return html`<p class="notice notice-danger" role="alert">${say("report.export_failed", { why })}</p>`;
  }
  if (job.state !== "running") return null;
  const percent = job.total > 0 ? Math.floor((job.done * WHOLE) / job.total) : 0;
  return html`<p class="soft" role="status">${say("report.export_progress", { percent: String(percent) })}</p>
    <progress max=${WHOLE} value=${percent}></progress>`;
}
