// How many: a number with a button on each side.

import { html } from "htm/preact";

import { number } from "./format.js";
import { say } from "./page.js";

/** @param {{value: number, least?: number, most: number, label: string, onChange: (value: number) => void}} props */
export function Stepper({ value, least = 1, most, label, onChange }) {
  return html`<div class="stepper" role="group" aria-label=${label}>
    <button class="button" type="button" aria-label=${say("form.less")} disabled=${value <= least} onClick=${() => onChange(value - 1)}>−</button>
    <output class="number">${number(value)}</output>
    <button class="button" type="button" aria-label=${say("form.more")} disabled=${value >= most} onClick=${() => onChange(value + 1)}>+</button>
  </div>`;
}
