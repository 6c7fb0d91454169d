// Numbers, money and times as the pages show them. Vietnamese writes 1.234.567,8 and English 1,234,567.8.

import { language, say } from "./page.js";

const locale = language === "en" ? "en-GB" : "vi-VN";
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const TIME_ZONE = "Asia/Ho_Chi_Minh";
const clockTime = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: TIME_ZONE });
const dayAlone = new Intl.DateTimeFormat(locale, { day: "2-digit", month: "2-digit", year: "numeric", timeZone: TIME_ZONE });
const dayAndTime = new Intl.DateTimeFormat(locale, {
  hour: "2-digit",
  minute: "2-digit",
  day: "2-digit",
  month: "2-digit",
  year: "numeric",
  hour12: false,
  timeZone: TIME_ZONE,
});

/** @type {ReadonlyArray<readonly [number, string]>} */
const STEPS = [
  [1e9, "unit.billion"],
  [1e6, "unit.million"],
  [1e3, "unit.thousand"],
];

/** @param {number} value */
export function number(value) {
  return whole.format(value);
}

/** @param {number} value */
export function decimal(value) {
  return oneDigit.format(value);
}

/**
 * A number for a tight place: `999`, `12,3 N`, `1,5 Tr`. Below ten thousand it stays whole.
 * @param {number} value
 */
export function shortNumber(value) {
  if (Math.abs(value) < 10_000) return number(value);
  const step = STEPS.find(([size]) => Math.abs(value) >= size);
  if (step === undefined) return number(value);
  const [size, unit] = step;
  // Cut, never rounded up: nobody is told of a viewer who is not there.
  return `${oneDigit.format(Math.trunc((value / size) * 10) / 10)} ${say(unit)}`;
}

/** @param {number} vnd */
export function money(vnd) {
  return `${number(vnd)} ${say("unit.vnd")}`;
}

/** @param {number} vnd */
export function shortMoney(vnd) {
  return Math.abs(vnd) < 1e6 ? money(vnd) : `${shortNumber(vnd)} ${say("unit.vnd")}`;
}

/**
 * `0:42`, `12:05`, `1:02:03`.
 * @param {number} seconds
 */
export function countdown(seconds) {
  const left = Math.max(0, Math.ceil(seconds));
  const tail = `${String(Math.floor(left / 60) % 60).padStart(left >= 3600 ? 2 : 1, "0")}:${String(left % 60).padStart(2, "0")}`;
  return left >= 3600 ? `${Math.floor(left / 3600)}:${tail}` : tail;
}

/**
 * A length of time in words: `45 giây`, `12 phút`, `3 giờ 05 phút`.
 * @param {number} seconds
 */
export function duration(seconds) {
  if (seconds < 60) return `${Math.max(0, Math.floor(seconds))} ${say("unit.seconds")}`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} ${say("unit.minutes")}`;
  return `${number(Math.floor(minutes / 60))} ${say("unit.hours")} ${String(minutes % 60).padStart(2, "0")} ${say("unit.minutes")}`;
}

/** @param {number} ms UTC milliseconds */
export function timeOfDay(ms) {
  return clockTime.format(ms);
}

/** @param {number} ms UTC milliseconds */
export function day(ms) {
  return dayAlone.format(ms);
}

/** @param {number} ms UTC milliseconds */
export function dateTime(ms) {
  return dayAndTime.format(ms);
}

/**
 * `vừa xong`, `3 phút trước`.
 * @param {number} seconds
 */
export function ago(seconds) {
  if (seconds < 10) return say("time.just_now");
  if (seconds < 60) return say("time.seconds_ago", { count: Math.floor(seconds) });
  if (seconds < 3600) return say("time.minutes_ago", { count: Math.floor(seconds / 60) });
  return say("time.hours_ago", { count: Math.floor(seconds / 3600) });
}
