// The organiser's warning on everybody's screen: what stands, for whoever is at the board, and the form for those who may set and lift it.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { timeOfDay } from "./format.js";
import { command } from "./http.js";
import { failureWords, say } from "./page.js";

/** @typedef {import("./board_actions.js").BoardActions} BoardActions */

const MOST = 200;

/** @param {{actions: BoardActions}} props */
export function ScreenWarning({ actions }) {
  const { room } = actions;
  const { warning, session } = room.state.value;
  const [text, setText] = useState("");
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const mayWarn = actions.may("warn_on_screen");
  /** @param {string | null} words */
  const put = async (words) => {
    setIsBusy(true);
    const answer = await command("PUT", `/api/v1/sessions/${room.sessionId}/warning`, { text: words });
    setIsBusy(false);
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (answer.ok) setText("");
  };
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    if (text.trim() === "") return setProblem(say("host.warning_missing"));
    void put(text.trim());
  };
  return html`<div role="alert">
      ${warning !== null &&
      html`<p class="notice notice-danger board-warning"><span class="grow"><strong>${say("viewer.warning")}</strong> <span>${warning.text}</span> <span class="small number">${timeOfDay(warning.at_ms)}</span></span>
        ${mayWarn && session.state !== "closed" && html`<button class="button button-secondary" type="button" disabled=${isBusy} onClick=${() => void put(null)}>${say("host.warning_lift")}</button>`}</p>`}
    </div>
    ${mayWarn && session.state === "live" &&
    html`<details class="board-warning-form" key=${warning?.at_ms ?? 0}>
      <summary>${say(warning === null ? "host.warning" : "host.warning_other")}</summary>
      <form class="stack stack-tight" onSubmit=${submit}>
        <label class="small" for="screen-warning">${say("host.warning_words")}</label>
        <div class="row">
          <input class="input grow" id="screen-warning" maxlength=${MOST} autocomplete="off" value=${text} onInput=${(/** @type {Event} */ event) => setText(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />
          <button class="button button-danger" type="submit" disabled=${isBusy}>${say("host.warning_show")}</button>
        </div>
      </form>
    </details>`}
    ${problem !== "" && html`<p class="notice notice-danger" role="alert">${problem}</p>`}`;
}
