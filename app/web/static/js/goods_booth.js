// The producer's booth, for organisers: opened, brought up to date, closed; the ways to its page, its stock and its poster.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { command } from "./http.js";
import { failureWords, say } from "./page.js";
import { SureButton } from "./sure_button.js";

/** @typedef {{id: string, state: string} | null} Booth */

/** @param {{producerId: string, first: Booth}} props */
export function ProducerBooth({ producerId, first }) {
  const [booth, setBooth] = useState(first);
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  /** @param {string} path */
  const change = async (path) => {
    if (isBusy) return;
    setIsBusy(true);
    /** @type {import("./http.js").Answer<{id: string, state: string}>} */
    const answer = await command("POST", `/api/v1/producers/${producerId}/booth${path}`, {});
    setIsBusy(false);
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (answer.ok) setBooth({ id: answer.value.id, state: answer.value.state });
  };
  const isOpen = booth?.state === "live";
  return html`<section class="card card-roomy stack" id="booth">
    <h2>${say("booth.title")}</h2>
    <p class="small soft">${say(isOpen ? "booth.is_open" : "booth.explained")}</p>
    ${isOpen &&
    html`<p class="row">
      <a href=${`/b/${producerId}`}>${say("booth.page")}</a>
      <a href=${`/host/${booth?.id}`}>${say("booth.stock")}</a>
      <a href=${`/b/${producerId}/poster`}>${say("booth.poster")}</a>
    </p>`}
    ${problem !== "" && html`<p class="notice notice-danger" role="alert">${problem}</p>`}
    <button class=${isOpen ? "button button-secondary" : "button button-primary"} type="button" disabled=${isBusy} onClick=${() => change("")}>
      ${say(isOpen ? "booth.refresh" : "booth.open")}
    </button>
    ${isOpen && html`<${SureButton} words=${say("booth.close")} sureWords=${say("booth.close_sure")} disabled=${isBusy} onSure=${() => change("/close")} />`}
  </section>`;
}
