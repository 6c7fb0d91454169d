// A number with its label, as the board's forms have it.

import { html } from "htm/preact";

/**
 * @param {{id: string, label: string, value: number, most: number, least?: number, step?: number, onInput: (value: number) => void}} props
 */
export function NumberField({ id, label, value, most, least = 1, step = 1, onInput }) {
  return html`<div class="field">
    <label class="field-label" for=${id}>${label}</label>
    <input class="input number" id=${id} type="number" inputmode="numeric" required min=${least} max=${most} step=${step} value=${value}
      onInput=${(/** @type {Event} */ event) => onInput(/** @type {HTMLInputElement} */ (event.currentTarget).valueAsNumber || 0)} />
  </div>`;
}
