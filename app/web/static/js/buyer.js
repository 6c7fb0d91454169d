// Who receives the goods: typed once, remembered on this device only.

import { signal } from "@preact/signals";

import { forget, recall, remember } from "./memory.js";

/**
 * @typedef {object} BuyerForm
 * @property {string} name
 * @property {string} phone
 * @property {number | null} provinceCode
 * @property {string} provinceName while there is no code: what was typed and names no place yet
 * @property {number | null} wardCode
 * @property {string} wardName likewise
 * @property {string} street
 * @property {string} codes by which list the codes are meant
 */
/** @typedef {import("./protocol.js").Buyer} Buyer */
/** @typedef {"name" | "phone" | "province" | "ward" | "street"} BuyerField */

const KEY = "ocop.buyer";
const NAME_KEY = "ocop.comment_name";

const CODES = "official";

/** @type {BuyerForm} */
const EMPTY = { name: "", phone: "", provinceCode: null, provinceName: "", wardCode: null, wardName: "", street: "", codes: CODES };

/** @type {import("@preact/signals").Signal<BuyerForm>} */
export const knownBuyer = signal(recalledBuyer());

/** What stands in the form now, sent or not: a sheet that is closed and opened again loses nothing. For as long as the page lives.
 * @type {import("@preact/signals").Signal<BuyerForm>}
 */
export const draft = signal(knownBuyer.value);

/** Display name beside comments. */
export const commentName = signal(recall(NAME_KEY, ""));

/**
 * What this device remembers. An earlier list gave some wards the code of another one: who was remembered with it is asked for the ward again.
 * @returns {BuyerForm}
 */
function recalledBuyer() {
  const found = recall(KEY, EMPTY);
  const isOfToday = found.codes === CODES;
  return { ...EMPTY, ...found, ...(isOfToday ? {} : { wardCode: null, wardName: "", codes: CODES }) };
}
/** Why the last name was refused; null once another one is chosen.
 * @type {import("@preact/signals").Signal<{code: string, message: string} | null>}
 */
export const nameRefusal = signal(null);

/** @param {BuyerForm} form */
export function rememberBuyer(form) {
  knownBuyer.value = draft.value = form;
  remember(KEY, form);
}

/** An empty form, for somebody else than whom this device remembers; that stays remembered. */
export function emptyDraft() {
  draft.value = EMPTY;
}

export function forgetBuyer() {
  knownBuyer.value = draft.value = EMPTY;
  forget(KEY);
}

/** @param {string} name */
export function rememberCommentName(name) {
  nameRefusal.value = null;
  commentName.value = name;
  remember(NAME_KEY, name);
}

/**
 * @param {string} code
 * @param {string} message
 */
export function refuseCommentName(code, message) {
  commentName.value = "";
  forget(NAME_KEY);
  nameRefusal.value = { code, message };
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
