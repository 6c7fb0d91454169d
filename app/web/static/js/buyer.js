// Who receives the goods: typed once, remembered on this device only.

import { signal } from "@preact/signals";

import { forget, recall, remember } from "./memory.js";

/**
 * @typedef {object} BuyerForm
 * @property {string} name
 * @property {string} phone
 * @property {number | null} provinceCode
 * @property {string} provinceName
 * @property {number | null} wardCode
 * @property {string} wardName
 * @property {string} street
 */
/** @typedef {import("./protocol.js").Buyer} Buyer */
/** @typedef {"name" | "phone" | "province" | "ward" | "street"} BuyerField */

const KEY = "ocop.buyer";
const NAME_KEY = "ocop.comment_name";

/** @type {BuyerForm} */
const EMPTY = { name: "", phone: "", provinceCode: null, provinceName: "", wardCode: null, wardName: "", street: "" };

/** @type {import("@preact/signals").Signal<BuyerForm>} */
export const knownBuyer = signal({ ...EMPTY, ...recall(KEY, EMPTY) });

/** Display name beside comments. */
export const commentName = signal(recall(NAME_KEY, ""));

/** @param {BuyerForm} form */
export function rememberBuyer(form) {
  knownBuyer.value = form;
  remember(KEY, form);
}

export function forgetBuyer() {
  knownBuyer.value = EMPTY;
  forget(KEY);
}

/** @param {string} name */
export function rememberCommentName(name) {
  commentName.value = name;
  remember(NAME_KEY, name);
}

/**
 * The fields that are still to fill in.
 * @param {BuyerForm} form
 * @returns {BuyerField[]}
 */
export function missingFields(form) {
  /** @type {Array<[BuyerField, boolean]>} */
  const checks = [
    ["name", form.name.trim() !== ""],
    ["phone", form.phone.replace(/\D/g, "").length >= 8],
    ["province", form.provinceCode !== null],
    ["ward", form.wardCode !== null],
    ["street", form.street.trim() !== ""],
  ];
  return checks.filter(([, isFilled]) => !isFilled).map(([field]) => field);
}

/**
 * The buyer as the protocol wants it; null while something is missing.
 * @param {BuyerForm} form
 * @returns {Buyer | null}
 */
export function buyerOf(form) {
  if (missingFields(form).length > 0 || form.provinceCode === null || form.wardCode === null) return null;
  const address = { province_code: form.provinceCode, ward_code: form.wardCode, street: form.street.trim() };
  return { name: form.name.trim(), phone: form.phone.trim(), address };
}
