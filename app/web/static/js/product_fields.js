// The words and numbers of a product, in the order in which a label and a certificate give them.

import { html } from "htm/preact";

import { Choice, Field } from "./goods_parts.js";
import { say } from "./page.js";

/** @typedef {import("./goods_types.js").LabelFacts} LabelFacts */
/**
 * What is in the form, as typed.
 * @typedef {{name: string, story: string, unit: string, price: string, weight: string, code: string, category: string, is_alcohol: boolean,
 *   is_active: boolean, video: string, stars: string, certificate: string, certifiedOn: string, expiresOn: string, label: LabelFacts}} Wish
 */
/** @typedef {"name" | "story" | "unit" | "price" | "weight" | "code" | "category" | "video" | "stars" | "certificate" | "certifiedOn" | "expiresOn"} TextField */

const CATEGORIES = ["food", "drink", "herbal", "craft", "ornamental", "tourism"];
/** Fields of the label with how many lines each wants. @type {readonly (readonly [keyof LabelFacts, number])[]} */
const LABEL = [
  ["origin", 1], ["ingredients", 2], ["net_weight", 1], ["shelf_life", 1], ["storage", 2], ["usage", 2], ["warning", 2],
  ["responsible_name", 1], ["responsible_address", 1], ["standard_number", 1],
];

/** @param {{wish: Wish, problems: Record<string, string>, onChange: (change: Partial<Wish>) => void}} props */
export function ProductFields({ wish, problems, onChange }) {
  /** @param {TextField} field */
  const bound = (field) => ({ value: wish[field], problem: problems[field] ?? "", onInput: (/** @type {string} */ value) => onChange({ [field]: value }) });
  return html`<section class="card card-roomy stack">
      <h2>${say("goods.basics")}</h2>
      <${Field} id="product-name" label=${say("goods.field_name")} most=${160} ...${bound("name")} />
      <div class="draft-numbers">
        <${Field} id="product-price" label=${say("goods.field_price")} inputmode="numeric" most=${20} ...${bound("price")} />
        <${Field} id="product-unit" label=${say("goods.field_unit")} hint=${say("goods.field_unit_hint")} most=${40} ...${bound("unit")} />
        <${Field} id="product-weight" label=${say("goods.field_weight")} inputmode="numeric" most=${9} ...${bound("weight")} />
      </div>
      <${Choice} id="product-category" label=${say("goods.field_category")} value=${wish.category} options=${[["", say("goods.category_none")], ...CATEGORIES.map((each) => [each, say(`goods.category_${each}`)])]}
        onChange=${(/** @type {string} */ category) => onChange({ category })} />
      <${Field} id="product-code" label=${say("goods.field_code")} hint=${say("goods.field_code_hint")} most=${40} ...${bound("code")} />
      <${Switch} label=${say("goods.field_alcohol")} isOn=${wish.is_alcohol} onChange=${(/** @type {boolean} */ is_alcohol) => onChange({ is_alcohol })} />
      <${Switch} label=${say("goods.field_active")} isOn=${wish.is_active} onChange=${(/** @type {boolean} */ is_active) => onChange({ is_active })} />
    </section>
    <section class="card card-roomy stack">
      <h2>${say("goods.story")}</h2>
      <${Field} id="product-story" label=${say("goods.field_story")} hint=${say("goods.field_story_hint")} rows=${5} most=${4000} ...${bound("story")} />
      <${Field} id="product-video" label=${say("goods.field_video")} hint=${say("goods.field_video_hint")} type="url" inputmode="url" most=${500} ...${bound("video")} />
    </section>
    <section class="card card-roomy stack">
      <div><h2>${say("goods.label")}</h2><p class="small soft">${say("goods.label_lead")}</p></div>
      ${LABEL.map(
        ([field, rows]) => html`<${Field} key=${field} id=${`label-${field}`} label=${say(`goods.label_${field}`)} rows=${rows} most=${rows > 1 ? 2000 : 300} value=${wish.label[field]}
          onInput=${(/** @type {string} */ value) => onChange({ label: { ...wish.label, [field]: value } })} />`,
      )}
    </section>
    <section class="card card-roomy stack">
      <h2>${say("goods.certificate")}</h2>
      <${Choice} id="certificate-stars" label=${say("goods.field_stars")} value=${wish.stars} options=${[["", say("goods.no_stars")], ...["3", "4", "5"].map((each) => [each, say("product.stars", { count: each })])]}
        onChange=${(/** @type {string} */ stars) => onChange({ stars })} />
      <${Field} id="certificate-number" label=${say("goods.field_certificate")} most=${80} ...${bound("certificate")} problem=${problems["stars"] ?? ""} />
      <div class="draft-numbers">
        <${Field} id="certificate-from" label=${say("goods.field_certified_on")} type="date" ...${bound("certifiedOn")} />
        <${Field} id="certificate-until" label=${say("goods.field_expires_on")} type="date" ...${bound("expiresOn")} hint=${say("goods.field_expires_hint")} />
      </div>
    </section>`;
}

/** @param {{label: string, isOn: boolean, onChange: (isOn: boolean) => void}} props */
function Switch({ label, isOn, onChange }) {
  return html`<label class="switch"><input type="checkbox" role="switch" checked=${isOn}
    onChange=${(/** @type {Event} */ event) => onChange(/** @type {HTMLInputElement} */ (event.currentTarget).checked)} />${label}</label>`;
}
