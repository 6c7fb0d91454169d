// Comments, what stands above them, and hearts.

import { html } from "htm/preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { commentName, nameRefusal, rememberCommentName } from "./buyer.js";
import { shortNumber } from "./format.js";
import { problemSentence, say } from "./page.js";
import { Counting } from "./parts.js";
import { ConnectionLost } from "./socket.js";

/**
 * @typedef {import("./protocol.js").CommentView} CommentView
 * @typedef {import("./protocol.js").TalkView} TalkView
 * @typedef {import("./viewer_actions.js").Market} Market
 * @typedef {import("./room.js").Room} Room
 */

const BUNCH_EVERY_MS = 1_000;
const BUNCH_MOST = 100;
const TEXT_MOST = 300;
const NEAR_END_PIXELS = 60;
const BANNED = 4505;
/** Nothing is to be changed in it: the comment was taken. */
const HELD = "comment_held";

/**
 * Comments, newest lowest; follows the newest unless the reader has scrolled back. What scrolls can be reached by key.
 * @param {{comments: readonly CommentView[], scrolls?: boolean}} props
 */
export function Comments({ comments, scrolls = true }) {
  const list = useRef(/** @type {HTMLUListElement | null} */ (null));
  const follows = useRef(true);
  useLayoutEffect(() => {
    if (list.current && follows.current) list.current.scrollTop = list.current.scrollHeight;
  }, [comments]);
  return html`<ul
    class="comments"
    role="list"
    aria-label=${say("viewer.comments")}
    tabindex=${scrolls ? 0 : undefined}
    ref=${list}
    onScroll=${() => {
      const box = list.current;
      if (box) follows.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PIXELS;
    }}
  >
    ${comments.length === 0 && html`<li class="comment comments-empty">${say("viewer.comments_empty")}</li>`}
    ${comments.map(
      (comment) => html`<li key=${comment.id} class=${comment.by_staff ? "comment comment-staff" : "comment"}>
        <${Words} comment=${comment} />
      </li>`,
    )}
  </ul>`;
}

/** Who says what, and to whom. @param {{comment: CommentView}} props */
export function Words({ comment }) {
  return html`<span class="comment-author">${comment.author}</span>${comment.source !== "page" && html`<span class="badge">${say(`source.${comment.source}`)}</span>${" "}`}${comment.by_staff && html`<span class="badge badge-good">${say("viewer.by_staff")}</span>${" "}`}${comment.reply_to && html`<span class="comment-reply">${say("viewer.reply_to", { name: comment.reply_to.author })}</span>${" "}`}<span>${comment.text}</span>`;
}

/** The running notice, the question that is answered, the pinned comment: each in one line. @param {{talk: TalkView}} props */
export function TalkTop({ talk }) {
  if (talk.notice === null && talk.pinned === null && talk.answering === null) return null;
  return html`<div class="talk-top">
    ${talk.notice !== null && html`<p class="talk-notice" role="status">${talk.notice}</p>`}
    ${talk.answering && html`<p class="talk-line"><span class="badge">${say("viewer.answering")}</span> <${Words} comment=${talk.answering} /></p>`}
    ${talk.pinned && html`<p class="talk-line"><span class="badge">${say("viewer.pinned_comment")}</span> <${Words} comment=${talk.pinned} /></p>`}
  </div>`;
}

/** What the rules ask of a speaker, said before anybody writes. @param {TalkView} talk */
function placeholder(talk) {
  if (talk.buyers_only) return say("viewer.buyers_only");
  if (talk.slow_mode_seconds > 0) return say("viewer.slow_mode", { count: talk.slow_mode_seconds });
  return say("viewer.comment_placeholder");
}

