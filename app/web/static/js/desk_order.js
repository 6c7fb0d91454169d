// The order in the middle of the desk: whom to call, what was ordered, and the outcomes with their keys.

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { ChangeForm } from "./desk_change.js";
import { DeskComplaints } from "./desk_complaints.js";
import { REVEAL_REASONS } from "./desk_state.js";
import { choicesFor } from "./desk_steps.js";
import { PaymentForm } from "./desk_payments.js";
import { ReturnForms } from "./desk_return.js";
import { ago, dateTime, money, number } from "./format.js";
import { StateBadge, factWords, spelledPhone } from "./order_words.js";
import { say } from "./page.js";

/**
 * @typedef {import("./desk_state.js").DeskState} DeskState
 * @typedef {import("./desk_types.js").OrderWithContact} OrderWithContact
 * @typedef {import("./desk_types.js").Receiver} Receiver
 * @typedef {import("./desk_steps.js").Choice} Choice
 */

const ASKS_FOR_MS = 4_000;

/** @param {{desk: DeskState}} props */
export function OpenOrder({ desk }) {
  const order = desk.open.value;
  if (desk.orders.value === null) return html`<section class="card card-roomy desk-order"><p class="soft">${say("app.loading")}</p></section>`;
  if (order === null) {
    const words = desk.orders.value.length === 0 ? "desk.no_orders" : desk.queue.value === "done" ? "desk.choose_one" : "desk.queue_empty";
    return html`<section class="card card-roomy desk-order"><p class="empty">${say(words)}</p></section>`;
  }
  return html`<section class="card card-roomy stack desk-order" aria-labelledby="open-order">
    <header class="row row-between">
      <h2 class="heading-20" id="open-order">${say("viewer.order_number", { code: order.code })}</h2>
      <${StateBadge} state=${order.state} />
    </header>
    <${Contact} desk=${desk} order=${order} />
    ${order.receiver_changed_at_ms !== null && html`<p class="small soft">${say("desk.receiver_changed", { time: dateTime(order.receiver_changed_at_ms) })}</p>`}
    <${DeskComplaints} key=${`complaints ${order.order_id}`} desk=${desk} order=${order} />
    <ul class="stack stack-tight" role="list">
      ${order.lines.map(
        (line) => html`<li class="row row-between">
          <span class="grow">${line.product_name}${" "}<span class="small soft">× ${number(line.quantity)} ${line.unit}${line.returned > 0 && ` · ${say("desk.returned_units", { count: number(line.returned) })}`}</span></span>
          <span class="number">${money(line.amount_vnd)}</span>
        </li>`,
      )}
      ${order.shipping_vnd > 0 &&
      html`<li class="row row-between"><span class="grow">${say("desk.shipping")}</span><span class="number">${money(order.shipping_vnd)}</span></li>`}
    </ul>
    <dl class="desk-facts">
      <div><dt>${say("desk.amount")}</dt><dd class="price">${money(order.total_vnd)}</dd></div>
      <div><dt>${say("desk.payment")}</dt><dd>${say(order.payment === "cod" ? "desk.payment_cod" : "desk.payment_transfer")}</dd></div>
      <div><dt>${say("desk.due")}</dt><dd class="number">${dateTime(order.due_at_ms)}</dd></div>
    </dl>
    ${order.owed_vnd > 0 && order.owed_vnd !== order.total_vnd && html`<p class="notice">${say("desk.owes", { amount: money(order.owed_vnd) })}</p>`}
    ${order.owed_vnd < 0 && html`<p class="notice">${say("desk.owed_back", { amount: money(-order.owed_vnd) })}</p>`}
    <${Outcomes} key=${`${order.order_id} ${order.state}`} desk=${desk} order=${order} />
    <${ChangeForm} key=${`change ${order.order_id}`} desk=${desk} order=${order} />
    <${ReturnForms} key=${`return ${order.order_id} ${order.entries.length}`} desk=${desk} order=${order} />
    ${desk.booksPayments && html`<${PaymentForm} key=${`payment ${order.order_id}`} desk=${desk} order=${order} />`}
    <${History} order=${order} />
  </section>`;
}

