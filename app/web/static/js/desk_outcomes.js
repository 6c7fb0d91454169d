// What came of the call: one key, or one and a second for when or why. Also the desk's other keys, and the list of them.

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { REASONS, callTimes, choicesFor } from "./desk_steps.js";
import { dateTime, timeOfDay } from "./format.js";
import { say } from "./page.js";

/**
 * @typedef {import("./desk_state.js").DeskState} DeskState
 * @typedef {import("./desk_types.js").OrderWithContact} OrderWithContact
 * @typedef {import("./desk_steps.js").Choice} Choice
 */

const ASKS_FOR_MS = 4_000;
const SAME_DAY_MS = 12 * 3_600_000;

/** Whether a key was meant for the page. @param {KeyboardEvent} event */
export function isForPage(event) {
  const target = event.target instanceof Element ? event.target : document.body;
  return target.closest("input, select, textarea") === null && !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat;
}

/** What loses an agreed order asks for a second press; what is decided on the phone can be taken back. @param {{desk: DeskState, order: OrderWithContact}} props */
export function Outcomes({ desk, order }) {
  const [askedKey, setAskedKey] = useState("");
  const [asking, setAsking] = useState(/** @type {Choice | null} */ (null));
  // Keys may come faster than the page is drawn.
  const asked = useRef("");
  const asks = useRef(/** @type {Choice | null} */ (null));
  const isReady = desk.isReady.value;
  const step = desk.work.value?.step;
  const had = [...order.entries.map((entry) => entry.kind), ...(step ? [step.kind] : [])];
  const choices = choicesFor(had, desk.booksPayments && order.payment === "cod", desk.work.value?.asks_again ?? false);
  /** @param {Choice | null} choice */
  const ask = (choice) => {
    asks.current = choice;
    setAsking(choice);
  };
  /** @param {Choice} choice */
  const press = (choice) => {
    if (!desk.isReady.peek()) return;
    if (choice.asks !== "") return ask(choice);
    const isSure = !choice.isDangerous || asked.current === choice.key;
    asked.current = isSure ? "" : choice.key;
    setAskedKey(asked.current);
    if (isSure) void desk.decide(choice);
  };
  /** @param {Choice} choice @param {{reason?: string, again_at?: string}} more */
  const chosen = (choice, more) => {
    ask(null);
    void desk.decide(choice, more);
  };
  useEffect(() => {
    /** @param {KeyboardEvent} event */
    const onKey = (event) => {
      if (!isForPage(event)) return;
      const open = asks.current;
      if (open !== null && event.key === "Escape") return ask(null);
      const second = open === null ? undefined : secondKeys(open).find((each) => each.key === event.key);
      if (open !== null) return second && chosen(open, second.more);
      const choice = choices.find((each) => each.key === event.key);
      if (choice) press(choice);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
  useEffect(() => {
    if (askedKey === "") return undefined;
    const timer = setTimeout(() => {
      asked.current = "";
      setAskedKey("");
    }, ASKS_FOR_MS);
    return () => clearTimeout(timer);
  }, [askedKey]);
  if (asking !== null) {
    return html`<div class="stack stack-tight">
      <p class="small" id="second-key">${say(`desk.asks_${asking.asks}`)}</p>
      <div class="outcomes" role="group" aria-labelledby="second-key">
        ${secondKeys(asking).map(
          ({ key, words, more }) => html`<button key=${key} class="button button-secondary" type="button" aria-keyshortcuts=${key} onClick=${() => chosen(asking, more)}>
            <kbd aria-hidden="true">${key}</kbd><span>${words}</span>
          </button>`,
        )}
      </div>
      <button class="button button-quiet" type="button" onClick=${() => ask(null)}>${say("desk.back")}</button>
    </div>`;
  }
  return html`<div class="outcomes" role="group" aria-label=${say("desk.outcomes")}>
    ${choices.map((choice) => {
      const isAsked = askedKey === choice.key;
      const words = wordsOf(choice);
      return html`<button key=${choice.key} class=${looksOf(choice, isAsked)} type="button" aria-keyshortcuts=${choice.key} disabled=${!isReady} onClick=${() => press(choice)}>
        <kbd aria-hidden="true">${choice.key}</kbd><span>${isAsked ? say("desk.press_again", { outcome: words }) : words}</span>
      </button>`;
    })}
    <button class="button button-quiet" type="button" aria-keyshortcuts="0" onClick=${() => void desk.skip()}><kbd aria-hidden="true">0</kbd><span>${say("desk.do_later")}</span></button>
  </div>`;
}

/** @param {Choice} choice @returns {{key: string, words: string, more: {reason?: string, again_at?: string}}[]} */
function secondKeys({ asks }) {
  if (asks === "reasons") return REASONS.map((reason, place) => ({ key: String(place + 1), words: say(`desk.reason_${reason}`), more: { reason } }));
  return callTimes(Date.now()).map(({ key, at_ms: at }) => ({
    key,
    words: at - Date.now() < SAME_DAY_MS ? timeOfDay(at) : dateTime(at),
    more: { again_at: new Date(at).toISOString() },
  }));
}

/** @param {Choice} choice */
function wordsOf({ kind, outcome, reason, collects }) {
  if (collects) return say("desk.do_deliver_and_collect");
  if (outcome !== null) return say(`desk.do_call_${outcome}`);
  return say(reason === "" ? `desk.do_${kind}` : `desk.reason_${reason}`);
}

/**
 * @param {Choice} choice
 * @param {boolean} isAsked
 */
function looksOf({ key, isDangerous }, isAsked) {
  if (isDangerous) return isAsked ? "button button-danger button-danger-sure" : "button button-danger";
  return key === "1" ? "button button-primary" : "button button-secondary";
}

const KEYS = [
  ["1–7", "desk.key_outcomes"],
  ["0", "desk.key_later"],
  ["U", "desk.key_undo"],
  ["R", "desk.key_reveal"],
  ["T", "desk.key_take"],
  ["N", "desk.key_note"],
  ["B", "desk.key_many"],
  ["/", "desk.key_find"],
  ["[ ]", "desk.key_queues"],
  ["Esc", "desk.key_back"],
  ["?", "desk.key_keys"],
];

/** The list of keys. @param {{close: () => void}} props */
export function Keys({ close }) {
  return html`<aside class="card card-roomy stack stack-tight" aria-labelledby="keys">
    <header class="row row-between"><h2 id="keys" class="heading-20">${say("desk.keys")}</h2><button class="button button-quiet" type="button" onClick=${close}>${say("desk.back")}</button></header>
    <dl class="desk-keys">${KEYS.map(([key, words]) => html`<div key=${key}><dt><kbd>${key}</kbd></dt><dd>${say(words ?? "")}</dd></div>`)}</dl>
  </aside>`;
}
