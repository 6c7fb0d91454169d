// What delivery costs: the rule of all sessions, or one session's own in place of it, with what a basket would pay by it.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { command, get } from "./http.js";
import { failureWords, say } from "./page.js";
import { NumberField, ShippingPreview } from "./shipping_preview.js";
import { ruleWords } from "./shipping_words.js";

/**
 * @typedef {import("./protocol.js").ShippingRule} ShippingRule
 * @typedef {import("./protocol.js").WeightStep} WeightStep
 */

const GRAMS_PER_KILO = 1_000;
const MOST_STEPS = 10;
const USUAL_FEE = 25_000;
const USUAL_GRAMS = 2_000;
/** @type {ShippingRule} */
const FREE = { flat_vnd: 0, steps: [], free_from_vnd: null };

/** The rule of all sessions of the organisation. */
export function OrganisationShipping() {
  const [first, setFirst] = useState(/** @type {{rule: ShippingRule | null} | null} */ (null));
  useEffect(() => {
    void (async () => {
      /** @type {import("./http.js").Answer<ShippingRule | null>} */
      const answer = await get("/api/v1/shipping");
      if (answer.ok) setFirst({ rule: answer.value });
    })();
  }, []);
  if (first === null) return null;
  return html`<section class="card stack" aria-labelledby="shipping-title">
    <div>
      <h2 id="shipping-title">${say("host.shipping_all")}</h2>
      <p class="small soft">${say("host.shipping_all_lead")}</p>
    </div>
    <${RuleForm} path="/api/v1/shipping" first=${first.rule} saveWords=${say("host.shipping_save_all")} />
  </section>`;
}

/** A session's rule: that of all sessions, or its own. @param {{path: string}} props `path` of the session in the API */
export function SessionShipping({ path }) {
  const [rules, setRules] = useState(/** @type {{own: ShippingRule | null, common: ShippingRule | null} | null} */ (null));
  const [isOwn, setIsOwn] = useState(false);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    void (async () => {
      /** @type {import("./http.js").Answer<{own: ShippingRule | null, common: ShippingRule | null}>} */
      const answer = await get(`${path}/shipping`);
      if (!answer.ok) return setProblem(failureWords(answer.failure));
      setRules(answer.value);
      setIsOwn(answer.value.own !== null);
    })();
  }, [path]);
  if (rules === null) return problem === "" ? null : html`<p class="notice notice-danger" role="alert">${problem}</p>`;
  const goCommon = async () => {
    if (rules.own === null) return setIsOwn(false);
    const answer = await command("PUT", `${path}/shipping`, null);
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (!answer.ok) return;
    setRules({ ...rules, own: null });
    setIsOwn(false);
  };
  return html`<section class="stack" aria-labelledby="shipping-title">
    <h2 id="shipping-title">${say("host.shipping")}</h2>
    <div class="row" role="group" aria-labelledby="shipping-title">
      <button class="chip" type="button" aria-pressed=${isOwn ? "false" : "true"} onClick=${() => void goCommon()}>${say("host.shipping_common")}</button>
      <button class="chip" type="button" aria-pressed=${isOwn ? "true" : "false"} onClick=${() => setIsOwn(true)}>${say("host.shipping_own")}</button>
    </div>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert">${problem}</p>`}
    ${isOwn
      ? html`<${RuleForm} path=${`${path}/shipping`} first=${rules.own ?? rules.common} saveWords=${say("host.shipping_save")}
          onSaved=${(/** @type {ShippingRule | null} */ own) => setRules({ ...rules, own })} />`
      : html`<p>${ruleWords(rules.common)}</p><${ShippingPreview} rule=${rules.common} />`}
  </section>`;
}

/** @param {{path: string, first: ShippingRule | null, saveWords: string, onSaved?: (rule: ShippingRule) => void}} props */
function RuleForm({ path, first, saveWords, onSaved }) {
  const [rule, setRule] = useState(first ?? FREE);
  const [outcome, setOutcome] = useState({ isGood: true, words: "" });
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    if (!(/** @type {HTMLFormElement} */ (event.currentTarget).reportValidity())) return;
    const answer = await command("PUT", path, rule);
    if (answer.ok) onSaved?.(rule);
    setOutcome(answer.ok ? { isGood: true, words: say("host.shipping_saved") } : { isGood: false, words: failureWords(answer.failure) });
  };
  /** @param {ShippingRule} next */
  const change = (next) => {
    setRule(next);
    setOutcome({ isGood: true, words: "" });
  };
  /** @param {number} place @param {Partial<WeightStep>} with_ */
  const withStep = (place, with_) => change({ ...rule, steps: rule.steps.map((step, at) => (at === place ? { ...step, ...with_ } : step)) });
  const add = () => {
    const last = rule.steps[rule.steps.length - 1];
    change({ ...rule, steps: [...rule.steps, { up_to_grams: last ? last.up_to_grams * 2 : USUAL_GRAMS, fee_vnd: last?.fee_vnd ?? (rule.flat_vnd || USUAL_FEE) }] });
  };
  return html`<form class="stack" onSubmit=${submit}>
    ${rule.steps.length === 0 &&
    html`<${NumberField} id="shipping-flat" label=${say("host.shipping_flat")} value=${rule.flat_vnd}
      onInput=${(/** @type {number | null} */ value) => change({ ...rule, flat_vnd: value ?? 0 })} />`}
    ${rule.steps.map(
      (step, place) => html`<div key=${place} class="row shipping-step">
        <${NumberField} id=${`shipping-kilos-${place}`} label=${say("host.shipping_up_to")} value=${step.up_to_grams / GRAMS_PER_KILO} step=${0.1} least=${0.1}
          onInput=${(/** @type {number | null} */ value) => withStep(place, { up_to_grams: Math.round((value ?? 0) * GRAMS_PER_KILO) })} />
        <${NumberField} id=${`shipping-fee-${place}`} label=${say("host.shipping_fee")} value=${step.fee_vnd}
          onInput=${(/** @type {number | null} */ value) => withStep(place, { fee_vnd: value ?? 0 })} />
        <button class="button button-quiet" type="button" aria-label=${say("host.shipping_step_remove")}
          onClick=${() => change({ ...rule, steps: rule.steps.filter((_, at) => at !== place) })}>✕</button>
      </div>`,
    )}
    ${rule.steps.length < MOST_STEPS && html`<button class="button button-quiet" type="button" onClick=${add}>${say("host.shipping_step_add")}</button>`}
    <${NumberField} id="shipping-free" label=${say("host.shipping_free_from")} value=${rule.free_from_vnd} least=${1} isOptional
      onInput=${(/** @type {number | null} */ free_from_vnd) => change({ ...rule, free_from_vnd })} />
    <p class="small">${ruleWords(rule)}</p>
    <${ShippingPreview} rule=${rule} />
    <div role="status">${outcome.words !== "" && html`<p class=${outcome.isGood ? "notice notice-good" : "notice notice-danger"}>${outcome.words}</p>`}</div>
    <button class="button button-secondary" type="submit">${saveWords}</button>
  </form>`;
}
