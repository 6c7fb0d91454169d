// The order form in the sheet: how many, to whom, where to. Typed once; afterwards one tap orders.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { buyerOf, forgetBuyer, knownBuyer, missingFields, rememberBuyer } from "./buyer.js";
import { money, number } from "./format.js";
import { get } from "./http.js";
import { problemAdvice, problemSentence, say } from "./page.js";
import { Picture, Prices } from "./parts.js";
import { PlaceChoice } from "./place_choice.js";

/**
 * @typedef {import("./buyer.js").BuyerForm} BuyerForm
 * @typedef {import("./buyer.js").BuyerField} BuyerField
 * @typedef {import("./place_choice.js").Place} Place
 * @typedef {import("./protocol.js").OfferView} OfferView
 * @typedef {import("./protocol.js").ProductView} ProductView
 * @typedef {import("./viewer_actions.js").Market} Market
 */
/** @typedef {Partial<Record<BuyerField, string>>} Problems */

/** @type {Readonly<Record<string, BuyerField>>} */
const FIELD_OF_CODE = { invalid_phone: "phone", invalid_address: "ward" };

/**
 * Places behind an address of the API; empty while they are on their way.
 * @param {string | null} path
 */
function usePlaces(path) {
  const [places, setPlaces] = useState(/** @type {readonly Place[]} */ ([]));
  useEffect(() => {
    let isCurrent = true;
    setPlaces([]);
    if (path === null) return undefined;
    void (async () => {
      /** @type {import("./http.js").Answer<{items: Place[]}>} */
      const answer = await get(path);
      if (isCurrent && answer.ok) setPlaces(answer.value.items);
    })();
    return () => {
      isCurrent = false;
    };
  }, [path]);
  return places;
}

/** @param {{market: Market, offer: OfferView, product: ProductView, quantity: number, code: string | null}} props */
export function OrderForm({ market, offer, product, quantity: firstQuantity, code }) {
  const [form, setForm] = useState(knownBuyer.value);
  const [quantity, setQuantity] = useState(firstQuantity);
  const [problems, setProblems] = useState(/** @type {Problems} */ (refusalProblems(code)));
  const provinces = usePlaces("/api/v1/addresses/provinces");
  const wards = usePlaces(form.provinceCode === null ? null : `/api/v1/addresses/provinces/${form.provinceCode}/wards`);
  const isOrderable = offer.state === "open" && offer.remaining > 0;

  /** @param {Partial<BuyerForm>} change */
  const change = (change) => setForm({ ...form, ...change });

  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    const missing = missingFields(form);
    setProblems(Object.fromEntries(missing.map((field) => [field, say(`form.${field}_missing`)])));
    if (missing[0]) {
      document.getElementById(`buyer-${missing[0]}`)?.focus();
      return;
    }
    const buyer = buyerOf(form);
    if (buyer === null || !isOrderable) return;
    rememberBuyer(form);
    market.ordering.place(offer, quantity, buyer);
    market.sheet.value = null;
  };

  return html`<form class="stack" novalidate onSubmit=${submit}>
    <div class="product">
      <${Picture} product=${product} />
      <div>
        <p class="product-name">${product.name}</p>
        <p class="tiny soft">${product.unit} · ${product.producer_name}</p>
        <${Prices} product=${product} offer=${offer} format=${money} />
      </div>
    </div>
    <${Quantity} value=${quantity} most=${Math.max(1, Math.min(offer.per_viewer_limit, offer.remaining))} onChange=${setQuantity} />
    <${TextField} field="name" label=${say("form.name")} autocomplete="name" value=${form.name} problems=${problems} maxLength=${80}
      onInput=${(/** @type {string} */ name) => change({ name })} />
    <${TextField} field="phone" label=${say("form.phone")} hint=${say("form.phone_hint")} autocomplete="tel" inputMode="tel" value=${form.phone}
      problems=${problems} maxLength=${20} onInput=${(/** @type {string} */ phone) => change({ phone })} />
    <${PlaceChoice} id="buyer-province" label=${say("form.province")} placeholder=${say("form.province_choose")} places=${provinces}
      chosenName=${form.provinceName} problem=${problems.province ?? ""}
      onChoose=${(/** @type {Place} */ place) => {
        if (place.code !== form.provinceCode) change({ provinceCode: place.code, provinceName: place.name, wardCode: null, wardName: "" });
      }} />
    <${PlaceChoice} id="buyer-ward" label=${say("form.ward")}
      placeholder=${say(form.provinceCode === null ? "form.ward_first_province" : "form.ward_choose")}
      places=${wards} chosenName=${form.wardName} disabled=${form.provinceCode === null} problem=${problems.ward ?? ""}
      onChoose=${(/** @type {Place} */ place) => change({ wardCode: place.code, wardName: place.name })} />
    <${TextField} field="street" label=${say("form.street")} autocomplete="street-address" value=${form.street} problems=${problems} maxLength=${200}
      onInput=${(/** @type {string} */ street) => change({ street })} />
    <p class="small soft">${say("form.privacy")}</p>
    ${knownBuyer.value.name !== "" &&
    html`<button class="button button-quiet" type="button" onClick=${() => {
      forgetBuyer();
      setForm(knownBuyer.value);
    }}>${say("form.forget")}</button>`}
    <div class="sheet-foot stack stack-tight">
      <p class="row row-between"><span>${say("form.total")}</span><strong class="price">${money(offer.flash_price_vnd * quantity)}</strong></p>
      <button class="button button-primary button-block" type="submit" disabled=${!isOrderable}>
        ${isOrderable ? say("form.submit") : say(offer.remaining > 0 ? "viewer.offer_ended" : "viewer.sold_out")}
      </button>
      <p class="tiny soft centred">${say("form.pay_on_delivery")}</p>
    </div>
  </form>`;
}

/**
 * @param {string | null} code why the server refused what was filled in before
 * @returns {Problems}
 */
function refusalProblems(code) {
  const field = code === null ? undefined : FIELD_OF_CODE[code];
  return field === undefined || code === null ? {} : { [field]: `${problemSentence(code)} ${problemAdvice(code)}` };
}

/** @param {{value: number, most: number, onChange: (value: number) => void}} props */
function Quantity({ value, most, onChange }) {
  return html`<div class="row row-between">
    <span class="field-label" id="quantity-label">${say("form.quantity")}</span>
    <div class="row">
      <span class="tiny soft">${say("viewer.per_viewer_limit", { count: number(most) })}</span>
      <div class="stepper" role="group" aria-labelledby="quantity-label">
        <button class="button" type="button" aria-label=${say("form.less")} disabled=${value <= 1} onClick=${() => onChange(value - 1)}>−</button>
        <output class="number">${value}</output>
        <button class="button" type="button" aria-label=${say("form.more")} disabled=${value >= most} onClick=${() => onChange(value + 1)}>+</button>
      </div>
    </div>
  </div>`;
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