/** The receiver: masked until somebody says what for; from then on the next orders' too. @param {{desk: DeskState, order: OrderWithContact}} props */
function Contact({ desk, order }) {
  const shown = desk.revealed.value;
  if (order.receiver.phone === null) return html`<p class="notice">${say("desk.contact_erased")}</p>`;
  if (shown === null || shown.orderId !== order.order_id) return html`<${MaskedContact} desk=${desk} receiver=${order.receiver} />`;
  const { name, phone, street, ward_name: ward, province_name: province, note } = shown.receiver;
  if (phone === null) return html`<p class="notice">${say("desk.contact_erased")}</p>`;
  return html`<div class="stack stack-tight">
    <p class="heading-20">${name}</p>
    <p><a class="button button-secondary desk-phone number" href=${`tel:${phone}`}>${spelledPhone(phone)}</a></p>
    <p>${[street, ward, province].filter(Boolean).join(", ")}</p>
    ${note && html`<p class="notice">${note}</p>`}
    <p class="row row-between tiny soft">
      <span class="grow">${say("desk.revealed", { reason: say(`desk.reveal_${shown.reason}`) })}</span>
      <button class="button button-quiet" type="button" onClick=${() => desk.hide()}>${say("desk.hide")}</button>
    </p>
  </div>`;
}

/** @param {{desk: DeskState, receiver: Receiver}} props */
function MaskedContact({ desk, receiver }) {
  return html`<div class="stack stack-tight">
    <p class="heading-20">${receiver.name} <span class="number soft">${receiver.phone}</span></p>
    <p>${[receiver.ward_name, receiver.province_name].filter(Boolean).join(", ")}</p>
    <div class="stack stack-tight" role="group" aria-label=${say("desk.reveal")}>
      <p class="small soft">${say("desk.reveal")}</p>
      <div class="desk-reasons">
        ${REVEAL_REASONS.map(
          (reason) => html`<button key=${reason} class="button button-secondary" type="button" onClick=${() => void desk.reveal(reason)}>${say(`desk.reveal_${reason}`)}</button>`,
        )}
      </div>
    </div>
  </div>`;
}

/** What came of the call: one press, or one key; what loses the order asks for a second one. @param {{desk: DeskState, order: OrderWithContact}} props */
function Outcomes({ desk, order }) {
  const [askedKey, setAskedKey] = useState("");
  // Keys may come faster than the page is drawn.
  const asked = useRef("");
  const isReady = desk.isReady.value;
  const choices = choicesFor(order.entries.map((entry) => entry.kind), desk.booksPayments && order.payment === "cod");
  /** @param {Choice} choice */
  const press = (choice) => {
    if (!desk.isReady.peek()) return;
    const isSure = !choice.isDangerous || asked.current === choice.key;
    asked.current = isSure ? "" : choice.key;
    setAskedKey(asked.current);
    if (isSure) void desk.decide(choice);
  };
  useEffect(() => {
    /** @param {KeyboardEvent} event */
    const onKey = (event) => {
      const target = event.target instanceof Element ? event.target : document.body;
      if (target.closest("input, select, textarea") !== null || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
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
  return html`<div class="outcomes" role="group" aria-label=${say("desk.outcomes")}>
    ${choices.map((choice) => {
      const asks = askedKey === choice.key;
      const words = say(choice.collects ? "desk.do_deliver_and_collect" : choice.reason === "" ? `desk.do_${choice.kind}` : `desk.reason_${choice.reason}`);
      return html`<button key=${choice.key} class=${looksOf(choice, asks)} type="button" aria-keyshortcuts=${choice.key} disabled=${!isReady} onClick=${() => press(choice)}>
        <kbd aria-hidden="true">${choice.key}</kbd><span>${asks ? say("desk.press_again", { outcome: words }) : words}</span>
      </button>`;
    })}
  </div>`;
}

/**
 * @param {Choice} choice
 * @param {boolean} asks
 */
function looksOf({ kind, isDangerous }, asks) {
  if (isDangerous) return asks ? "button button-danger button-danger-sure" : "button button-danger";
  return kind === "later" ? "button button-secondary" : "button button-primary";
}

/** @param {{order: OrderWithContact}} props */
function History({ order }) {
  return html`<details>
    <summary>${say("desk.history")}</summary>
    <ol class="stack stack-tight small" role="list">
      ${order.entries.map(
        (entry) => html`<li key=${entry.seq} class="row row-between">
          <span>${factWords(entry)}</span>
          <span class="soft number">${dateTime(entry.happened_at_ms)} · ${ago((Date.now() - entry.happened_at_ms) / 1000)}</span>
        </li>`,
      )}
    </ol>
  </details>`;
}
