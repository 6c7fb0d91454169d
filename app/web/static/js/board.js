// The host's board: three zones that never move, comments beside them, keys for the hand that is not holding goods.

import { effect } from "@preact/signals";
import { html, render } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import "./staff.js";
import { BoardActions } from "./board_actions.js";
import { Attention } from "./board_attention.js";
import { NextZone } from "./board_next.js";
import { NowZone } from "./board_now.js";
import { PulseZone } from "./board_pulse.js";
import { ClaimsPanel } from "./board_claims.js";
import { AskedNow, queued } from "./board_questions.js";
import { Summary } from "./board_summary.js";
import { TalkZone } from "./board_talk.js";
import { TitleForm } from "./board_title.js";
import { ScreenWarning } from "./board_warning.js";
import { ClaimActions } from "./claim_actions.js";
import { thisMoment } from "./clock.js";
import { duration } from "./format.js";
import { get } from "./http.js";
import { pageFacts, part, say } from "./page.js";
import { Room } from "./room.js";
import { isSignedOut } from "./signed_out.js";
import { SureButton } from "./sure_button.js";
import { TalkActions } from "./talk_actions.js";

/** @typedef {import("./protocol.js").SessionView} SessionView */
/** @typedef {import("./protocol.js").ProductView} ProductView */

// What a helper has on a second phone: the talk alone.
const showsTalkAlone = new URLSearchParams(location.search).get("view") === "talk";

/** @type {{session: SessionView, products: ProductView[], pinned_product_id: string | null, server_time_ms: number, may: readonly string[]}} */
const facts = pageFacts();
const room = new Room({
  session: facts.session,
  path: `/ws/sessions/${facts.session.id}/board`,
  known: { products: facts.products, pinnedProductId: facts.pinned_product_id },
});
room.clock.hear(facts.server_time_ms, thisMoment());
const actions = new BoardActions(room, facts.may);
const talkActions = new TalkActions(room);
const claims = new ClaimActions(room, actions.may("work_orders"));

const ASK_EVERY_MS = 5_000;
// The sign-in may have ended while the board was away: no return helps then, until somebody signs in, here or in another tab.
effect(() => {
  if (!room.isAway.value && !isSignedOut.value) return undefined;
  void askWhoIsHere();
  const timer = setInterval(() => void askWhoIsHere(), ASK_EVERY_MS);
  return () => clearInterval(timer);
});

async function askWhoIsHere() {
  const answer = await get("/api/v1/me");
  if (answer.ok) isSignedOut.value = false;
}

