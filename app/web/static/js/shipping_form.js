// What delivery costs in one session: flat or by weight, free from an amount; or as in all sessions of the organisation.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { command } from "./http.js";
import { failureWords, say } from "./page.js";

/**
 * @typedef {import("./protocol.js").ShippingRule} ShippingRule
 * @typedef {import("./protocol.js").WeightStep} WeightStep
 */

const GRAMS_PER_KILO = 1_000;
const MOST_STEPS = 10;
const USUAL_FEE = 25_000;
const USUAL_GRAMS = 2_000;

/** @param {{path: string, first: ShippingRule | null}} props `path` of the session in the API */
export function ShippingForm({ path, first }) {
  const [rule, setRule] = useState(first ?? { flat_vnd: 0, steps: [], free_from_vnd: null });
  const [words, setWords] = useState("");
  /** @param {ShippingRule | null} wish */
  const save = async (wish) => {
    const answer = await command("PUT", `${path}/shipping`, wish);
    setWords(answer.ok ? say("host.shipping_saved") : failureWords(answer.failure));
  };
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    if (/** @type {HTMLFormElement} */ (event.currentTarget).reportValidity()) void save(rule);
  };
  /** @param {number} place @param {Partial<WeightStep>} change */
  const withStep = (place, change) => setRule({ ...rule, steps: rule.steps.map((step, at) => (at === place ? { ...step, ...change } : step)) });
  const add = () => {
    const last = rule.steps[rule.steps.length - 1];
    setRule({ ...rule, steps: [...rule.steps, { up_to_grams: last ? last.up_to_grams * 2 : USUAL_GRAMS, fee_vnd: last?.fee_vnd ?? USUAL_FEE }] });
  };
  return html`<form class="stack" onSubmit=${submit}>
    <h2>${say("host.shipping")}</h2>
    ${rule.steps.length === 0 &&
    html`<${NumberField} id="shipping-flat" label=${say("host.shipping_flat")} value=${rule.flat_vnd}
      onInput=${(/** @type {number | null} */ value) => setRule({ ...rule, flat_vnd: value ?? 0 })} />`}
    ${rule.steps.map(
      (step, place) => html`<div key=${place} class="row shipping-step">
        <${NumberField} id=${`shipping-kilos-${place}`} label=${say("host.shipping_up_to")} value=${step.up_to_grams / GRAMS_PER_KILO} step=${0.1} least=${0.1}
          onInput=${(/** @type {number | null} */ value) => withStep(place, { up_to_grams: Math.round((value ?? 0) * GRAMS_PER_KILO) })} />
        <${NumberField} id=${`shipping-fee-${place}`} label=${say("host.shipping_fee")} value=${step.fee_vnd}
          onInput=${(/** @type {number | null} */ value) => withStep(place, { fee_vnd: value ?? 0 })} />
        <button class="button button-quiet" type="button" aria-label=${say("host.shipping_step_remove")}
          onClick=${() => setRule({ ...rule, steps: rule.steps.filter((_, at) => at !== place) })}>✕</button>
      </div>`,
    )}
    ${rule.steps.length < MOST_STEPS && html`<button class="button button-quiet" type="button" onClick=${add}>${say("host.shipping_step_add")}</button>`}
    <${NumberField} id="shipping-free" label=${say("host.shipping_free_from")} value=${rule.free_from_vnd} isOptional
      onInput=${(/** @type {number | null} */ free_from_vnd) => setRule({ ...rule, free_from_vnd })} />
    ${words !== "" && html`<p class="notice" role="status">${words}</p>`}
    <div class="row">
      <button class="button button-secondary" type="submit">${say("host.shipping_save")}</button>
      <button class="button button-quiet" type="button" onClick=${() => void save(null)}>${say("host.shipping_common")}</button>
    </div>
  </form>`;
}

/**
 * @param {{id: string, label: string, value: number | null, least?: number, step?: number, isOptional?: boolean, onInput: (value: number | null) => void}} props
 */
function NumberField({ id, label, value, least = 0, step = 1, isOptional = false, onInput }) {
  return html`<div class="field grow">
    <label class="field-label" for=${id}>${label}</label>
    <input class="input number" id=${id} type="number" inputmode="decimal" required=${!isOptional} min=${least} step=${step} value=${value ?? ""}
      onInput=${(/** @type {Event} */ event) => {
        const { valueAsNumber } = /** @type {HTMLInputElement} */ (event.currentTarget);
        onInput(Number.isNaN(valueAsNumber) ? null : valueAsNumber);
      }} />
  </div>`;
}
