// The order desk: a queue, the next order in the middle, the outcomes under the fingers.

import { html, render } from "htm/preact";
import { useState } from "preact/hooks";

import "./staff.js";
import { DeskState } from "./desk_state.js";
import { OpenOrder } from "./desk_order.js";
import { Matters } from "./desk_payments.js";
import { ago, money, number } from "./format.js";
import { StateBadge } from "./order_words.js";
import { pageFacts, part, say } from "./page.js";
import { SignedOut, isSignedOut } from "./signed_out.js";

/** @typedef {import("./desk_types.js").DeskOrder} DeskOrder */

const READ_EVERY_MS = 20_000;
const ROWS_SHOWN = 100;
/** @type {readonly import("./desk_steps.js").Queue[]} */
const QUEUES = ["call", "ship", "done"];

/** @type {{session_id: string, title: string, back: string, books_payments: boolean}} */
const facts = pageFacts();
const desk = new DeskState(facts.session_id, facts.books_payments);

function Page() {
  return html`<div class="stack">
    <header>
      <h1>${say("host.order_desk")}</h1>
      <p class="soft"><a href=${facts.back}>${facts.title}</a></p>
    </header>
    <div class="row" role="group" aria-label=${say("desk.queues")}>
      ${QUEUES.map(
        (queue) => html`<button key=${queue} class="chip" type="button" aria-pressed=${desk.queue.value === queue ? "true" : "false"} onClick=${() => desk.choose(queue)}>
          ${say(`desk.queue_${queue}`)} <strong class="number">${number(desk.countOf(queue))}</strong>
        </button>`,
      )}
    </div>
    <${Find} />
    <div class="desk-line" role="status">
      <${SignedOut} />
      ${isSignedOut.value ? null : desk.problem.value !== "" ? html`<p class="notice notice-danger">${desk.problem.value}</p>` : desk.done.value !== "" && html`<p class="notice notice-good">${desk.done.value}</p>`}
    </div>
    <div class="desk">
      <${OpenOrder} desk=${desk} />
      <${Waiting} />
      ${desk.booksPayments && html`<${Matters} desk=${desk} />`}
    </div>
  </div>`;
}

/** The way to an order that somebody names, and to those whose buyers complain. */
function Find() {
  const [code, setCode] = useState("");
  const complained = (desk.orders.value ?? []).filter((order) => order.complaints_waiting > 0);
  const oldest = complained.at(-1);
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    if (code.trim() !== "" && (await desk.find(code.trim()))) setCode("");
  };
  return html`<div class="row desk-find">
    <form class="row" role="search" onSubmit=${submit}>
      <label class="visually-hidden" for="find">${say("desk.find")}</label>
      <input class="input" id="find" maxlength="40" autocomplete="off" autocapitalize="characters" placeholder=${say("desk.find")} value=${code}
        onInput=${(/** @type {Event} */ event) => setCode(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />
      <button class="button button-secondary" type="submit">${say("desk.find_go")}</button>
    </form>
    ${desk.found.value.length > 0 &&
    html`<div class="row" role="group" aria-label=${say("desk.found", { count: number(desk.found.value.length) })}>
      <span class="small soft">${say("desk.found", { count: number(desk.found.value.length) })}</span>
      ${desk.found.value.map((order) => html`<button key=${order.order_id} class="chip number" type="button" aria-pressed=${desk.open.value?.order_id === order.order_id ? "true" : "false"} onClick=${() => desk.show(order.order_id)}>${order.code}</button>`)}
    </div>`}
    ${oldest && html`<button class="chip" type="button" onClick=${() => desk.show(oldest.order_id)}>${say("desk.complaints_wait", { count: number(complained.length) })}</button>`}
  </div>`;
}

function Waiting() {
  const orders = desk.waiting;
  return html`<section class="card stack stack-tight desk-queue" aria-labelledby="queue">
    <h2 id="queue">${say(`desk.queue_${desk.queue.value}`)}</h2>
    ${orders.length === 0 && html`<p class="small soft">${say("desk.nobody_waits")}</p>`}
    <ol class="desk-rows" role="list">${orders.slice(0, ROWS_SHOWN).map((order) => html`<${Row} key=${order.order_id} order=${order} />`)}</ol>
    ${orders.length > ROWS_SHOWN && html`<p class="small soft">${say("desk.more", { count: number(orders.length - ROWS_SHOWN) })}</p>`}
  </section>`;
}

/** @param {{order: DeskOrder}} props */
function Row({ order }) {
  const isOpen = desk.open.value?.order_id === order.order_id;
  return html`<li>
    <button class="desk-row" type="button" aria-current=${isOpen ? "true" : undefined} onClick=${() => desk.show(order.order_id)}>
      <span class="grow">
        <strong class="number">${say("viewer.order_number", { code: order.code })}</strong>
        <span class="tiny soft">${order.phone_masked ?? ""} · ${ago((Date.now() - order.placed_at_ms) / 1000)}${desk.later.value.includes(order.order_id) && ` · ${say("desk.put_off")}`}</span>
      </span>
      <span class="desk-row-end"><span class="number">${money(order.total_vnd)}</span>${order.complaints_waiting > 0 && html`<span class="badge badge-loss">${say("desk.complaint_waits")}</span>`}${order.state !== "placed" && html`<${StateBadge} state=${order.state} />`}</span>
    </button>
  </li>`;
}

const root = part("desk", HTMLElement);
root.replaceChildren();
render(html`<${Page} />`, root);
void desk.read();
if (desk.booksPayments) void desk.readMatters();
setInterval(() => !document.hidden && void desk.read(), READ_EVERY_MS);
