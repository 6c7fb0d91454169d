// Accounts that buyers transfer to: the organisation's first, then those of producers who have their own. A number is typed twice.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { dateTime } from "./format.js";
import { Choice, Field } from "./goods_parts.js";
import { get, remove, send } from "./http.js";
import { failureWords, say } from "./page.js";
import { SureButton } from "./sure_button.js";

/**
 * @typedef {import("./payments_types.js").BankAccount} BankAccount
 * @typedef {import("./payments_types.js").BankAccountList} BankAccountList
 * @typedef {{id: string, name: string}} Producer
 */

const PATH = "/api/v1/bank-accounts";

/** @param {{maySet: boolean}} props */
export function Accounts({ maySet }) {
  const [list, setList] = useState(/** @type {BankAccountList | null} */ (null));
  const [problem, setProblem] = useState("");
  /** @param {import("./http.js").Answer<BankAccountList>} answer */
  const take = (answer) => {
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (answer.ok) setList(answer.value);
    return answer.ok;
  };
  useEffect(() => void get(PATH).then((answer) => take(/** @type {import("./http.js").Answer<BankAccountList>} */ (answer))), []);
  return html`<section class="card card-roomy stack" aria-labelledby="accounts">
    <h2 id="accounts">${say("payments.accounts")}</h2>
    <p class="small soft">${say("payments.accounts_lead")}</p>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    ${list === null && problem === "" && html`<p class="soft">${say("app.loading")}</p>`}
    ${list !== null && list.items.length === 0 && html`<p class="notice notice-warning">${say("payments.no_account")}</p>`}
    <ul class="stack" role="list">
      ${list?.items.map((account) => html`<${Account} key=${account.account_id} account=${account} maySet=${maySet} onDrop=${async () => take(await remove(`${PATH}/${account.account_id}`))} />`)}
    </ul>
    ${maySet && list !== null && html`<${NameAccount} list=${list} onName=${async (/** @type {object} */ wanted) => take(await send("PUT", PATH, wanted))} />`}
    ${!maySet && html`<p class="small soft">${say("payments.masked")}</p>`}
  </section>`;
}

/** @param {{account: BankAccount, maySet: boolean, onDrop: () => void}} props */
function Account({ account, maySet, onDrop }) {
  return html`<li class="stack stack-tight payments-account">
    <p class="row row-between"><span class="grow"><strong>${account.producer_name ?? say("payments.of_organisation")}</strong><br />
      ${account.bank_code} · <span class="number">${account.account_number}</span><br />${account.holder_name}</span></p>
    <p class="row row-between"><span class="tiny soft">${say("payments.named_by", { name: account.named_by, time: dateTime(account.named_at_ms) })}</span>
      ${maySet && html`<${SureButton} words=${say("payments.drop_account")} sureWords=${say("payments.drop_account_sure")} onSure=${onDrop} />`}</p>
  </li>`;
}

/** @param {{list: BankAccountList, onName: (wanted: object) => Promise<boolean>}} props */
function NameAccount({ list, onName }) {
  const [producers, setProducers] = useState(/** @type {readonly Producer[]} */ ([]));
  const [bank, setBank] = useState("");
  const [number, setNumber] = useState("");
  const [again, setAgain] = useState("");
  const [holder, setHolder] = useState("");
  const [producer, setProducer] = useState("");
  const [isSaved, setIsSaved] = useState(false);
  useEffect(() => {
    void get("/api/v1/producers?limit=500").then((answer) => answer.ok && setProducers(/** @type {{items: Producer[]}} */ (answer.value).items));
  }, []);
  const isSame = spelt(number) === spelt(again);
  const isWhole = bank !== "" && spelt(number).length >= 4 && isSame && holder.trim() !== "";
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    if (!isWhole) return;
    const wanted = { producer_id: producer || null, bank_bin: bank, account_number: number, account_number_again: again, holder_name: holder.trim() };
    if (!(await onName(wanted))) return;
    setNumber("");
    setAgain("");
    setHolder("");
    setIsSaved(true);
  };
  return html`<details class="payments-name" open=${list.items.length === 0}>
    <summary>${say("payments.name_account")}</summary>
    <form class="stack" novalidate onSubmit=${submit} onInput=${() => setIsSaved(false)}>
      ${producers.length > 0 &&
      html`<${Choice} id="account-of" label=${say("payments.account_of")} value=${producer} onChange=${setProducer}
        options=${[["", say("payments.of_organisation")], ...producers.map(({ id, name }) => /** @type {const} */ ([id, name]))]} />`}
      <${Choice} id="account-bank" label=${say("payments.bank")} value=${bank} onChange=${setBank}
        options=${[["", say("payments.choose_bank")], ...list.banks.map(({ bin, code, name }) => /** @type {const} */ ([bin, `${code} · ${name}`]))]} />
      <${Field} id="account-number" label=${say("payments.number")} inputmode="numeric" value=${number} most=${40} onInput=${setNumber} />
      <${Field} id="account-again" label=${say("payments.number_again")} hint=${say("payments.number_again_why")} inputmode="numeric" value=${again} most=${40} onInput=${setAgain}
        problem=${again !== "" && !isSame && spelt(again).length >= spelt(number).length ? say("error.account_numbers_differ") : ""} />
      <${Field} id="account-holder" label=${say("payments.holder")} hint=${say("payments.holder_hint")} value=${holder} most=${100} onInput=${setHolder} />
      <div class="row"><button class="button button-primary" type="submit" disabled=${!isWhole}>${say("payments.save_account")}</button></div>
      <div role="status">${isSaved && html`<p class="notice notice-good">${say("payments.account_saved")}</p>`}</div>
    </form>
  </details>`;
}

/** @param {string} typed */
function spelt(typed) {
  return typed.toUpperCase().replace(/[\s.-]/g, "");
}
