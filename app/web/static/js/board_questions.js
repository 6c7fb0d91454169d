// "Đang hỏi": what viewers ask, grouped and counted, with the answer that the facts give: said aloud, or sent to the room in one tap.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { ago, number } from "./format.js";
import { say } from "./page.js";

/**
 * @typedef {import("./board_actions.js").BoardActions} BoardActions
 * @typedef {import("./protocol.js").AskedGroup} AskedGroup
 * @typedef {import("./protocol.js").QuestionView} QuestionView
 * @typedef {import("./talk_actions.js").TalkActions} TalkActions
 */

const ANSWER_MOST = 300;
// Nothing else says these: the organisation writes the answer once.
const OWN_WORDS = new Set(["delivery_time", "wholesale"]);
const ON_LABEL = new Set(["shelf_life", "storage", "usage", "ingredients", "certificate"]);

/** Questions that somebody put into the queue and that are not answered yet. @param {TalkActions} talk @returns {readonly QuestionView[]} */
export function queued(talk) {
  return (talk.room.state.value.moderation?.questions ?? []).filter((question) => question.state !== "answered");
}

/**
 * One queue: what host or helper have put into it, then what viewers ask now, in groups with their counts.
 * @param {{actions: BoardActions, talk: TalkActions}} props
 */
export function AskedNow({ actions, talk }) {
  const groups = actions.asked.value;
  const marked = queued(talk);
  return html`<div class="asked stack stack-tight" role="region" aria-label=${say("host.asked")}>
    <h2>${say("host.asked")}</h2>
    ${groups.length + marked.length === 0 && html`<p class="small soft">${say("host.asked_none")}</p>`}
    <ol class="asked-list" role="list">
      ${marked.map((question) => html`<${Marked} key=${question.comment.id} talk=${talk} question=${question} />`)}
      ${groups.map((group) => html`<${Asked} key=${`${group.kind} ${group.product_id} ${group.missing}`} actions=${actions} group=${group} />`)}
    </ol>
  </div>`;
}

/** @param {{talk: TalkActions, question: QuestionView}} props */
function Marked({ talk, question }) {
  const { comment, state } = question;
  return html`<li class="asked-group asked-marked stack stack-tight">
    <p><strong>${comment.author}</strong>: ${comment.text} <span class="badge">${say(`host.question_${state}`)}</span></p>
    <p class="row">
      ${state === "waiting"
        ? html`<button class="button button-secondary grow" type="button" onClick=${() => talk.ask(comment, "answering")}>${say("host.question_answer")}</button>`
        : html`<button class="button button-secondary grow" type="button" onClick=${() => talk.ask(comment, "answered")}>${say("host.question_done")}</button>`}
      <button class="button button-quiet grow" type="button" onClick=${() => talk.ask(comment, "dropped")}>${say("host.question_drop")}</button>
    </p>
  </li>`;
}

/** @param {{actions: BoardActions, group: AskedGroup}} props */
function Asked({ actions, group }) {
  const { room } = actions;
  void room.seconds.value;
  const product = room.state.value.products.find((each) => each.id === group.product_id)?.name;
  const topic = `${say(`question.${group.kind}`)}${product === undefined ? "" : ` · ${product}`}`;
  return html`<li class="asked-group stack stack-tight">
    <p class="row row-between asked-topic">
      <span class="grow"><strong class="number asked-people">${number(group.people)}</strong> ${say("host.asked_people")} · <strong>${topic}</strong></span>
      <span class="tiny soft">${ago((room.clock.nowMs() - group.newest.at_ms) / 1000)}</span>
    </p>
    <p class="small soft one-line">${group.newest.author}: ${group.newest.text}</p>
    ${group.answer === null ? html`<${Missing} actions=${actions} group=${group} />` : html`<p class="asked-answer">${group.answer}</p>`}
    <p class="row">
      ${group.answer !== null &&
      html`<button class="button button-secondary grow" type="button" aria-label=${`${say("host.asked_send")}: ${topic}`} disabled=${actions.isBusy.value} onClick=${() => actions.sendAnswer(group)}>${say("host.asked_send")}</button>`}
      <button class="button button-quiet grow" type="button" aria-label=${`${say("host.asked_said")}: ${topic}`} disabled=${actions.isBusy.value} onClick=${() => actions.markAnswered(group)}>${say("host.asked_said")}</button>
    </p>
  </li>`;
}

/** Says which fact is missing and where it is filled in. @param {{actions: BoardActions, group: AskedGroup}} props */
function Missing({ actions, group }) {
  const words = html`<p class="asked-missing">${say(`question.missing_${group.missing}`)}</p>`;
  if (group.missing !== null && OWN_WORDS.has(group.missing) && actions.may("prepare_sessions")) return html`${words}<${OwnAnswer} actions=${actions} group=${group} />`;
  if (group.missing !== null && ON_LABEL.has(group.missing) && group.product_id !== null && actions.may("keep_goods")) {
    return html`${words}<p><a class="small" href=${`/organiser/goods/products/${group.product_id}`} target="_blank" rel="noopener">${say("host.asked_fill_in")}</a></p>`;
  }
  return words;
}

/** @param {{actions: BoardActions, group: AskedGroup}} props */
function OwnAnswer({ actions, group }) {
  const [text, setText] = useState("");
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    if (text.trim() !== "" && group.missing !== null) void actions.writeOwnAnswer(group.missing, text.trim());
  };
  return html`<form class="row own-answer" onSubmit=${submit}>
    <input class="input grow" aria-label=${say("host.asked_own")} placeholder=${say("host.asked_own")} maxlength=${ANSWER_MOST} value=${text}
      onInput=${(/** @type {Event} */ event) => setText(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />
    <button class="button button-secondary" type="submit" disabled=${actions.isBusy.value || text.trim() === ""}>${say("host.asked_own_save")}</button>
  </form>`;
}
