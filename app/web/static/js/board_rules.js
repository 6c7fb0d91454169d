// The rules of a session's talk, its notice, and who is muted or banned.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { countdown } from "./format.js";
import { say } from "./page.js";

/**
 * @typedef {import("./talk_actions.js").TalkActions} TalkActions
 * @typedef {import("./protocol.js").ModerationRules} ModerationRules
 */

const SECONDS = [0, 5, 10, 30, 60, 300];
const NEW_SECONDS = [0, 30, 60, 300, 900];
const REPEATS = [0, 2, 3, 5, 10];

/** @param {{actions: TalkActions}} props */
export function Notice({ actions }) {
  const { notice } = actions.room.state.value.talk;
  const [text, setText] = useState(notice ?? "");
  useEffect(() => setText(notice ?? ""), [notice]);
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    void actions.setNotice(text.trim() === "" ? null : text.trim());
  };
  return html`<form class="stack stack-tight" onSubmit=${submit}>
    <label class="small" for="talk-notice">${say("host.notice")}</label>
    <div class="row talk-notice-form">
      <input class="input grow" id="talk-notice" maxlength="200" autocomplete="off" value=${text}
        onInput=${(/** @type {Event} */ event) => setText(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />
      <button class="button button-secondary" type="submit">${say("host.notice_show")}</button>
      ${notice !== null && html`<button class="button button-quiet" type="button" onClick=${() => actions.setNotice(null)}>${say("host.notice_stop")}</button>`}
    </div>
  </form>`;
}

/** Each choice holds at once; words are saved with their button. @param {{actions: TalkActions}} props */
export function Rules({ actions }) {
  const rules = actions.room.state.value.moderation?.rules;
  const written = (rules?.block_words ?? []).join("\n");
  const [words, setWords] = useState(written);
  useEffect(() => setWords(written), [written]);
  if (!rules) return null;
  /** @param {Partial<ModerationRules>} change */
  const change = (change) => void actions.setRules({ ...rules, ...change });
  /** @param {"usual_words" | "hold_links" | "buyers_only" | "muted_may_write"} name */
  const check = (name) => html`<label class="check talk-rule"><input type="checkbox" checked=${rules[name]} onChange=${() => change({ [name]: !rules[name] })} /> <span>${say(`host.rule_${name}`)}</span></label>`;
  /** @param {"slow_mode_seconds" | "new_viewer_seconds" | "repeats_most"} name @param {readonly number[]} choices @param {(value: number) => string} words */
  const choose = (name, choices, words) => html`<label class="row row-between talk-rule"><span>${say(`host.rule_${name}`)}</span>
    <select class="input" value=${String(rules[name])} onChange=${(/** @type {Event} */ event) => change({ [name]: Number(/** @type {HTMLSelectElement} */ (event.currentTarget).value) })}>
      ${[...new Set([...choices, rules[name]])].sort((one, other) => one - other).map((value) => html`<option value=${String(value)}>${value === 0 ? say("host.rule_off") : words(value)}</option>`)}
    </select></label>`;
  return html`<div class="stack stack-tight">
    ${choose("slow_mode_seconds", SECONDS, countdown)}
    ${choose("new_viewer_seconds", NEW_SECONDS, countdown)}
    ${choose("repeats_most", REPEATS, (value) => say("host.rule_times", { count: value }))}
    ${check("buyers_only")} ${check("hold_links")} ${check("usual_words")} ${check("muted_may_write")}
    <label class="small" for="talk-words">${say("host.rule_block_words")}</label>
    <textarea class="input" id="talk-words" rows="4" value=${words} onInput=${(/** @type {Event} */ event) => setWords(/** @type {HTMLTextAreaElement} */ (event.currentTarget).value)}></textarea>
    <p class="tiny soft">${say("host.rule_block_words_hint")}</p>
    ${words !== written && html`<button class="button button-primary" type="button" onClick=${() => change({ block_words: linesOf(words) })}>${say("host.rule_save_words")}</button>`}
  </div>`;
}

/** @param {string} text */
function linesOf(text) {
  return [...new Set(text.split("\n").map((line) => line.trim()).filter((line) => line !== ""))];
}

/** @param {{actions: TalkActions}} props */
export function Restricted({ actions }) {
  const { room } = actions;
  const restrictions = (room.state.value.moderation?.restrictions ?? []).filter(({ until_ms }) => until_ms === null || room.secondsUntil(until_ms) > 0);
  return html`<div class="stack stack-tight">
    <h3>${say("host.restricted")}</h3>
    ${restrictions.length === 0 && html`<p class="small soft">${say("host.restricted_none")}</p>`}
    ${restrictions.map(
      (each) => html`<p key=${each.id} class="row row-between">
        <span class="grow"><strong>${each.author}</strong> <span class="tiny soft">${say(`host.is_${each.kind}`)} · ${say(`host.scope_${each.scope}`)} · ${each.until_ms === null ? say("host.whole_session") : countdown(room.secondsUntil(each.until_ms))} · ${each.by}</span></span>
        <button class="button button-secondary" type="button" onClick=${() => actions.free(each)}>${say(each.kind === "mute" ? "host.unmute" : "host.unban")}</button>
      </p>`,
    )}
  </div>`;
}
