// One tap against a raid: the room's strict rules, and back to its own; and one that mutes whoever was caught twice already.

import { html } from "htm/preact";

import { say } from "./page.js";

/** @typedef {import("./talk_actions.js").TalkActions} TalkActions */

/** @param {{actions: TalkActions}} props */
export function StrictButton({ actions }) {
  if (actions.room.state.value.moderation === null) return null;
  return html`<button class="button button-quiet talk-strict" type="button" title=${say("host.strict_hint")} aria-pressed=${actions.isStrict ? "true" : "false"}
    onClick=${() => void actions.toggleStrict()}>${say(actions.isStrict ? "host.strict_on" : "host.strict")}</button>`;
}

/** @param {{actions: TalkActions}} props */
export function SweepButton({ actions }) {
  if (actions.room.state.value.moderation === null) return null;
  return html`<button class="button button-quiet talk-strict" type="button" title=${say("host.sweep_hint")} onClick=${() => void actions.sweep()}>${say("host.sweep")}</button>`;
}
