// Zone "talk": comments, questions, what is hidden, and the rules. One key or one swipe each, and one to take it back.

import { html } from "htm/preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

import { BoardComment } from "./board_comment.js";
import { History } from "./board_history.js";
import { Notice, Restricted, Rules } from "./board_rules.js";
import { StrictButton, SweepButton } from "./board_strict.js";
import { number } from "./format.js";
import { say } from "./page.js";
import { Composer, TalkTop } from "./viewer_talk.js";

/**
 * @typedef {import("./talk_actions.js").TalkActions} TalkActions
 * @typedef {import("./talk_actions.js").Face} Face
 * @typedef {import("./protocol.js").CommentView} CommentView
 */

const SHOWN = 120;
const NEAR_END_PIXELS = 60;
/** @type {readonly Face[]} */
const FACES = ["comments", "hidden", "history", "rules"];

/**
 * `top` stands above it, or in its place where there is room for one of them only.
 * @param {{actions: TalkActions, showsAsked: boolean, top: import("preact").ComponentChild}} props
 */
export function TalkZone({ actions, showsAsked, top }) {
  const { talk } = actions.room.state.value;
  const [problem, setProblem] = useState("");
  const face = actions.face.value;
  const replyTo = actions.replyTo.value;
  const told = problem || actions.problem.value;
  return html`<section class=${showsAsked ? "card zone zone-talk stack shows-asked" : "card zone zone-talk stack"} aria-labelledby="zone-talk">
    ${top}
    <div class="talk-whole stack">
    <h2 id="zone-talk" class="talk-title">${say("host.comments")}</h2>
    <div class="talk-faces" role="group" aria-label=${say("host.comments")}>
      ${FACES.map((each) => html`<button key=${each} class="talk-face" type="button" aria-pressed=${face === each ? "true" : "false"} onClick=${() => {
        actions.face.value = each;
        actions.chosenId.value = null;
      }}>${say(`host.face_${each}`)}${count(actions, each)}</button>`)}
      <${StrictButton} actions=${actions} />
      <${SweepButton} actions=${actions} />
    </div>
    <${TalkTop} talk=${talk} />
    ${face === "history" && html`<${History} actions=${actions} />`}
    ${face === "history" ? null : face === "rules"
      ? html`<div class="talk-rules"><${Notice} actions=${actions} /><${Rules} actions=${actions} /><${Restricted} actions=${actions} /></div>`
      : html`<${List} key=${face} actions=${actions} comments=${actions.listed.slice(-SHOWN)} face=${face} />`}
    <${Undone} actions=${actions} />
    ${replyTo !== null && html`<p class="row small"><span class="grow one-line">${say("viewer.reply_to", { name: replyTo.author })}</span>
      <button class="button button-quiet" type="button" onClick=${() => (actions.replyTo.value = null)}>${say("host.reply_stop")}</button></p>`}
    <${Composer} room=${actions.room} withName=${false} replyTo=${replyTo} onSent=${() => (actions.replyTo.value = null)} onProblem=${setProblem} />
    ${told !== "" && html`<p class="small" role="alert">${told}</p>`}
    </div>
  </section>`;
}

/** @param {TalkActions} actions @param {Face} face */
function count(actions, face) {
  const { marks, comments, moderation } = actions.room.state.value;
  const many = {
    comments: 0,
    history: 0,
    hidden: comments.filter((comment) => marks[comment.id]).length,
    rules: moderation?.restrictions.length ?? 0,
  }[face];
  return many > 0 && html` <span class="badge">${number(many)}</span>`;
}

/** Follows the newest unless somebody has scrolled back; stands still under a finger, a mouse or a choice, so that nobody hits another row. @param {{actions: TalkActions, comments: readonly CommentView[], face: Face}} props */
function List({ actions, comments, face }) {
  const list = useRef(/** @type {HTMLUListElement | null} */ (null));
  const follows = useRef(true);
  const [isTouched, setIsTouched] = useState(false);
  const frozen = useRef(/** @type {readonly CommentView[] | null} */ (null));
  const isStill = isTouched || actions.chosenId.value !== null;
  frozen.current = isStill ? (frozen.current ?? comments) : null;
  const shown = frozen.current ?? comments;
  const last = shown.at(-1);
  const newer = last === undefined ? 0 : comments.length - 1 - comments.findIndex((comment) => comment.id === last.id);
  useLayoutEffect(() => {
    if (list.current && follows.current && !isStill) list.current.scrollTop = list.current.scrollHeight;
  }, [shown, isStill]);
  const chosen = actions.chosenId.value === null ? null : actions.chosen?.id;
  const goOn = () => {
    actions.chosenId.value = null;
    setIsTouched(false);
  };
  return html`<div class="talk-still"><ul
    class="comments talk-list"
    role="list"
    aria-label=${say(`host.face_${face}`)}
    tabindex="0"
    ref=${list}
    onPointerEnter=${() => setIsTouched(true)}
    onPointerLeave=${() => setIsTouched(false)}
    onPointerCancel=${() => setIsTouched(false)}
    onScroll=${() => {
      const box = list.current;
      if (box) follows.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PIXELS;
    }}
  >
    ${shown.length === 0 && html`<li class="comment comments-empty">${say(`host.empty_${face}`)}</li>`}
    ${shown.map((comment) => html`<${BoardComment} key=${comment.id} actions=${actions} comment=${comment} isChosen=${comment.id === chosen} />`)}
  </ul>
  ${isStill && newer > 0 && html`<button class="button button-quiet talk-newer" type="button" onClick=${goOn}>${say("host.talk_newer", { count: number(newer) })}</button>`}
  </div>`;
}

/** What was done last, and the way back. @param {{actions: TalkActions}} props */
function Undone({ actions }) {
  const last = actions.undoable.value.at(-1);
  if (!last) return null;
  return html`<p class="talk-undone row small" role="status">
    <span class="grow one-line">${last.words}</span>
    <button class="button button-secondary" type="button" onClick=${() => actions.undo()}>${say("host.undo")}</button>
  </p>`;
}
