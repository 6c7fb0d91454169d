// Amounts by hand for a settlement, each with a reason; taken back as long as nobody has agreed.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { vndOf } from "./amount_rules.js";
import { money } from "./format.js";
import { amountProblem, Choice, Field } from "./goods_parts.js";
import { command, remove } from "./http.js";
import { failureWords, say } from "./page.js";

/** @typedef {import("./settlement_types.js").ChargeView} ChargeView */

const KINDS = ["carrier_fee", "deduction", "addition"];

/** @param {{path: string, charges: readonly ChargeView[], mayChange: boolean, onChanged: () => Promise<void>}} props */
export function Charges({ path, charges, mayChange, onChanged }) {
  const [problem, setProblem] = useState("");
  /** @param {import("./http.js").Answer<unknown>} answer */
  const done = async (answer) => {
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    await onChanged();
    return answer.ok;
  };
  if (!mayChange && charges.length === 0) return null;
  return html`<section class="card card-roomy stack" aria-labelledby="charges">
    <h2 class="heading-20" id="charges">${say("settlement.charges")}</h2>
    <ul class="stack stack-tight" role="list">
      ${charges.map(
        (each) => html`<li key=${each.charge_id} class="row settlement-charge">
          <span>${say(`settlement.charge_${each.kind}`)} · <strong>${money(each.amount_vnd)}</strong> · ${each.reason}${each.order_code !== null && ` · ${each.order_code}`} <span class="small soft">${each.made_by}</span></span>
          ${mayChange && html`<button class="button button-quiet" type="button" onClick=${async () => void (await done(await remove(`${path}/charges/${each.charge_id}`)))}>${say("settlement.take_back")}</button>`}
        </li>`,
      )}
    </ul>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    ${mayChange && html`<${NewCharge} onAdd=${async (/** @type {object} */ charge) => done(await command("POST", `${path}/charges`, charge))} />`}
  </section>`;
}

/** @param {{onAdd: (charge: object) => Promise<boolean>}} props */
function NewCharge({ onAdd }) {
  const [kind, setKind] = useState("carrier_fee");
  const [amount, setAmount] = useState("");
  const [reason, setReason] = useState("");
  const [order, setOrder] = useState("");
  const vnd = vndOf(amount);
  /** @param {SubmitEvent} event */
  const add = async (event) => {
    event.preventDefault();
    if (vnd === null) return;
    const isAdded = await onAdd({ kind, amount_vnd: vnd, reason, order_code: order.trim() === "" ? null : order.trim() });
    if (isAdded) [setAmount, setReason, setOrder].forEach((clear) => clear(""));
  };
  return html`<details><summary>${say("settlement.new_charge")}</summary>
    <form class="settlement-form" onSubmit=${add}>
      <${Choice} id="charge-kind" label=${say("settlement.charge_kind")} value=${kind} options=${KINDS.map((each) => [each, say(`settlement.charge_${each}`)])} onChange=${setKind} />
      <${Field} id="charge-amount" label=${say("settlement.amount")} value=${amount} problem=${amountProblem(amount)} most=${20} inputmode="numeric" onInput=${setAmount} />
      <${Field} id="charge-reason" label=${say("settlement.reason")} hint=${say("settlement.reason_hint")} value=${reason} most=${200} onInput=${setReason} />
      <${Field} id="charge-order" label=${say("settlement.of_order")} value=${order} most=${20} onInput=${setOrder} />
      <button class="button button-secondary" type="submit" disabled=${vnd === null || vnd === 0 || reason.trim() === ""}>${say("settlement.add_charge")}</button>
    </form></details>`;
}
