// Files of the report: choose format and content, watch them being made, find them again after any reload, fetch them while they are kept.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { dateTime } from "./format.js";
import { command, get, remove } from "./http.js";
import { failureWords, language, say } from "./page.js";
import { JobState } from "./report_export.js";
import { problemOf } from "./signed_out.js";

/**
 * @typedef {import("./report_export.js").Job & {file_name: string | null, file_bytes: number | null, expires_at: string | null, created_at: string}} FileJob
 * @typedef {import("./http.js").Answer<{items: FileJob[]}>} ListAnswer
 */

const LOOK_AGAIN_MS = 1000;
const KILO = 1024;
const FORMATS = ["xlsx", "csv", "pdf", "json", "parquet"];
const PAPER = "pdf";

/**
 * @param {{path: string, jobs: string, contents: string[], hasPaper?: boolean}} props `jobs`: where a job is stopped, before its id; the first
 * of `contents` is chosen, and is what goes on paper
 */
export function Files({ path, jobs: jobsPath, contents, hasPaper = false }) {
  const [jobs, setJobs] = useState(/** @type {FileJob[]} */ ([]));
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const read = async () => {
    const answer = /** @type {ListAnswer} */ (await get(path));
    if (answer.ok) setJobs(answer.value.items);
    setProblem(problemOf(answer));
  };
  const isOpen = jobs.some((job) => job.state === "waiting" || job.state === "running");
  useEffect(() => void read(), [path]);
  useEffect(() => {
    if (!isOpen) return undefined;
    const timer = setInterval(() => void read(), LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [isOpen, path]);
  /** @param {{format: string, content: string[]}} wanted */
  const ask = async (wanted) => {
    setIsBusy(true);
    const answer = await command("POST", path, { ...wanted, language });
    setIsBusy(false);
    if (answer.ok) await read();
    else setProblem(failureWords(answer.failure));
  };
  /** @param {FileJob} job */
  const cancel = async (job) => {
    await remove(`${jobsPath}/${job.id}`);
    await read();
  };
  return html`<${Choice} formats=${hasPaper ? FORMATS : FORMATS.filter((each) => each !== PAPER)} contents=${contents} isBusy=${isBusy} onAsk=${ask} />
    ${problem !== "" && html`<p class="notice notice-danger" role="alert">${problem}</p>`}
    ${jobs.length > 0 && html`<ul class="files">${jobs.map((job) => html`<${File} key=${job.id} job=${job} onCancel=${() => void cancel(job)} />`)}</ul>`}`;
}

/** @param {{formats: string[], contents: string[], isBusy: boolean, onAsk: (wanted: {format: string, content: string[]}) => void}} props */
function Choice({ formats, contents, isBusy, onAsk }) {
  const [format, setFormat] = useState("xlsx");
  const [content, setContent] = useState(contents.slice(0, 1));
  const isPaper = format === PAPER;
  /** @param {string} each */
  const toggle = (each) => setContent(content.includes(each) ? content.filter((other) => other !== each) : [...content, each]);
  return html`<form class="stack stack-tight no-print" onSubmit=${(/** @type {Event} */ event) => {
    event.preventDefault();
    onAsk({ format, content: isPaper ? contents.slice(0, 1) : content });
  }}>
    <label class="field"><span class="field-label">${say("report.file_format")}</span>
      <select class="input" value=${format} onChange=${(/** @type {Event} */ event) => setFormat(/** @type {HTMLSelectElement} */ (event.currentTarget).value)}>
        ${formats.map((each) => html`<option key=${each} value=${each}>${say(`report.file_${each}`)}</option>`)}
      </select></label>
    ${!isPaper && html`<fieldset class="file-contents"><legend class="field-label">${say("report.file_content")}</legend>
      ${contents.map((each) => html`<label key=${each} class="check"><input type="checkbox" checked=${content.includes(each)} onChange=${() => toggle(each)} /> <span>${say(`report.file_with_${each}`)}</span></label>`)}
    </fieldset>`}
    <div class="row"><button class="button button-primary" disabled=${isBusy || (!isPaper && content.length === 0)}>${say("report.file_make")}</button></div>
  </form>`;
}

/** @param {{job: FileJob, onCancel: () => void}} props */
function File({ job, onCancel }) {
  const isOpen = job.state === "waiting" || job.state === "running";
  const expires = job.expires_at === null ? "" : say("report.file_until", { time: dateTime(Date.parse(job.expires_at)) });
  return html`<li class="file">
    <div class="stack stack-tight">
      <p>${job.file_name ?? say("report.file_asked", { time: dateTime(Date.parse(job.created_at)) })}</p>
      ${job.file && html`<p class="small soft">${size(job.file_bytes ?? 0)} · ${expires}</p>`}
      ${job.state === "outdated" && html`<p class="small soft">${say("report.file_gone")}</p>`}
      <${JobState} job=${job} />
    </div>
    ${job.file && html`<a class="button button-secondary no-print" href=${job.file} download>${say("report.file_fetch")}</a>`}
    ${isOpen && html`<button type="button" class="button button-secondary no-print" onClick=${onCancel}>${say("report.export_cancel")}</button>`}
  </li>`;
}

/** @param {number} bytes */
function size(bytes) {
  const kilo = bytes / KILO;
  const words = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  return kilo < KILO ? `${words.format(kilo)} KB` : `${words.format(kilo / KILO)} MB`;
}
