// What else is done with a box: closed without counting, opened again, weighed, split, dissolved.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { number } from "./format.js";
import { Field } from "./goods_parts.js";
import { command, remove } from "./http.js";
import { failureWords, say } from "./page.js";
import { SureButton } from "./sure_button.js";

/**
 * @typedef {import("./parcels_types.js").ParcelView} ParcelView
 * @typedef {import("./parcels_types.js").SplitResult} SplitResult
 */

/** @param {{parcel: ParcelView, mayMake: boolean, onDone: (answer: import("./http.js").Answer<ParcelView>) => void, onGone: () => void}} props */
export function Handling({ parcel, mayMake, onDone, onGone }) {
  const [problem, setProblem] = useState("");
  const [made, setMade] = useState("");
  const path = `/api/v1/parcels/${parcel.parcel_id}`;
  /** @param {string} what */
  const step = async (what) => onDone(await command("POST", `${path}/${what}`));
  const dissolve = async () => {
    const answer = await remove(path);
    if (answer.ok) return onGone();
    setProblem(failureWords(answer.failure));
  };
  if (parcel.state === "dissolved" || parcel.state === "handed_over") return null;
  return html`<div class="stack stack-tight">
    <div class="row parcels-papers">
      ${parcel.state === "open" && html`<${SureButton} words=${say("parcels.all_in")} sureWords=${say("parcels.all_in_sure")} isGood onSure=${() => void step("packed")} />`}
      ${parcel.state === "packed" && html`<button class="button button-secondary" type="button" onClick=${() => void step("reopened")}>${say("parcels.reopen")}</button>`}
      ${parcel.looks_at !== null && html`<button class="button button-secondary" type="button" onClick=${() => void step("looked-at")}>${say("parcels.looked")}</button>`}
      ${mayMake && parcel.state === "open" && html`<${SureButton} words=${say("parcels.dissolve")} sureWords=${say("parcels.dissolve_sure")} onSure=${() => void dissolve()} />`}
    </div>
    ${problem !== "" && html`<p class="small" role="alert">${problem}</p>`}
    <${Sizes} parcel=${parcel} path=${path} onDone=${onDone} />
    ${mayMake && parcel.state === "open" && parcel.units > 1 && html`<${Splitting} parcel=${parcel} path=${path} onDone=${onDone} onMade=${setMade} />`}
    ${made !== "" && html`<p class="notice notice-good" role="status"><span>${say("parcels.split_made", { code: made })} <a href=${`#pack/${encodeURIComponent(made)}`}>${say("parcels.split_open")}</a></span></p>`}
  </div>`;
}

/** @param {string} text */
const whole = (text) => (/^\d{1,7}$/.test(text.trim()) ? Number(text) : null);

/** @param {{parcel: ParcelView, path: string, onDone: (answer: import("./http.js").Answer<ParcelView>) => void}} props */
function Sizes({ parcel, path, onDone }) {
  const [weight, setWeight] = useState(parcel.is_weighed ? String(parcel.weight_grams) : "");
  const [sides, setSides] = useState([parcel.length_cm, parcel.width_cm, parcel.height_cm].map((side) => (side === null ? "" : String(side))));
  /** @param {SubmitEvent} event */
  const save = async (event) => {
    event.preventDefault();
    const [length_cm = null, width_cm = null, height_cm = null] = sides.map(whole);
    onDone(await command("PUT", `${path}/sizes`, { weight_grams: whole(weight), length_cm, width_cm, height_cm }));
  };
  return html`<details><summary>${say("parcels.sizes")}</summary>
    <form class="parcels-sizes" onSubmit=${save}>
      <${Field} id="weight" label=${say("parcels.weight")} hint=${say("parcels.weight_hint")} value=${weight} most=${7} inputmode="numeric" onInput=${setWeight} />
      ${["length", "width", "height"].map(
        (name, place) => html`<${Field} key=${name} id=${name} label=${say(`parcels.${name}`)} value=${sides[place] ?? ""} most=${3} inputmode="numeric" onInput=${(/** @type {string} */ text) => setSides(sides.map((side, each) => (each === place ? text : side)))} />`,
      )}
      <button class="button button-secondary" type="submit">${say("parcels.save")}</button>
    </form></details>`;
}

/** @param {{parcel: ParcelView, path: string, onDone: (answer: import("./http.js").Answer<ParcelView>) => void, onMade: (code: string) => void}} props */
function Splitting({ parcel, path, onDone, onMade }) {
  const [units, setUnits] = useState(/** @type {Readonly<Record<string, string>>} */ ({}));
  const [problem, setProblem] = useState("");
  const lines = parcel.lines.flatMap((line) => {
    const quantity = whole(units[`${line.order_id}-${line.sold_by}`] ?? "") ?? 0;
    return quantity > 0 ? [{ order_id: line.order_id, sold_by: line.sold_by, quantity }] : [];
  });
  /** @param {SubmitEvent} event */
  const split = async (event) => {
    event.preventDefault();
    /** @type {import("./http.js").Answer<SplitResult>} */
    const answer = await command("POST", `${path}/split`, { lines });
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (!answer.ok) return;
    onMade(answer.value.other.code);
    setUnits({});
    onDone({ ok: true, value: answer.value.parcel });
  };
  return html`<details><summary>${say("parcels.split")}</summary>
    <form class="stack stack-tight" onSubmit=${split}>
      <p class="small soft">${say("parcels.split_how")}</p>
      ${parcel.lines.map((line) => {
        const key = `${line.order_id}-${line.sold_by}`;
        return html`<${Field} key=${key} id=${`split-${key}`} label=${say("parcels.split_of", { product: line.product_name, count: number(line.quantity) })} value=${units[key] ?? ""} most=${6} inputmode="numeric" onInput=${(/** @type {string} */ text) => setUnits({ ...units, [key]: text })} />`;
      })}
      <button class="button button-secondary" type="submit" disabled=${lines.length === 0}>${say("parcels.split_do")}</button>
      ${problem !== "" && html`<p class="small" role="alert">${problem}</p>`}
    </form></details>`;
}
