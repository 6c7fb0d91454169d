// Why a flash price may be below half of the normal one: a reason, and what proves it; kept with the offer.

import { html } from "htm/preact";

import { say } from "./page.js";

/** @typedef {{reason: "earlier_price" | "concentrated_programme" | "fresh_food", evidence: string, earlier_price_vnd: number | null}} Evidence */

/** @type {readonly Evidence["reason"][]} */
const REASONS = ["earlier_price", "concentrated_programme", "fresh_food"];

/** @param {{evidence: Evidence | null, onChange: (evidence: Evidence | null) => void}} props */
export function HalfPriceEvidence({ evidence, onChange }) {
  /** @param {string} reason */
  const choose = (reason) => {
    const known = REASONS.find((each) => each === reason);
    onChange(known === undefined ? null : { reason: known, evidence: evidence?.evidence ?? "", earlier_price_vnd: null });
  };
  return html`<fieldset class="stack stack-tight notice-box">
    <p class="notice notice-warning">${say("host.offer_half_price")}</p>
    <div class="field">
      <label class="field-label" for="half-price-reason">${say("host.half_price_reason")}</label>
      <select class="input" id="half-price-reason" required onChange=${(/** @type {Event} */ event) => choose(/** @type {HTMLSelectElement} */ (event.currentTarget).value)}>
        <option value="">${say("host.half_price_none")}</option>
        ${REASONS.map((each) => html`<option key=${each} value=${each} selected=${each === evidence?.reason}>${say(`host.half_price_${each}`)}</option>`)}
      </select>
    </div>
    ${evidence?.reason === "earlier_price" &&
    html`<div class="field">
      <label class="field-label" for="half-price-before">${say("host.half_price_before")}</label>
      <input class="input number" id="half-price-before" type="number" inputmode="numeric" required min="1" value=${evidence.earlier_price_vnd ?? ""}
        onInput=${(/** @type {Event} */ event) => onChange({ ...evidence, earlier_price_vnd: /** @type {HTMLInputElement} */ (event.currentTarget).valueAsNumber || null })} />
    </div>`}
    ${evidence !== null &&
    html`<div class="field">
      <label class="field-label" for="half-price-evidence">${say("host.half_price_evidence")}</label>
      <input class="input" id="half-price-evidence" required maxlength="500" value=${evidence.evidence}
        onInput=${(/** @type {Event} */ event) => onChange({ ...evidence, evidence: /** @type {HTMLInputElement} */ (event.currentTarget).value })} />
    </div>`}
  </fieldset>`;
}