/** @param {{room: Room, onProblem: (words: string) => void, withName?: boolean, replyTo?: CommentView | null, onSent?: () => void}} props */
export function Composer({ room, onProblem, withName = true, replyTo = null, onSent }) {
  const [text, setText] = useState("");
  const [asksName, setAsksName] = useState(false);
  const wasAsked = useRef(false);
  // Never the buyer's name from the order form: who orders is nobody's business.
  const [name, setName] = useState(commentName.value);

  /** @param {string} words */
  const post = async (words) => {
    try {
      const reply = await room.socket.request({ type: "comment.post", text: words, ...(replyTo && { reply_to: replyTo.id }) });
      if (reply.type === "command.failed") {
        if (reply.code === HELD) setText("");
        return onProblem(problemSentence(reply.code, reply.message));
      }
      setText("");
      onSent?.();
      // The answer to a hello comes before that to the comment, which was shown under the guest's name then.
      const refusal = nameRefusal.value;
      onProblem(refusal === null ? "" : problemSentence(refusal.code, refusal.message));
      if (refusal !== null) setAsksName(true);
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      onProblem(say("viewer.offline"));
    }
  };
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    const words = text.trim();
    if (words === "") return;
    if (withName && commentName.value === "" && !wasAsked.current) {
      wasAsked.current = true;
      return setAsksName(true);
    }
    if (asksName) nameRefusal.value = null;
    if (asksName && name.trim() !== "") {
      rememberCommentName(name.trim());
      // A hello tells the room the new name.
      room.socket.hello();
    }
    setAsksName(false);
    void post(words);
  };
  if (room.closeCode.value === BANNED) return html`<p class="composer composer-closed small">${problemSentence("speaker_banned")}</p>`;
  if (room.isPolling) return html`<p class="composer composer-closed small">${say(room.cannotSpeak ? "viewer.cookies_comments" : "viewer.polling_comments")}</p>`;
  return html`<form class="composer" onSubmit=${submit}>
    ${asksName &&
    html`<input class="input composer-name" aria-label=${say("viewer.comment_name")} placeholder=${`${say("viewer.comment_name")} (${say("form.optional")})`} maxlength="40" value=${name}
      ref=${(/** @type {HTMLInputElement | null} */ box) => box?.focus()}
      onInput=${(/** @type {Event} */ event) => setName(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />`}
    <input class="input" aria-label=${say("viewer.comment_placeholder")} placeholder=${replyTo ? say("viewer.reply_to", { name: replyTo.author }) : placeholder(room.state.value.talk)} maxlength=${TEXT_MOST}
      autocomplete="off" enterkeyhint="send" value=${text}
      onInput=${(/** @type {Event} */ event) => setText(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />
    ${text.trim() !== "" && html`<button class="button button-secondary" type="submit">${say("viewer.comment_send")}</button>`}
  </form>`;
}

/** Hearts are counted here and sent in bunches, one per second. @param {{market: Market}} props */
export function Heart({ market }) {
  const { room } = market;
  const [taps, setTaps] = useState(0);
  const unsent = useRef(0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (unsent.current === 0 || room.socket.status !== "open") return;
      const count = Math.min(unsent.current, BUNCH_MOST);
      unsent.current -= count;
      // A bunch that is lost with the connection stays lost: counts of hearts are not worth a second ask.
      room.socket.request({ type: "like.send", count }).catch(() => undefined);
    }, BUNCH_EVERY_MS);
    return () => clearInterval(timer);
  }, [room]);
  const { likes } = room.state.value.counts;
  return html`<button
    class="button heart"
    type="button"
    aria-label=${`${say("viewer.like")}: ${shortNumber(likes)}`}
    disabled=${room.isPolling}
    onClick=${() => {
      unsent.current += 1;
      setTaps(taps + 1);
    }}
  >
    <svg key=${taps} class=${taps > 0 ? "heart-shape is-fresh" : "heart-shape"} viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
      <path d="M12 20.5C5.6 16.1 3 12.7 3 9.1 3 6.3 5.2 4.2 7.9 4.2c1.7 0 3.2.9 4.1 2.3.9-1.4 2.4-2.3 4.1-2.3 2.7 0 4.9 2.1 4.9 4.9 0 3.6-2.6 7-9 11.4z" />
    </svg>
    <${Counting} value=${likes} format=${shortNumber} />
  </button>`;
}
