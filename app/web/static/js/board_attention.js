// One line that says what needs the host now; nothing when nothing does.

import { html } from "htm/preact";

import { StrictButton } from "./board_strict.js";
import { fallOfViewers, tooManyComments } from "./board_samples.js";
import { countdown, number } from "./format.js";
import { say } from "./page.js";
import { isLow } from "./parts.js";
import { SignedOut, isSignedOut } from "./signed_out.js";

/** @typedef {import("./board_actions.js").BoardActions} BoardActions */
/** @typedef {import("./talk_actions.js").TalkActions} TalkActions */
/** @typedef {{kind: string, words: string, isRaid?: boolean}} Line */

const ENDING_SECONDS = 30;
// Of a pool of units: what is left of the product on air when it is nearly gone.
const POOL_LOW = 5;

/** @param {{actions: BoardActions, talk: TalkActions}} props */
export function Attention({ actions, talk }) {
  if (isSignedOut.value) return html`<div class="attention"><${SignedOut} /></div>`;
  const line = connectionLine(actions) ?? stateLine(actions) ?? offerLine(actions) ?? poolLine(actions) ?? talkLine(actions);
  return html`<div class="attention" role="status">${line !== null && html`<p class=${`notice ${line.kind}`}><span class="grow">${line.words}</span>${line.isRaid && !talk.isStrict && actions.may("moderate_comments") && html`<${StrictButton} actions=${talk} />`}</p>`}</div>`;
}

/** @param {BoardActions} actions @returns {Line | null} */
function connectionLine({ problem, room }) {
  if (problem.value !== "") return { kind: "notice-danger", words: problem.value };
  if (room.status.value === "stopped" && room.state.value.session.state === "live") return { kind: "notice-danger", words: say("host.board_lost") };
  return room.isAway.value ? { kind: "notice-warning", words: say("host.attention_offline") } : null;
}

/** @param {BoardActions} actions @returns {Line | null} */
function stateLine({ room }) {
  const { state } = room.state.value.session;
  if (state === "draft") return { kind: "", words: say("host.draft_note") };
  if (state === "scheduled") return { kind: "", words: say("host.not_started") };
  return state === "live" ? null : { kind: "notice-good", words: say("host.ended_note") };
}

/** @param {BoardActions} actions @returns {Line | null} */
function offerLine({ room }) {
  const { offers, products } = room.state.value;
  for (const offer of offers.filter((each) => each.state === "open")) {
    const product = products.find((each) => each.id === offer.product_id)?.name ?? "";
    const seconds = room.secondsUntil(offer.ends_at_ms);
    if (offer.remaining <= 0) return { kind: "notice-warning", words: say("host.attention_sold_out", { product }) };
    if (isLow(offer)) return { kind: "notice-warning", words: say("host.attention_low_stock", { product, count: offer.remaining }) };
    if (offer.ends_at_ms !== null && seconds <= ENDING_SECONDS) return { kind: "notice-warning", words: say("host.attention_offer_ending", { time: countdown(seconds) }) };
  }
  return null;
}

/** The pool of what is on air. @param {BoardActions} actions @returns {Line | null} */
function poolLine({ room }) {
  const { shelf, products, pinnedProductId } = room.state.value;
  const pool = shelf.find((each) => each.product_id === pinnedProductId);
  const product = products.find((each) => each.id === pinnedProductId)?.name ?? "";
  if (pool === undefined || pool.left > POOL_LOW) return null;
  const words = pool.left > 0 ? say("host.attention_low_stock", { product, count: pool.left }) : say("host.attention_sold_out", { product });
  return { kind: "notice-warning", words };
}

/** @param {BoardActions} actions @returns {Line | null} */
function talkLine({ samples }) {
  const many = tooManyComments(samples.value);
  if (many !== null) return { kind: "notice-warning", words: say("host.attention_comments", { count: number(many) }), isRaid: true };
  const fall = fallOfViewers(samples.value);
  return fall === null ? null : { kind: "notice-warning", words: say("host.attention_fall", { before: number(fall.before), now: number(fall.now) }) };
}