function Board() {
  const { session } = room.state.value;
  const waiting = actions.asked.value.length + queued(talkActions).length;
  useEffect(() => {
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return html`<div class=${showsTalkAlone ? "board is-talk-alone" : "board"}>
    <${Head} session=${session} />
    <${ScreenWarning} actions=${actions} />
    <${Attention} actions=${actions} talk=${talkActions} />
    ${actions.showsTitleForm.value && html`<${TitleForm} actions=${actions} />`}
    ${(session.state === "ended" || session.state === "closed") && html`<${Summary} actions=${actions} />`}
    ${actions.showsKeys.value && html`<${Keys} />`}
    ${!showsTalkAlone && html`<${ClaimsPanel} claims=${claims} />`}
    <div class="zones">
      ${!showsTalkAlone && html`<${NowZone} actions=${actions} /><${PulseZone} actions=${actions} /><${NextZone} actions=${actions} />`}
      <${TalkZone} actions=${talkActions} showsAsked=${actions.showsAsked.value} top=${html`
        <div class="row talk-tabs" role="group" aria-label=${say("host.comments")}>
          <button class="button button-quiet grow" type="button" aria-pressed=${actions.showsAsked.value ? "false" : "true"} onClick=${() => (actions.showsAsked.value = false)}>${say("host.comments")}</button>
          <button class="button button-quiet grow" type="button" aria-pressed=${actions.showsAsked.value ? "true" : "false"} onClick=${() => (actions.showsAsked.value = true)}>${say("host.asked")}${waiting > 0 && html` <span class="badge badge-flash number">${waiting}</span>`}</button>
        </div>
        <${AskedNow} actions=${actions} talk=${talkActions} />`} />
    </div>
  </div>`;
}

/** @param {{session: SessionView}} props */
function Head({ session }) {
  void room.seconds.value;
  const onAir = session.started_at_ms === null ? 0 : (room.clock.nowMs() - session.started_at_ms) / 1000;
  const isOver = session.state === "ended" || session.state === "closed";
  return html`<header class="board-head">
    <div class="grow">
      <h1 class="heading-20 one-line">${session.title}</h1>
      <p class="row small soft">
        <span class=${session.state === "live" ? "badge badge-good" : "badge"}>${session.state === "live" && html`<span class="live-dot"></span>`}${say(`session.${session.state}`)}</span>
        ${session.state === "live" && html`<span>${say("host.on_air_since", { time: duration(onAir) })}</span>`}
        ${!showsTalkAlone && html`<${ViewerLink} sessionId=${session.id} />`}
        ${!isOver && !showsTalkAlone && actions.may("prepare_sessions") && html`<button class="button button-quiet copy" type="button" aria-expanded=${actions.showsTitleForm.value ? "true" : "false"} onClick=${() => (actions.showsTitleForm.value = !actions.showsTitleForm.value)}>${say("host.edit_title")}</button>`}
        ${showsTalkAlone ? null : session.state === "draft" || session.state === "scheduled"
          ? actions.may("prepare_sessions") && html`<a class="small" href=${`/host/${session.id}/edit`}>${say("host.edit")}</a>`
          : html`${actions.may("work_orders") && html`<a class="small" href=${`/host/${session.id}/orders`}>${say("host.order_desk")}</a>`}
              ${isOver && session.kind === "stream" && actions.may("prepare_sessions") && html`<a class="small" href=${`/host/${session.id}/edit`}>${say("host.recording")}</a>`}`}
        <a class="small" href=${showsTalkAlone ? `/host/${session.id}` : `/host/${session.id}?view=talk`}>${say(showsTalkAlone ? "host.whole_board" : "host.talk_alone")}</a>
        ${!showsTalkAlone && actions.may("run_sessions") && html`<a class="small" href=${`/host/${session.id}/comments`}>${say("claim.page_title")}</a>`}
      </p>
    </div>
    ${showsTalkAlone ? null : html`<div class="row">
      ${actions.runs && html`<button class="button button-quiet" type="button" aria-expanded=${actions.showsKeys.value ? "true" : "false"} onClick=${() => (actions.showsKeys.value = !actions.showsKeys.value)}>? ${say("host.keys")}</button>`}
      ${session.state === "draft" && actions.may("plan_sessions") && session.planned_start_at_ms !== null &&
      html`<button class="button button-secondary" type="button" onClick=${() => actions.move("scheduled")}>${say("host.schedule")}</button>`}
      ${(session.state === "draft" || session.state === "scheduled") && actions.runs &&
      html`<${SureButton} isGood words=${say("host.start")} sureWords=${say("host.start_sure")} disabled=${actions.isBusy.value} onSure=${() => actions.move("live")} />`}
      ${session.state === "live" && actions.runs &&
      html`<${SureButton} words=${say("host.end")} sureWords=${say("host.end_sure")} disabled=${actions.isBusy.value} onSure=${() => actions.move("ended")} />`}
      ${isOver && actions.may("open_reports") && html`<a class="button button-primary" href=${`/organiser/${session.id}`}>${say("host.see_report")}</a>`}
    </div>`}
  </header>`;
}

/** @param {{sessionId: string}} props */
function ViewerLink({ sessionId }) {
  const [isCopied, setIsCopied] = useState(false);
  const address = `${location.origin}/s/${sessionId}`;
  return html`<a class="small" href=${address} target="_blank" rel="noopener">${say("host.viewer_link")}</a>
    ${navigator.clipboard &&
    html`<button class="button button-quiet copy" type="button" onClick=${async () => {
      await navigator.clipboard.writeText(address);
      setIsCopied(true);
    }}>${say(isCopied ? "host.copied" : "host.copy")}</button>`}`;
}

function Keys() {
  const ofTalk = ["choose", "hide", "mute", "ban", "undo", "strict", "sweep", "question", "reply", "pin_comment", "search"];
  const rows = ["host.key_next", "claim.keys", "host.key_flash", "host.key_pin", "host.key_answer", "host.key_said", ...ofTalk.map((key) => `host.key_${key}`), "host.key_help"];
  return html`<aside class="card keys"><h2>${say("host.keys")}</h2><ul role="list">${rows.map((key) => html`<li>${say(key)}</li>`)}</ul></aside>`;
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const target = event.target instanceof Element ? event.target : document.body;
  const isTyping = target.closest("input, select, textarea") !== null;
  // The space bar also presses a button that has the focus.
  const isPressing = event.key === " " && target.closest("button, a") !== null;
  if (event.key === "Escape") {
    actions.showsKeys.value = false;
    actions.showsFlashForm.value = false;
    actions.showsTitleForm.value = false;
    talkActions.chosenId.value = null;
    if (talkActions.face.value === "history") talkActions.face.value = "comments";
  }
  if (isTyping || isPressing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (!press(event.key)) return;
  event.preventDefault();
}

function searchComments() {
  actions.showsAsked.value = false;
  talkActions.face.value = "history";
}

/** @param {string} key @returns {boolean} whether it did something */
function press(key) {
  if (key === "/") searchComments();
  else if (talkActions.chosenId.value === null && claims.press(key)) return true;
  else if (key === "?") actions.showsKeys.value = !actions.showsKeys.value;
  else if (!actions.runs || !pressOfHost(key)) return pressOfModerator(key);
  return true;
}

/** @param {string} key @returns {boolean} */
function pressOfModerator(key) {
  if (!actions.may("moderate_comments")) return false;
  if (key === "a" || key === "A") actions.withFirstAsked((group) => actions.sendAnswer(group));
  else if (key === "s" || key === "S") actions.withFirstAsked((group) => actions.markAnswered(group));
  else return talkActions.press(key.length === 1 ? key.toLowerCase() : key);
  return true;
}

/** @param {string} key @returns {boolean} */
function pressOfHost(key) {
  const { pinnedProductId } = room.state.value;
  if (key === " ") void actions.next();
  else if (key === "f" || key === "F") actions.showsFlashForm.value = true;
  else if (key === "p" || key === "P") void actions.pin(actions.chosenId.value ?? (pinnedProductId === null ? room.state.value.products[0]?.id ?? null : null));
  else return false;
  return true;
}

const root = part("board", HTMLElement);
root.replaceChildren();
render(html`<${Board} />`, root);
if (facts.session.state !== "closed") room.socket.open();
