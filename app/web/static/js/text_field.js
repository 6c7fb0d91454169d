// A line of text with its label.

import { html } from "htm/preact";

/**
 * @param {object} props
 * @param {string} props.id
 * @param {string} props.label
 * @param {string} [props.hint]
 * @param {string} props.value
 * @param {number} props.most
 * @param {string} [props.inputMode]
 * @param {string} props.autocomplete
 * @param {(text: string) => void} props.onInput
 */
export function Field({ id, label, hint, value, most, inputMode, autocomplete, onInput }) {
  return html`<div class="field">
    <label class="field-label" for=${id}>${label}${hint && html`<span class="field-hint"> · ${hint}</span>`}</label>
    <input class="input" id=${id} maxlength=${most} inputmode=${inputMode} autocomplete=${autocomplete} value=${value}
      onInput=${(/** @type {Event} */ event) => onInput(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />
  </div>`;
}
