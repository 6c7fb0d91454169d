// Noting that a settlement was paid: the organisation's own transfer, which never passes through this service.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { vndOf } from "./amount_rules.js";
import { money } from "./format.js";
import { amountProblem, Field } from "./goods_parts.js";
import { command } from "./http.js";
import { failureWords, say } from "./page.js";
import { SureButton } from "./sure_button.js";

/** @typedef {import("./settlement_types.js").SettlementView} SettlementView */

// Vietnam has one time and no summer time.
const VIETNAM_MS = 7 * 3_600_000;

/** @param {{path: string, view: SettlementView, onPaid: () => Promise<void>}} props */
export function Payout({ path, view, onPaid }) {
  const [amount, setAmount] = useState(String(view.sums.payable_vnd));
  const [day, setDay] = useState(new Date(Date.now() + VIETNAM_MS).toISOString().slice(0, 10));
  const [reference, setReference] = useState("");
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const vnd = vndOf(amount);
  const isTooMuch = vnd !== null && vnd > view.sums.payable_vnd;
  const pay = async () => {
    if (vnd === null) return;
    setIsBusy(true);
    const answer = await command("POST", `${path}/${view.number}/payouts`, { amount_vnd: vnd, paid_on: day, reference });
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    await onPaid();
    setIsBusy(false);
  };
  return html`<form class="settlement-form" onSubmit=${(/** @type {SubmitEvent} */ event) => event.preventDefault()}>
    <${Field} id="paid-amount" label=${say("settlement.paid_amount")} value=${amount} problem=${isTooMuch ? say("settlement.pay_most", { amount: money(view.sums.payable_vnd) }) : amountProblem(amount)} most=${20} inputmode="numeric" onInput=${setAmount} />
    <${Field} id="paid-day" label=${say("settlement.paid_day")} type="date" value=${day} most=${10} onInput=${setDay} />
    <${Field} id="paid-reference" label=${say("settlement.reference")} value=${reference} most=${100} onInput=${setReference} />
    <${SureButton} key=${`${amount} ${day} ${reference}`} isGood words=${say("settlement.pay")} sureWords=${say("settlement.pay_sure", { amount: money(vnd ?? 0) })} disabled=${isBusy || !vnd || isTooMuch || day === "" || reference.trim() === ""} onSure=${() => void pay()} />
    ${vnd !== null && vnd < view.sums.payable_vnd && html`<p class="small">${say("settlement.differs", { amount: money(view.sums.payable_vnd - vnd) })}</p>`}
    ${problem !== "" && html`<p class="small" role="alert">${problem}</p>`}
  </form>`;
}
