// Small pieces of the pages of goods: score, picture, state of a certificate, one labelled field.

import { html } from "htm/preact";

import { vndOf } from "./amount_rules.js";
import { number } from "./format.js";
import { say } from "./page.js";
import { Stars } from "./parts.js";

/** @typedef {import("./goods_types.js").PictureView} PictureView */
/** @typedef {import("./goods_types.js").ProductDetails} ProductDetails */

const GOOD_SCORE = 80;

/** The smallest file that is large enough, in the best format that the browser reads. @param {{picture: PictureView | undefined, class?: string, wanted?: number}} props */
export function GoodsPicture({ picture, class: name = "goods-picture", wanted = 320 }) {
  if (picture === undefined) return html`<span class=${`${name} goods-picture-none`} aria-hidden="true"></span>`;
  const source = picture.sources.find((each) => each.width >= wanted) ?? picture.sources.at(-1);
  return html`<picture>
    ${source && html`<source type="image/avif" srcset=${source.avif} /><source type="image/webp" srcset=${source.webp} />`}
    <img class=${name} src=${source ? source.jpeg : picture.path} alt=${picture.alt} loading="lazy" decoding="async" width=${source?.width ?? 320} height=${source?.height ?? 320} />
  </picture>`;
}

/** @param {{score: number}} props */
export function Score({ score }) {
  const words = say("goods.score", { score });
  return html`<span class="goods-score">
    <progress class=${score >= GOOD_SCORE ? "goods-bar" : "goods-bar is-low"} max="100" value=${score} aria-label=${words}></progress>
    <span class="small number">${number(score)}%</span>
  </span>`;
}

/** Stars while they may be shown, and what is the matter when they may not. @param {{product: ProductDetails}} props */
export function Certificate({ product }) {
  const { certificate_state: state, certificate_days_left: days } = product;
  return html`${(state === "valid" || state === "lapsing") && html`<${Stars} count=${product.ocop_stars} />`}
    ${state === "lapsing" && html`<span class="badge badge-flash">${say("goods.certificate_lapsing", { days: days ?? 0 })}</span>`}
    ${state === "lapsed" && html`<span class="badge badge-loss">${say("goods.certificate_lapsed")}</span>`}
    ${state === "not_yet" && html`<span class="badge">${say("goods.certificate_not_yet")}</span>`}`;
}

/**
 * @param {object} props
 * @param {string} props.id
 * @param {string} props.label
 * @param {string} props.value
 * @param {(value: string) => void} props.onInput
 * @param {string} [props.hint]
 * @param {string} [props.problem]
 * @param {string} [props.type]
 * @param {number} [props.most]
 * @param {number} [props.rows] more than one: a text of paragraphs
 * @param {string} [props.inputmode]
 * @param {boolean} [props.disabled]
 */
export function Field({ id, label, value, onInput, hint = "", problem = "", type = "text", most = 300, rows = 1, inputmode, disabled = false }) {
  const shared = {
    id,
    class: "input",
    maxlength: most,
    value,
    disabled,
    "aria-describedby": problem ? `${id}-error` : hint ? `${id}-hint` : undefined,
    "aria-invalid": problem ? "true" : undefined,
    onInput: (/** @type {Event} */ event) => onInput(/** @type {HTMLInputElement | HTMLTextAreaElement} */ (event.currentTarget).value),
  };
  return html`<div class="field">
    <label class="field-label" for=${id}>${label}</label>
    ${rows > 1 ? html`<textarea ...${shared} rows=${rows}></textarea>` : html`<input ...${shared} type=${type} inputmode=${inputmode} autocomplete="off" />`}
    ${hint && html`<p class="field-hint" id=${`${id}-hint`}>${hint}</p>`}
    ${problem && html`<p class="field-error" id=${`${id}-error`}>${problem}</p>`}
  </div>`;
}

/**
 * @param {object} props
 * @param {string} props.id
 * @param {string} props.label
 * @param {string} props.value
 * @param {readonly (readonly [string, string])[]} props.options value and words
 * @param {(value: string) => void} props.onChange
 */
export function Choice({ id, label, value, options, onChange }) {
  return html`<div class="field">
    <label class="field-label" for=${id}>${label}</label>
    <select class="input" id=${id} onChange=${(/** @type {Event} */ event) => onChange(/** @type {HTMLSelectElement} */ (event.currentTarget).value)}>
      ${options.map(([each, words]) => html`<option key=${each} value=${each} selected=${each === value}>${words}</option>`)}
    </select>
  </div>`;
}

/** What is the matter with an amount that was typed; empty as long as nothing was, or when it can be read. @param {string} typed */
export function amountProblem(typed) {
  return typed.trim() === "" || vndOf(typed) !== null ? "" : say("app.amount_unclear");
}
