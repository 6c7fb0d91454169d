// How the organisation settles: whose the delivery is, and what is withheld of which kind of producer.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { get, send } from "./http.js";
import { failureWords, say } from "./page.js";

/** @typedef {import("./settlement_types.js").SettlementRules} SettlementRules */

const PATH = "/api/v1/settlement-rules";
const LEGAL = ["household", "cooperative_group", "cooperative", "company"];
const TAXES = /** @type {const} */ (["vat_per_mille", "pit_per_mille"]);
const NO_TAX = { vat_per_mille: 0, pit_per_mille: 0 };

export function Rules() {
  const [rules, setRules] = useState(/** @type {SettlementRules | null} */ (null));
  const [words, setWords] = useState("");
  useEffect(() => {
    const load = async () => {
      /** @type {import("./http.js").Answer<SettlementRules>} */
      const answer = await get(PATH);
      if (answer.ok) setRules(answer.value);
    };
    void load();
  }, []);
  if (rules === null) return null;
  /** @param {SubmitEvent} event */
  const save = async (event) => {
    event.preventDefault();
    const answer = await send("PUT", PATH, rules);
    setWords(answer.ok ? say("settlement.rules_saved") : failureWords(answer.failure));
  };
  return html`<details class="card card-roomy"><summary>${say("settlement.rules")}</summary>
    <form class="stack stack-tight" onSubmit=${save}>
      <label class="product-option"><input type="checkbox" checked=${rules.delivery_is_producers} onChange=${() => setRules({ ...rules, delivery_is_producers: !rules.delivery_is_producers })} /><span>${say("settlement.delivery_is_producers")}</span></label>
      <label class="product-option"><input type="checkbox" checked=${rules.withholds} onChange=${() => setRules({ ...rules, withholds: !rules.withholds })} /><span>${say("settlement.withholds")}</span></label>
      ${rules.withholds && html`<p class="notice"><span>${say("settlement.withholds_check")}</span></p>`}
      ${rules.withholds && LEGAL.map((kind) => html`<${Rates} key=${kind} kind=${kind} rules=${rules} onChange=${setRules} />`)}
      <div class="row"><button class="button button-secondary" type="submit">${say("settlement.save_rules")}</button><span class="small" role="status">${words}</span></div>
    </form></details>`;
}

/** @param {{kind: string, rules: SettlementRules, onChange: (rules: SettlementRules) => void}} props */
function Rates({ kind, rules, onChange }) {
  const rates = rules.rates[kind] ?? NO_TAX;
  return html`<fieldset class="settlement-form"><legend>${say(`settlement.kind_${kind}`)}</legend>
    ${TAXES.map(
      (tax) => html`<label key=${tax} class="field"><span class="small">${say(`settlement.${tax}`)}</span>
        <input class="input" type="number" min="0" max="1000" step="1" value=${rates[tax]} onInput=${(/** @type {InputEvent} */ event) => event.currentTarget instanceof HTMLInputElement && onChange({ ...rules, rates: { ...rules.rates, [kind]: { ...rates, [tax]: Math.min(1000, Math.max(0, Math.trunc(Number(event.currentTarget.value)) || 0)) } } })} /></label>`,
    )}
  </fieldset>`;
}
