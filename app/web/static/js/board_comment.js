// One comment on the board: what can be done about it by a tap, a swipe or a key, and what was done and by whom.

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { timeOfDay } from "./format.js";
import { say } from "./page.js";
import { Words } from "./viewer_talk.js";

/**
 * @typedef {import("./talk_actions.js").TalkActions} TalkActions
 * @typedef {import("./protocol.js").CommentView} CommentView
 * @typedef {import("./protocol.js").HiddenMark} HiddenMark
 */

const SWIPE_PIXELS = 72;
const SLOP_PIXELS = 10;

/** @param {HiddenMark} mark */
export function reasonWords(mark) {
  if (mark.word !== null) return say("host.hidden_block_word", { word: mark.word });
  return say(`host.hidden_${mark.reason}`, { name: mark.by ?? "" });
}

/** @param {{actions: TalkActions, comment: CommentView, isChosen: boolean}} props */
export function BoardComment({ actions, comment, isChosen }) {
  const { marks, talk, moderation } = actions.room.state.value;
  const mark = marks[comment.id];
  const restriction = actions.restrictionOf(comment);
  const question = moderation?.questions.find((each) => each.comment.id === comment.id);
  const row = useRef(/** @type {HTMLLIElement | null} */ (null));
  const swipe = useSwipe({
    onLeft: () => void actions.toggle(comment),
    onRight: () => void actions.restrict(comment, "mute"),
    isOneSided: comment.by_staff,
  });
  useEffect(() => {
    if (actions.chosenId.value === comment.id) row.current?.scrollIntoView({ block: "nearest" });
  }, [isChosen]);
  const names = ["talk-row", comment.by_staff && "comment-staff", mark && "is-hidden", isChosen && "is-chosen"];
  return html`<li ref=${row} class=${names.filter(Boolean).join(" ")} aria-current=${isChosen ? "true" : undefined}>
    <div class="talk-behind" aria-hidden="true"><span>${say("host.mute")}</span><span>${say(mark ? "host.show" : "host.hide")}</span></div>
    <div class="talk-front" style=${swipe.offset === 0 ? undefined : { transform: `translateX(${swipe.offset}px)` }} ...${swipe.handlers}>
      <button class="talk-words" type="button" aria-expanded=${isChosen ? "true" : "false"} onClick=${() => swipe.wasTap() && (actions.chosenId.value = isChosen && actions.chosenId.value ? null : comment.id)}>
        <span class=${mark ? "struck" : undefined}><${Words} comment=${comment} /></span>
        <span class="tiny soft talk-facts">
          ${timeOfDay(comment.at_ms)}${talk.pinned?.id === comment.id && ` · ${say("viewer.pinned_comment")}`}${question && ` · ${say(`host.question_${question.state}`)}`}${mark && ` · ${reasonWords(mark)}`}${restriction && ` · ${say(`host.is_${restriction.kind}`)}`}
        </span>
      </button>
      ${mark && html`<button class="button button-quiet talk-undo" type="button" onClick=${() => actions.show(comment)}>${say("host.show")}</button>`}
    </div>
    ${isChosen && actions.chosenId.value !== null && html`<${Bar} actions=${actions} comment=${comment} isHidden=${mark !== undefined} />`}
  </li>`;
}

/** @param {{actions: TalkActions, comment: CommentView, isHidden: boolean}} props */
function Bar({ actions, comment, isHidden }) {
  const restriction = actions.restrictionOf(comment);
  const { talk, moderation } = actions.room.state.value;
  const question = moderation?.questions.find((each) => each.comment.id === comment.id);
  /** @param {string} words @param {() => void} onClick */
  const button = (words, onClick) => html`<button class="button button-secondary" type="button" onClick=${onClick}>${words}</button>`;
  return html`<div class="talk-bar">
    ${button(say(isHidden ? "host.show" : "host.hide"), () => void actions.toggle(comment))}
    ${!comment.by_staff && button(say(restriction?.kind === "mute" ? "host.unmute" : "host.mute"), () => void actions.restrict(comment, "mute"))}
    ${!comment.by_staff && button(say(restriction?.kind === "ban" ? "host.unban" : "host.ban"), () => void actions.restrict(comment, "ban"))}
    ${!isHidden && button(say("host.reply"), () => (actions.replyTo.value = comment))}
    ${!isHidden && button(say(talk.pinned?.id === comment.id ? "host.unpin" : "host.pin_short"), () => void actions.pin(comment))}
    ${!isHidden && button(say(question && question.state !== "answered" ? "host.question_drop" : "host.question"), () => void actions.toggleQuestion(comment))}
    ${question?.state === "waiting" && button(say("host.question_answer"), () => void actions.ask(comment, "answering"))}
    ${question?.state === "answering" && button(say("host.question_done"), () => void actions.ask(comment, "answered"))}
    ${!comment.by_staff &&
    html`<label class="talk-choice"><span class="visually-hidden">${say("host.how_long")}</span>
        <select class="input" value=${String(actions.minutes.value)} onChange=${(/** @type {Event} */ event) => {
          const { value } = /** @type {HTMLSelectElement} */ (event.currentTarget);
          actions.minutes.value = value === "null" ? null : Number(value);
        }}>
          ${[10, 30, 120].map((minutes) => html`<option value=${String(minutes)}>${say("host.minutes", { count: minutes })}</option>`)}
          <option value="null">${say("host.whole_session")}</option>
        </select></label>
      <label class="talk-choice check"><input type="checkbox" checked=${actions.wholeNetwork.value} onChange=${() => (actions.wholeNetwork.value = !actions.wholeNetwork.value)} /> ${say("host.whole_network")}</label>`}
  </div>`;
}

/**
 * A finger or mouse that moves to one side by enough does something; up and down scrolls.
 * @param {{onLeft: () => void, onRight: () => void, isOneSided: boolean}} ways
 */
function useSwipe({ onLeft, onRight, isOneSided }) {
  const [offset, setOffset] = useState(0);
  const from = useRef(/** @type {{x: number, y: number, id: number} | null} */ (null));
  const moved = useRef(false);
  const end = () => {
    from.current = null;
    setOffset(0);
  };
  return {
    offset,
    /** Whether the click that follows was meant as one. */
    wasTap: () => !moved.current,
    handlers: {
      onPointerDown: (/** @type {PointerEvent} */ event) => {
        if (!event.isPrimary) return;
        from.current = { x: event.clientX, y: event.clientY, id: event.pointerId };
        moved.current = false;
      },
      onPointerMove: (/** @type {PointerEvent} */ event) => {
        const start = from.current;
        if (start === null || event.pointerId !== start.id) return;
        const dx = event.clientX - start.x;
        if (!moved.current && (Math.abs(dx) < SLOP_PIXELS || Math.abs(dx) < Math.abs(event.clientY - start.y))) return;
        if (!moved.current && event.currentTarget instanceof Element) event.currentTarget.setPointerCapture(event.pointerId);
        moved.current = true;
        setOffset(Math.max(-2 * SWIPE_PIXELS, Math.min(isOneSided ? 0 : 2 * SWIPE_PIXELS, dx)));
      },
      onPointerUp: (/** @type {PointerEvent} */ event) => {
        const start = from.current;
        const dx = start === null ? 0 : event.clientX - start.x;
        const isSwipe = moved.current;
        end();
        if (isSwipe && dx <= -SWIPE_PIXELS) onLeft();
        else if (isSwipe && dx >= SWIPE_PIXELS && !isOneSided) onRight();
      },
      onPointerCancel: end,
    },
  };
}
