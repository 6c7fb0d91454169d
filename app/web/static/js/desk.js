// The order desk: a queue over sessions, the next order in the middle, the outcomes under the fingers.

import { html, render } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import "./staff.js";
import { ClaimsPanel } from "./board_claims.js";
import { ExtraOrders } from "./desk_advice.js";
import { BulkPanel, TickRow, pressForMany } from "./desk_bulk.js";
import { DeskBulk } from "./desk_bulk_state.js";
import { DeskState } from "./desk_state.js";
import { OpenOrder } from "./desk_order.js";
import { Keys, isForPage } from "./desk_outcomes.js";
import { Matters } from "./desk_payments.js";
import { followDesk } from "./desk_push.js";
import { WORKED } from "./desk_queues.js";
import { ago, countdown, dateTime, money, number, timeOfDay } from "./format.js";
import { StateBadge } from "./order_words.js";
import { pageFacts, part, say } from "./page.js";
import { SignedOut, isSignedOut } from "./signed_out.js";

/** @typedef {import("./desk_work_types.js").QueuedOrder} QueuedOrder */
/** @typedef {import("./desk_work_types.js").Queue} Queue */

/** @type {readonly Queue[]} */
const QUEUES = [...WORKED, "over"];
/** Those that are shown although nobody waits in them. @type {readonly Queue[]} */
const ALWAYS = ["first", "pack", "over"];
const SAME_DAY_MS = 12 * 3_600_000;

/** @type {{session_id: string | null, title: string, back: string, books_payments: boolean, sets_rules: boolean, user_id: string, rehearsals: readonly {session_id: string, title: string}[]}} */
const facts = pageFacts();
const desk = new DeskState(facts.session_id, facts.user_id, facts.books_payments);
const bulk = new DeskBulk(desk);

