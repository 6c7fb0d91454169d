// Who receives the goods, and where: the five fields and what is wrong with them.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { draft, missingFields } from "./buyer.js";
import { say } from "./page.js";
import { PlaceChoice } from "./place_choice.js";
import { usePlaces } from "./places.js";

/**
 * @typedef {import("./buyer.js").BuyerForm} BuyerForm
 * @typedef {import("./buyer.js").BuyerField} BuyerField
 * @typedef {import("./place_choice.js").Place} Place
 */
/** @typedef {Partial<Record<BuyerField, string>>} Problems */

/**
 * The form's content with what is wrong in it.
 * @param {Problems} first known before anything is typed
 */
export function useAddress(first) {
  const [problems, setProblems] = useState(first);
  const form = draft.value;
  /** @param {Partial<BuyerForm>} change */
  const change = (change) => {
    const next = { ...draft.peek(), ...change };
    const missing = missingFields(next);
    /** @type {Array<[BuyerField, boolean]>} */
    const touched = [
      ["name", "name" in change], ["phone", "phone" in change], ["province", "provinceCode" in change], ["ward", "wardCode" in change], ["street", "street" in change],
    ];
    const mended = touched.filter(([field, isTouched]) => isTouched && !missing.includes(field)).map(([field]) => field);
    draft.value = next;
    // What is mended is no longer held against anybody.
    setProblems((known) => /** @type {Problems} */ (Object.fromEntries(Object.entries(known).filter(([field]) => !mended.includes(/** @type {BuyerField} */ (field))))));
  };
  /** Whether all is there; otherwise the first gap is said and has the focus. */
  const isComplete = () => {
    const now = draft.peek();
    const missing = missingFields(now);
    setProblems(Object.fromEntries(missing.map((field) => [field, whatIsMissing(now, field)])));
    if (missing[0]) document.getElementById(`buyer-${missing[0]}`)?.focus();
    return missing.length === 0;
  };
  return { form, problems, change, isComplete };
}

/**
 * @param {BuyerForm} form
 * @param {BuyerField} field
 */
function whatIsMissing(form, field) {
  const typed = field === "province" ? form.provinceName : field === "ward" ? form.wardName : "";
  return say(typed.trim() === "" ? `form.${field}_missing` : "form.place_unclear");
}

/** @param {Pick<ReturnType<typeof useAddress>, "form" | "problems" | "change">} props */
export function AddressFields({ form, problems, change }) {
  const provinces = usePlaces("/api/v1/addresses/provinces");
  const wards = usePlaces(form.provinceCode === null ? null : `/api/v1/addresses/provinces/${form.provinceCode}/wards`);
  /** @param {string} name @param {boolean} isChosen @param {string | undefined} problem */
  const problemOf = (name, isChosen, problem) => problem ?? (isChosen || name === "" ? "" : say("form.place_unclear"));
  return html`<${TextField} field="name" label=${say("form.name")} autocomplete="name" value=${form.name} problems=${problems} maxLength=${80}
      onInput=${(/** @type {string} */ name) => change({ name })} />
    <${TextField} field="phone" label=${say("form.phone")} hint=${say("form.phone_hint")} autocomplete="tel" inputMode="tel" value=${form.phone}
      problems=${problems} maxLength=${20} onInput=${(/** @type {string} */ phone) => change({ phone })} />
    <${PlaceChoice} id="buyer-province" label=${say("form.province")} placeholder=${say("form.province_choose")} places=${provinces}
      name=${form.provinceName} isChosen=${form.provinceCode !== null}
      problem=${problemOf(form.provinceName, form.provinceCode !== null, problems.province)}
      onChoose=${(/** @type {Place} */ place) => {
        if (place.code !== form.provinceCode) change({ provinceCode: place.code, provinceName: place.name, wardCode: null, wardName: "" });
      }}
      onLeave=${(/** @type {string} */ text) => change({ provinceCode: null, provinceName: text, wardCode: null, wardName: "" })} />
    <${PlaceChoice} id="buyer-ward" label=${say("form.ward")}
      placeholder=${say(form.provinceCode === null ? "form.ward_first_province" : "form.ward_choose")}
      places=${wards} name=${form.wardName} isChosen=${form.wardCode !== null} disabled=${form.provinceCode === null}
      problem=${problemOf(form.wardName, form.wardCode !== null, problems.ward)}
      onChoose=${(/** @type {Place} */ place) => change({ wardCode: place.code, wardName: place.name })}
      onLeave=${(/** @type {string} */ text) => change({ wardCode: null, wardName: text })} />
    <${TextField} field="street" label=${say("form.street")} autocomplete="street-address" value=${form.street} problems=${problems} maxLength=${200}
      onInput=${(/** @type {string} */ street) => change({ street })} />`;
}

/**
 * @param {object} props
 * @param {BuyerField} props.field
 * @param {string} props.label
 * @param {string} [props.hint]
 * @param {string} props.autocomplete
 * @param {string} [props.inputMode]
 * @param {string} props.value
 * @param {number} props.maxLength
 * @param {Problems} props.problems
 * @param {(text: string) => void} props.onInput
 */
function TextField({ field, label, hint, autocomplete, inputMode, value, maxLength, problems, onInput }) {
  const id = `buyer-${field}`;
  const problem = problems[field] ?? "";
  return html`<div class="field">
    <label class="field-label" for=${id}>${label}${hint && html`<span class="field-hint"> · ${hint}</span>`}</label>
    <input
      class="input"
      id=${id}
      name=${field}
      autocomplete=${autocomplete}
      inputmode=${inputMode}
      maxlength=${maxLength}
      value=${value}
      aria-invalid=${problem === "" ? undefined : "true"}
      aria-describedby=${`${id}-error`}
      onInput=${(/** @type {Event} */ event) => onInput(/** @type {HTMLInputElement} */ (event.currentTarget).value)}
    />
    <p class="field-error" id=${`${id}-error`}>${problem}</p>
  </div>`;
}
