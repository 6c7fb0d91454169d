// Money that fits no order, or not quite: what came, what the bank wrote, and the two things that can be done about it.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { dateTime, money, number } from "./format.js";
import { Field } from "./goods_parts.js";
import { command } from "./http.js";
import { failureWords, say } from "./page.js";
import { SureButton } from "./sure_button.js";

/**
 * @typedef {import("./payments_types.js").MoneyWorkItem} MoneyWorkItem
 * @typedef {import("./payments_types.js").MoneyWorkList} MoneyWorkList
 */

const PATH = "/api/v1/money-work";

/** @param {{work: MoneyWorkList | null, onWork: (work: MoneyWorkList) => void}} props */
export function Work({ work, onWork }) {
  return html`<section class="card card-roomy stack" aria-labelledby="work">
    <h2 id="work">${say("payments.work")}${work !== null && work.waiting > 0 && html` <span class="badge badge-flash">${number(work.waiting)}</span>`}</h2>
    ${work === null && html`<p class="soft">${say("app.loading")}</p>`}
    ${work !== null && work.items.length === 0 && html`<p class="soft">${say("payments.work_none")}</p>`}
    <ul class="stack" role="list">${work?.items.map((item) => html`<${Item} key=${item.payment_id} item=${item} onWork=${onWork} />`)}</ul>
  </section>`;
}

/** @param {{item: MoneyWorkItem, onWork: (work: MoneyWorkList) => void}} props */
function Item({ item, onWork }) {
  const [code, setCode] = useState(item.order_code ?? "");
  const [words, setWords] = useState("");
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const path = `${PATH}/${item.payment_id}`;
  /** @param {string} what @param {object} body */
  const send = async (what, body) => {
    setIsBusy(true);
    /** @type {import("./http.js").Answer<MoneyWorkList>} */
    const answer = await command("POST", `${path}/${what}`, body);
    setIsBusy(false);
    if (!answer.ok) return setProblem(failureWords(answer.failure));
    // Still there: it does not fit, and the reason may be another one now.
    setProblem(answer.value.items.some((each) => each.payment_id === item.payment_id) ? say("payments.still_waits") : "");
    onWork(answer.value);
  };
  const isShort = item.matter === "under";
  const isOpen = isShort || item.matter === "unmatched";
  return html`<li class="stack stack-tight payments-item">
    <p class="row row-between"><span class="badge badge-outline">${say(`payments.source_${item.source}`)}</span><strong class="price">${money(item.amount_vnd)}</strong></p>
    <p><strong>${say(`desk.matter_${item.matter}`)}</strong></p>
    ${item.words !== null && item.words !== "" && html`<p class="payments-words">${item.words}</p>`}
    <p class="row row-between small soft"><span class="number">${item.reference}</span><span class="number">${dateTime(item.received_at_ms)}</span></p>
    ${item.order_code !== null &&
    html`<p class="small">${say("payments.of_order", { code: item.order_code, amount: money(item.order_vnd ?? 0) })}
      ${item.session_id !== null && html` · <a href=${`/host/${item.session_id}/orders`}>${say("payments.to_desk")}</a>`}</p>`}
    <div class="payments-deeds">
      ${isOpen &&
      html`<div class="row payments-deed">
        <${Field} id=${`order-${item.payment_id}`} label=${say("payments.which_order")} value=${code} most=${40} onInput=${setCode} />
        <button class="button button-secondary" type="button" disabled=${isBusy || code.trim() === ""} onClick=${() => send("assignment", { order_code: code.trim(), as_paid: false, words: "" })}>${say("payments.assign")}</button>
        ${isShort && html`<button class="button button-secondary" type="button" disabled=${isBusy || words.trim() === ""} onClick=${() => send("assignment", { order_code: code.trim(), as_paid: true, words: words.trim() })}>${say("payments.as_paid")}</button>`}
      </div>`}
      <div class="row payments-deed">
        <${Field} id=${`words-${item.payment_id}`} label=${say("payments.how_settled")} value=${words} most=${200} onInput=${setWords} />
        <button class="button button-secondary" type="button" disabled=${isBusy || words.trim() === ""} onClick=${() => send("settlement", { words: words.trim() })}>${say("payments.settle")}</button>
        <${SureButton} words=${say("payments.refunded")} sureWords=${say("payments.refunded_sure")} disabled=${isBusy} onSure=${() => void send("settlement", { words: say("payments.refunded") })} />
      </div>
    </div>
    ${problem !== "" && html`<p class="small" role="alert">${problem}</p>`}
  </li>`;
}
