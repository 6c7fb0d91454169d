// The order in the middle of the desk: whom to call, what was ordered, and the outcomes with their keys.

import { html } from "htm/preact";

import { ChangeForm } from "./desk_change.js";
import { DeskComplaints } from "./desk_complaints.js";
import { REVEAL_REASONS } from "./desk_open.js";
import { Outcomes } from "./desk_outcomes.js";
import { PaymentForm } from "./desk_payments.js";
import { ReturnForms } from "./desk_return.js";
import { Advice, Assignment, Buyer, Calls, InHand, Notes, Said } from "./desk_work.js";
import { ago, dateTime, money, number } from "./format.js";
import { StateBadge, factWords, spelledPhone } from "./order_words.js";
import { say } from "./page.js";

/**
 * @typedef {import("./desk_state.js").DeskState} DeskState
 * @typedef {import("./desk_types.js").OrderWithContact} OrderWithContact
 * @typedef {import("./desk_types.js").Receiver} Receiver
 */

/** @param {{desk: DeskState}} props */
export function OpenOrder({ desk }) {
  const order = desk.open.value;
  if (desk.counts.value === null) return html`<section class="card card-roomy desk-order"><p class="soft">${say("app.loading")}</p></section>`;
  if (order === null) {
    const words = desk.queue.value === "over" ? "desk.choose_one" : "desk.queue_empty";
    return html`<section class="card card-roomy desk-order"><p class="empty">${say(words)}</p></section>`;
  }
  return html`<section class="card card-roomy stack desk-order" aria-labelledby="open-order">
    <header class="row row-between">
      <h2 class="heading-20" id="open-order">${say("viewer.order_number", { code: order.code })}</h2>
      <${StateBadge} state=${order.state} />
    </header>
    <${InHand} desk=${desk} />
    <${Advice} desk=${desk} />
    <${Contact} desk=${desk} order=${order} />
    <${Buyer} desk=${desk} />
    <${Said} desk=${desk} />
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
    <${Calls} desk=${desk} />
    <${Notes} key=${`notes ${order.order_id}`} desk=${desk} />
    <${Assignment} desk=${desk} />
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
