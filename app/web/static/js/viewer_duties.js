// Small ways beside the market: its rules, and to complain about it to the organiser.

import { html } from "htm/preact";

import { say } from "./page.js";

/** @param {{market: import("./viewer_actions.js").Market}} props */
export function Duties({ market }) {
  return html`<p class="row duties">
    <a href=${`/s/${market.room.sessionId}/rules`} target="_blank">${say("viewer.rules")}</a>
    <button type="button" onClick=${() => (market.sheet.value = { view: "report" })}>${say("viewer.report")}</button>
  </p>`;
}
