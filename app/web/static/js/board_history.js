// All comments of the session, back to the first one and searched, page by page from the archive.

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { timeOfDay } from "./format.js";
import { get } from "./http.js";
import { failureWords, say } from "./page.js";

/** @typedef {import("./protocol.js").CommentView} CommentView */
/** @typedef {import("./talk_actions.js").TalkActions} TalkActions */
/** @typedef {{comments: CommentView[], hidden: string[], has_more: boolean}} CommentPage */

const TYPING_PAUSE_MS = 300;
const SEARCH_MOST = 100;

/** @param {{actions: TalkActions}} props */
export function History({ actions }) {
  const [words, setWords] = useState("");
  const [shown, setShown] = useState(/** @type {CommentPage} */ ({ comments: [], hidden: [], has_more: false }));
  const [note, setNote] = useState("");
  const box = useRef(/** @type {HTMLInputElement | null} */ (null));
  const asked = useRef(0);
  /** @param {CommentView | undefined} last */
  const read = async (last) => {
    asked.current += 1;
    const number = asked.current;
    const before = last === undefined ? "" : `&before=${last.id}`;
    /** @type {import("./http.js").Answer<CommentPage>} */
    const answer = await get(`${actions.path}/comments?q=${encodeURIComponent(words.trim())}${before}`);
    // What was typed meanwhile has asked anew.
    if (number !== asked.current) return;
    if (!answer.ok) return setNote(failureWords(answer.failure));
    setNote(answer.value.comments.length === 0 && last === undefined ? say("host.history_none") : "");
    const known = last === undefined ? { comments: [], hidden: [] } : shown;
    setShown({ comments: [...known.comments, ...answer.value.comments], hidden: [...known.hidden, ...answer.value.hidden], has_more: answer.value.has_more });
  };
  /** The way back is the same button. @param {CommentView} comment */
  const toggle = async (comment) => {
    const isHidden = shown.hidden.includes(comment.id);
    if (!(await actions.setHidden(comment, !isHidden))) return;
    setShown((now) => ({ ...now, hidden: isHidden ? now.hidden.filter((id) => id !== comment.id) : [...now.hidden, comment.id] }));
  };
  useEffect(() => {
    const timer = setTimeout(() => void read(undefined), words === "" ? 0 : TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [words]);
  useEffect(() => box.current?.focus(), []);
  return html`<div class="history stack stack-tight">
    <div class="row history-search">
      <input class="input grow" type="search" ref=${box} aria-label=${say("host.history_search")} placeholder=${say("host.history_search")} maxlength=${SEARCH_MOST} value=${words}
        onInput=${(/** @type {Event} */ event) => setWords(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />
    </div>
    ${note !== "" && html`<p class="small soft" role="status">${note}</p>`}
    <ul class="comments" role="list" aria-label=${say("host.history")} tabindex="0">
      ${shown.comments.map(
        (comment) => html`<li key=${comment.id} class=${comment.by_staff ? "comment comment-staff row" : "comment row"}>
          <span class="grow"><span class="tiny soft number">${timeOfDay(comment.at_ms)}</span>${" "}<span class="comment-author">${comment.author}</span>${" "}<span class=${shown.hidden.includes(comment.id) ? "soft struck" : undefined}>${comment.text}</span></span>
          <button class="button button-quiet talk-undo" type="button" onClick=${() => toggle(comment)}>${say(shown.hidden.includes(comment.id) ? "host.show" : "host.hide")}</button>
        </li>`,
      )}
      ${shown.has_more && html`<li><button class="button button-secondary button-block" type="button" onClick=${() => read(shown.comments.at(-1))}>${say("host.history_older")}</button></li>`}
    </ul>
  </div>`;
}
