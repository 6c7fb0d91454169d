// What a buyer may still change about an order: where it goes, and whether it goes at all.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { dateTime } from "./format.js";
import { KINDS } from "./ledger_kinds.js";
import { spelledPhone } from "./order_words.js";
import { say } from "./page.js";
import { PlaceChoice } from "./place_choice.js";
import { usePlaces } from "./places.js";
import { SureButton } from "./sure_button.js";
import { Field } from "./text_field.js";

/**
 * @typedef {import("./buyer_types.js").OrderPage} OrderPage
 * @typedef {import("./buyer_types.js").ReceiverChange} ReceiverChange
 * @typedef {import("./place_choice.js").Place} Place
 */

// As in app/fulfilment/buyer_schemas.py.
const REASONS = ["buyer_changed_mind", "buyer_wrong_order", "buyer_too_slow", "buyer_other"];

/** Where the goods go, and the form to change it. @param {{order: OrderPage, onMend: (change: ReceiverChange) => Promise<string>}} props */
export function Receiver({ order, onMend }) {
  const [isOpen, setIsOpen] = useState(false);
  const { receiver } = order;
  useEffect(() => {
    if (!order.may_change) setIsOpen(false);
  }, [order.may_change]);
  return html`<section class="card stack stack-tight" aria-labelledby="receiver">
    <div class="row row-between">
      <h2 id="receiver">${say("order.receiver")}</h2>
      ${order.may_change && html`<button class="button button-quiet" type="button" aria-expanded=${isOpen ? "true" : "false"} onClick=${() => setIsOpen(!isOpen)}>${say(isOpen ? "order.leave_it" : "order.mend")}</button>`}
    </div>
    ${receiver.phone === null
      ? html`<p class="notice">${say("order.erased")}</p>`
      : isOpen
        ? html`<${MendForm} receiver=${receiver} onMend=${onMend} onDone=${() => setIsOpen(false)} />`
        : html`<p class="order-address">
              <strong>${receiver.name}</strong> · <span class="number">${spelledPhone(receiver.phone)}</span><br />
              ${[receiver.street, receiver.ward_name, receiver.province_name].filter(Boolean).join(", ")}
            </p>
            ${receiver.note && html`<p class="notice order-address">${receiver.note}</p>`}
            ${order.receiver_changed_at_ms !== null && html`<p class="tiny soft">${say("order.mended_at", { time: dateTime(order.receiver_changed_at_ms) })}</p>`}
            ${isUnderWay(order) && html`<p class="small soft">${say("order.fixed")}</p>`}`}
  </section>`;
}

/** The seller has agreed and the goods are not there yet. @param {OrderPage} order */
function isUnderWay({ state, may_change: mayChange }) {
  return !mayChange && !KINDS[state].ends && KINDS[state].rank < KINDS.delivered.rank;
}

/** @param {{receiver: OrderPage["receiver"], onMend: (change: ReceiverChange) => Promise<string>, onDone: () => void}} props */
function MendForm({ receiver, onMend, onDone }) {
  const [form, setForm] = useState({
    phone: spelledPhone(receiver.phone ?? ""),
    province: { code: receiver.province_code, name: receiver.province_name ?? "" },
    ward: { code: receiver.ward_code, name: receiver.ward_name ?? "" },
    street: receiver.street ?? "",
    note: receiver.note ?? "",
  });
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const provinces = usePlaces("/api/v1/addresses/provinces");
  const wards = usePlaces(form.province.code === null ? null : `/api/v1/addresses/provinces/${form.province.code}/wards`);
  /** @param {Partial<typeof form>} change */
  const change = (change) => setForm((known) => ({ ...known, ...change }));
  /** @param {{code: number | null, name: string}} place */
  const placeProblem = (place) => (place.code === null && place.name !== "" ? say("form.place_unclear") : "");

  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    const { province, ward } = form;
    const missing = form.phone.replace(/\D/g, "").length < 8 ? "phone" : province.code === null ? "province" : ward.code === null ? "ward" : form.street.trim() === "" ? "street" : "";
    if (missing !== "" || province.code === null || ward.code === null) return setProblem(say(`form.${missing}_missing`));
    setIsBusy(true);
    const address = { province_code: province.code, ward_code: ward.code, street: form.street.trim() };
    const refused = await onMend({ phone: form.phone.trim(), address, note: form.note.trim() });
    setIsBusy(false);
    setProblem(refused);
    if (refused === "") onDone();
  };

  return html`<form class="stack" novalidate onSubmit=${submit}>
    <${Field} id="mend-phone" label=${say("form.phone")} value=${form.phone} most=${20} inputMode="tel" autocomplete="tel" onInput=${(/** @type {string} */ phone) => change({ phone })} />
    <${PlaceChoice} id="mend-province" label=${say("form.province")} placeholder=${say("form.province_choose")} places=${provinces} name=${form.province.name}
      isChosen=${form.province.code !== null} problem=${placeProblem(form.province)}
      onChoose=${(/** @type {Place} */ place) => place.code !== form.province.code && change({ province: place, ward: { code: null, name: "" } })}
      onLeave=${(/** @type {string} */ name) => change({ province: { code: null, name }, ward: { code: null, name: "" } })} />
    <${PlaceChoice} id="mend-ward" label=${say("form.ward")} placeholder=${say("form.ward_choose")} places=${wards} name=${form.ward.name}
      isChosen=${form.ward.code !== null} disabled=${form.province.code === null} problem=${placeProblem(form.ward)}
      onChoose=${(/** @type {Place} */ place) => change({ ward: place })} onLeave=${(/** @type {string} */ name) => change({ ward: { code: null, name } })} />
    <${Field} id="mend-street" label=${say("form.street")} value=${form.street} most=${200} autocomplete="street-address" onInput=${(/** @type {string} */ street) => change({ street })} />
    <${Field} id="mend-note" label=${say("form.note")} hint=${say("form.optional")} value=${form.note} most=${200} autocomplete="off" onInput=${(/** @type {string} */ note) => change({ note })} />
    ${problem !== "" && html`<p class="notice notice-danger" role="alert">${problem}</p>`}
    <button class="button button-primary button-block" type="submit" disabled=${isBusy}>${say("order.mend_save")}</button>
  </form>`;
}

/** @param {{onCancel: (reason: string) => Promise<string>}} props */
export function Cancelling({ onCancel }) {
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const cancel = async () => {
    setIsBusy(true);
    setProblem(await onCancel(reason));
    setIsBusy(false);
  };
  return html`<details class="card">
    <summary>${say("order.cancel")}</summary>
    <div class="stack">
      <fieldset class="stack stack-tight order-reasons">
        <legend class="small soft">${say("order.cancel_why")}</legend>
        ${REASONS.map(
          (each) => html`<label class="row"><input type="radio" name="reason" value=${each} checked=${reason === each} onChange=${() => setReason(each)} /><span>${say(`order.${each}`)}</span></label>`,
        )}
      </fieldset>
      ${problem !== "" && html`<p class="notice notice-danger" role="alert">${problem}</p>`}
      <${SureButton} words=${say("order.cancel")} sureWords=${say("order.cancel_sure")} class="button-block" disabled=${reason === "" || isBusy} onSure=${() => void cancel()} />
    </div>
  </details>`;
}
