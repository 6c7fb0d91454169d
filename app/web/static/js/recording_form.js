// When the recording of a session begins, so that the moments of its products fit.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { command, get } from "./http.js";
import { failureWords, say } from "./page.js";

const MOST_SECONDS = 6 * 3600;

/** @param {{path: string}} props `path` of the session in the API */
export function RecordingForm({ path }) {
  const [seconds, setSeconds] = useState(/** @type {number | null} */ (null));
  const [isBefore, setIsBefore] = useState(true);
  const [outcome, setOutcome] = useState({ isGood: true, words: "" });
  useEffect(() => {
    void (async () => {
      /** @type {import("./http.js").Answer<{lead_seconds: number}>} */
      const answer = await get(`${path}/moments.json`);
      if (!answer.ok) return;
      setSeconds(Math.abs(answer.value.lead_seconds));
      setIsBefore(answer.value.lead_seconds >= 0);
    })();
  }, [path]);
  if (seconds === null) return null;
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    if (!(/** @type {HTMLFormElement} */ (event.currentTarget).reportValidity())) return;
    const answer = await command("PUT", `${path}/recording`, { lead_seconds: isBefore ? seconds : -seconds });
    setOutcome(answer.ok ? { isGood: true, words: say("host.recording_saved") } : { isGood: false, words: failureWords(answer.failure) });
  };
  return html`<form class="stack" onSubmit=${submit} aria-labelledby="recording-title">
    <div>
      <h2 id="recording-title">${say("host.recording")}</h2>
      <p class="small soft">${say("host.recording_lead")}</p>
    </div>
    <div class="row" role="group" aria-labelledby="recording-title">
      <button class="chip" type="button" aria-pressed=${isBefore ? "true" : "false"} onClick=${() => setIsBefore(true)}>${say("host.recording_before")}</button>
      <button class="chip" type="button" aria-pressed=${isBefore ? "false" : "true"} onClick=${() => setIsBefore(false)}>${say("host.recording_after")}</button>
    </div>
    <div class="field">
      <label class="field-label" for="recording-seconds">${say("host.recording_seconds")}</label>
      <input class="input number" id="recording-seconds" type="number" inputmode="numeric" required min="0" max=${MOST_SECONDS} step="1" value=${seconds}
        onInput=${(/** @type {Event} */ event) => setSeconds(/** @type {HTMLInputElement} */ (event.currentTarget).valueAsNumber || 0)} />
    </div>
    <div role="status">${outcome.words !== "" && html`<p class=${outcome.isGood ? "notice notice-good" : "notice notice-danger"}>${outcome.words}</p>`}</div>
    <button class="button button-secondary" type="submit">${say("host.recording_save")}</button>
  </form>`;
}
