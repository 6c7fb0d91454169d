// How parcels are told in words.

import { number } from "./format.js";
import { say } from "./page.js";

/** @param {readonly {product_name: string, unit: string, quantity: number}[]} goods */
export function goodsWords(goods) {
  return goods.map((each) => `${number(each.quantity)} × ${each.product_name} (${each.unit})`).join(", ");
}

/** @param {import("./parcels_types.js").Receiver} receiver */
export function receiverWords({ name, phone, ward_name, province_name }) {
  const parts = [name, phone, ward_name, province_name].filter((each) => each !== null && each !== "");
  return parts.length === 0 ? say("parcels.erased") : parts.join(" · ");
}

/** @param {number} grams */
export function weightWords(grams) {
  return say("parcels.grams", { grams: number(grams) });
}
