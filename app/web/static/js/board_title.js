// Title and video, changed before the show or while it runs; everybody's page follows.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { say } from "./page.js";

/** @typedef {import("./board_actions.js").BoardActions} BoardActions */

/** @param {{actions: BoardActions}} props */
export function TitleForm({ actions }) {
  const { session } = actions.room.state.value;
  const [title, setTitle] = useState(session.title);
  const [video, setVideo] = useState(session.video?.url ?? "");
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    if (title.trim() === "") return void (actions.problem.value = say("host.title_missing"));
    void actions.describe(title.trim(), video.trim() || null);
  };
  /** @param {(text: string) => void} take */
  const taking = (take) => (/** @type {Event} */ event) => take(/** @type {HTMLInputElement} */ (event.currentTarget).value);
  return html`<form class="card row title-form" onSubmit=${submit}>
    <div class="field grow">
      <label class="field-label" for="board-title">${say("host.field_title")}</label>
      <input class="input" id="board-title" maxlength="160" value=${title} onInput=${taking(setTitle)} />
    </div>
    <div class="field grow">
      <label class="field-label" for="board-video">${say("host.field_video")}</label>
      <input class="input" id="board-video" type="url" inputmode="url" maxlength="500" value=${video} placeholder=${say("host.field_video_hint")} onInput=${taking(setVideo)} />
    </div>
    <button class="button button-primary" type="submit" disabled=${actions.isBusy.value}>${say("app.save")}</button>
  </form>`;
}
