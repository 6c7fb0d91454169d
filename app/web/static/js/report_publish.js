// What of a session everybody may see: switches of the organiser, off by default, each with what it means, taken back with one tap.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { get, send } from "./http.js";
import { say } from "./page.js";
import { problemOf } from "./signed_out.js";

/**
 * @typedef {{minutes: boolean, report: boolean, licence: string}} Publication
 * @typedef {import("./http.js").Answer<Publication>} PublicationAnswer
 */

const LICENCES = ["CC BY 4.0", "CC0 1.0", "CC BY-SA 4.0", "ODbL 1.0"];

/** @param {{sessionId: string, isClosed: boolean, mayPublish: boolean}} props */
export function Publishing({ sessionId, isClosed, mayPublish }) {
  const path = `/api/v1/sessions/${sessionId}/publication`;
  const [shown, setShown] = useState(/** @type {Publication | null} */ (null));
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  /** @param {PublicationAnswer} answer */
  const take = (answer) => {
    if (answer.ok) setShown(answer.value);
    setProblem(problemOf(answer));
  };
  useEffect(() => void get(path).then((answer) => take(/** @type {PublicationAnswer} */ (answer))), [path]);
  if (shown === null) return problem === "" ? null : html`<p class="notice notice-danger" role="alert">${problem}</p>`;
  /** @param {Partial<Publication>} change */
  const change = async (change) => {
    setIsBusy(true);
    const { minutes, report, licence } = { ...shown, ...change };
    take(/** @type {PublicationAnswer} */ (await send("PUT", path, { minutes, report, licence })));
    setIsBusy(false);
  };
  const open = `/api/v1/open/sessions/${sessionId}`;
  const isLocked = isBusy || !mayPublish;
  return html`<label class="check"><input type="checkbox" checked=${shown.minutes} disabled=${isLocked} onChange=${() => void change({ minutes: !shown.minutes })} /> <span>${say("report.publish_minutes")}</span></label>
    <p class="small soft">${say("report.publish_minutes_means")}</p>
    <label class="field"><span class="field-label">${say("report.publish_licence")}</span>
      <select class="input" value=${shown.licence} disabled=${isLocked} onChange=${(/** @type {Event} */ event) => void change({ licence: /** @type {HTMLSelectElement} */ (event.currentTarget).value })}>
        ${[...new Set([...LICENCES, shown.licence])].map((each) => html`<option key=${each} value=${each}>${each}</option>`)}
      </select></label>
    ${shown.minutes && html`<p class="row"><a href=${`${open}/minutes.json`}>minutes.json</a> <a href=${`${open}/minutes.csv`}>minutes.csv</a></p>`}
    <label class="check"><input type="checkbox" checked=${shown.report} disabled=${isLocked || (!isClosed && !shown.report)} onChange=${() => void change({ report: !shown.report })} /> <span>${say("report.publish_report")}</span></label>
    <p class="small soft">${say(isClosed ? "report.publish_report_means" : "report.publish_report_closed")}</p>
    ${shown.report && html`<p><a href=${`/r/${sessionId}`}>${say("report.publish_open")}</a></p>`}
    ${problem !== "" && html`<p class="notice notice-danger" role="alert">${problem}</p>`}`;
}
