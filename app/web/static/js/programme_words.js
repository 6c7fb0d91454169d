// Days, figures and their differences as the pages of programmes say them.

import { money, number } from "./format.js";
import { language, say } from "./page.js";

const dayWords = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "vi-VN", { day: "numeric", month: "numeric", year: "numeric", timeZone: "UTC" });
const monthWords = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "vi-VN", { month: "long", year: "numeric", timeZone: "UTC" });

/** @param {string} iso a day such as 2026-11-28 */
export function dayOf(iso) {
  return dayWords.format(new Date(`${iso}T00:00:00Z`));
}

/** @param {string} first @param {string} last days such as 2026-11-28 */
export function daysOf(first, last) {
  return first === last ? dayOf(first) : `${dayOf(first)} – ${dayOf(last)}`;
}

/** @param {string} iso any day of it */
export function monthOf(iso) {
  return monthWords.format(new Date(`${iso}T00:00:00Z`));
}

/** A change in money with its sign; a dash where there is none. @param {number} vnd */
export function changeOf(vnd) {
  if (vnd === 0) return "–";
  return vnd > 0 ? `+${money(vnd)}` : `−${money(-vnd)}`;
}

/** A figure of a group, or the word for one that is not shown. @param {number | null | undefined} value @param {(value: number) => string} [words] */
export function shownOf(value, words = number) {
  return value === null || value === undefined ? say("programme.hidden_short") : words(value);
}