function Page() {
  const [showsKeys, setShowsKeys] = useState(false);
  useEffect(() => {
    /** @param {KeyboardEvent} event */
    const onKey = (event) => {
      const isLeaving = event.key === "Escape" && event.target instanceof HTMLElement && event.target.closest("input, select, textarea") !== null;
      if (event.key === "Escape") {
        setShowsKeys(false);
        if (event.target instanceof HTMLElement) event.target.blur();
      }
      if (isLeaving || !isForPage(event)) return;
      if (event.key === "?") setShowsKeys((shown) => !shown);
      else if (!press(event.key.toLowerCase())) return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return html`<div class="stack">
    <header class="row row-between">
      <div class="grow">
        <h1>${say("host.order_desk")}</h1>
        <p class="soft"><a href=${facts.back}>${facts.title}</a></p>
      </div>
      <button class="button button-quiet" type="button" aria-keyshortcuts="b" aria-pressed=${bulk.isOn ? "true" : "false"} onClick=${() => (bulk.isOn ? bulk.close() : bulk.open())}>${say("desk.bulk")} <kbd class="desk-key" aria-hidden="true">B</kbd></button>
      <button class="button button-quiet desk-keys-button" type="button" aria-keyshortcuts="?" aria-expanded=${showsKeys ? "true" : "false"} onClick=${() => setShowsKeys(!showsKeys)}>${say("desk.keys")} <kbd aria-hidden="true">?</kbd></button>
    </header>
    ${facts.rehearsals.length > 0 && html`<p class="notice"><span>${say("desk.rehearsals")} ${facts.rehearsals.map(({ session_id: id, title }, place) => html`${place > 0 && ", "}<a href=${`/host/${id}/orders`}>${title}</a>`)}</span></p>`}
    ${showsKeys && html`<${Keys} close=${() => setShowsKeys(false)} />`}
    <${Queues} />
    <${Find} />
    <div class="desk-line" role="status">
      <${SignedOut} />
      ${isSignedOut.value ? null : desk.problem.value !== "" ? html`<p class="notice notice-danger">${desk.problem.value}</p>` : desk.done.value !== "" && html`<${Done} />`}
    </div>
    ${desk.showsClaims.value && html`<${Claims} />`}
    <div class="desk" hidden=${desk.showsClaims.value}>
      ${bulk.isOn ? html`<${BulkPanel} bulk=${bulk} />` : html`<${OpenOrder} desk=${desk} />`}
      <${Waiting} />
      ${desk.booksPayments && html`<${Matters} desk=${desk} />`}
    </div>
    <${ExtraOrders} />
  </div>`;
}

/** @param {string} key @returns {boolean} whether it did something */
function press(key) {
  const order = desk.work.value?.order;
  if (bulk.isOn && pressForMany(bulk, key)) return true;
  if (desk.showsClaims.value && desk.claims.press(key)) return true;
  if (key === "b") bulk.open();
  else if (key === "0") void desk.skip();
  else if (key === "u") void desk.undo();
  else if (key === "r") void (desk.revealed.value === null ? desk.reveal("call") : desk.hide());
  else if (key === "t") void (order !== undefined && desk.show(order.order_id, order.session_id, true));
  else if (key === "n") document.getElementById("note")?.focus();
  else if (key === "/") document.getElementById("find")?.focus();
  else if (key === "[" || key === "]") {
    /** @type {(Queue | null)[]} */
    const shown = [null, ...shownQueues()];
    const place = shown.indexOf(desk.showsClaims.value ? null : desk.queue.value) + (key === "[" ? -1 : 1);
    const next = shown[(place + shown.length) % shown.length];
    if (next !== undefined) void (next === null ? desk.chooseClaims() : desk.choose(next));
  } else return false;
  return true;
}

function shownQueues() {
  return QUEUES.filter((queue) => queue === desk.queue.value || ALWAYS.includes(queue) || desk.countOf(queue).due + desk.countOf(queue).later > 0);
}

function Queues() {
  const claims = desk.counts.value?.claims.waiting ?? 0;
  const showsClaims = desk.showsClaims.value;
  return html`<div class="row desk-queues" role="group" aria-label=${say("desk.queues")}>
    <button class="chip" type="button" aria-pressed=${showsClaims ? "true" : "false"} onClick=${() => desk.chooseClaims()}>${say("desk.queue_claims")} <strong class="number">${number(claims)}</strong></button>
    ${shownQueues().map((queue) => {
      const { due, later } = desk.countOf(queue);
      return html`<button key=${queue} class="chip" type="button" aria-pressed=${!showsClaims && desk.queue.value === queue ? "true" : "false"} onClick=${() => desk.choose(queue)}>
        ${say(`desk.queue_${queue}`)}${queue !== "over" && html` <strong class="number">${number(due)}</strong>`}${later > 0 && html` <span class="tiny soft">+${say("desk.later_count", { count: number(later) })}</span>`}
      </button>`;
    })}
  </div>`;
}

/** What comments ask for, each with one tap for each way on. */
function Claims() {
  const { claims } = desk;
  const count = desk.counts.value?.claims.waiting ?? 0;
  const shown = claims.waiting.value.length;
  return html`<div class="stack stack-tight">
    ${shown === 0 && html`<section class="card card-roomy"><p class="empty">${say("claim.none")}</p></section>`}
    <${ClaimsPanel} claims=${claims} />
    ${count > shown && shown > 0 && html`<p class="small soft">${say("claim.more", { count: number(count - shown) })}</p>`}
    ${facts.sets_rules && html`<p class="small"><a href="/organiser/comment-orders">${say("claim.rules_common")}</a></p>`}
    ${shown > 0 && html`<p class="tiny soft desk-claim-keys">${say("claim.keys")}</p>`}
  </div>`;
}

/** What was done last, and for a minute the way back. */
function Done() {
  const [now, setNow] = useState(Date.now());
  const last = desk.canUndo.value;
  const seconds = last === null ? 0 : (last.until_ms - now) / 1000;
  useEffect(() => {
    if (last === null) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [last]);
  return html`<p class="notice notice-good row row-between">
    <span class="grow">${desk.done.value}</span>
    ${last !== null && seconds > 0 && html`<button class="button button-quiet" type="button" aria-keyshortcuts="u" onClick=${() => void desk.undo()}><kbd aria-hidden="true">U</kbd> ${say("desk.undo")} <span class="number">${countdown(seconds)}</span></button>`}
  </p>`;
}

/** The way to an order that somebody names, and to those whose buyers complain. */
function Find() {
  const [text, setText] = useState("");
  const complained = desk.counts.value?.complaints ?? [];
  const oldest = complained[0];
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    if (text.trim() !== "" && (await desk.find(text.trim()))) setText("");
  };
  return html`<div class="row desk-find">
    <form class="row grow" role="search" onSubmit=${submit}>
      <label class="visually-hidden" for="find">${say("desk.find")}</label>
      <input class="input desk-find-input" id="find" maxlength="80" autocomplete="off" placeholder=${say("desk.find")} value=${text}
        onInput=${(/** @type {Event} */ event) => setText(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />
      <button class="button button-secondary" type="submit">${say("desk.find_go")}</button>
    </form>
    ${oldest && html`<button class="chip" type="button" onClick=${() => desk.show(oldest.order_id, oldest.session_id)}>${say("desk.complaints_wait", { count: number(complained.length) })}</button>`}
  </div>`;
}

function Waiting() {
  const { found, rows, nextCursor } = desk;
  if (found.value !== null) {
    const { orders, names_searched: searched } = found.value;
    return html`<section class="card stack stack-tight desk-queue" aria-labelledby="queue">
      <header class="row row-between"><h2 id="queue">${say("desk.found", { count: number(orders.length) })}</h2><button class="button button-quiet" type="button" onClick=${() => (found.value = null)}>${say("desk.back")}</button></header>
      ${searched > 0 && html`<p class="tiny soft">${say("desk.names_searched", { count: number(searched) })}</p>`}
      <ol class="desk-rows" role="list">${orders.map((order) => html`<${Row} key=${order.order_id} order=${order} />`)}</ol>
    </section>`;
  }
  return html`<section class="card stack stack-tight desk-queue" aria-labelledby="queue">
    <h2 id="queue">${say(`desk.queue_${desk.queue.value}`)}</h2>
    ${rows.value?.length === 0 && html`<p class="small soft">${say("desk.nobody_waits")}</p>`}
    <ol class="desk-rows" role="list">${(rows.value ?? []).map((order) => html`<${Row} key=${order.order_id} order=${order} />`)}</ol>
    ${nextCursor.value !== null && html`<button class="button button-quiet" type="button" onClick=${() => void desk.more()}>${say("desk.show_more")}</button>`}
  </section>`;
}

/** @param {QueuedOrder} order */
function whenOf(order) {
  const now = Date.now();
  if (order.ready_at_ms <= now) return ago((now - order.placed_at_ms) / 1000);
  return say("desk.call_again", { time: order.ready_at_ms - now < SAME_DAY_MS ? timeOfDay(order.ready_at_ms) : dateTime(order.ready_at_ms) });
}

/** @param {{order: QueuedOrder}} props */
function Row({ order }) {
  const isOpen = desk.open.value?.order_id === order.order_id;
  const isOthers = order.held_by !== null && order.held_by !== facts.user_id;
  const words = [order.phone_masked, whenOf(order), facts.session_id === null && order.session_title, desk.skipped.value.includes(order.order_id) && say("desk.put_off")];
  const content = html`<span class="grow">
        <strong class="number">${say("viewer.order_number", { code: order.code })}</strong>
        <span class="tiny soft">${words.filter(Boolean).join(" · ")}</span>
        ${order.assigned_name !== null && html`<span class="tiny soft">${say("desk.assigned_to", { who: order.assigned_name })}</span>`}
      </span>
      <span class="desk-row-end"><span class="number">${money(order.total_vnd)}</span>${isOthers && html`<span class="badge">${say("desk.held", { who: order.held_name ?? "" })}</span>`}${order.complaints_waiting > 0 && html`<span class="badge badge-loss">${say("desk.complaint_waits")}</span>`}${order.state !== "placed" && html`<${StateBadge} state=${order.state} />`}</span>`;
  return html`<li>
    ${bulk.isOn ? html`<${TickRow} bulk=${bulk} order=${order}>${content}<//>` : html`<button class="desk-row" type="button" aria-current=${isOpen ? "true" : undefined} onClick=${() => desk.show(order.order_id, order.session_id)}>${content}</button>`}
  </li>`;
}

const root = part("desk", HTMLElement);
root.replaceChildren();
render(html`<${Page} />`, root);
void desk.read();
void desk.readColleagues();
if (desk.booksPayments) void desk.readMatters();
desk.keepInHand();
followDesk(() => void desk.read());
