// Amounts as people in Vietnam write them. What can be read in two ways is no amount: nobody's money hangs on a guess.

// `1.250.000`, `1,250,000`, `1 250 000`: one kind of sign between groups, all groups after the first of three digits.
const GROUPED = /^[1-9]\d{0,2}([., \u00a0\u202f])\d{3}(?:\1\d{3})*$/u;
const DIGITS = /^\d+$/u;
const UNIT = /\s*(?:đ|₫|vnd|vnđ)$/iu;

/** A whole number, in digits alone or in groups of three; null for anything else. @param {string} typed @returns {number | null} */
export function wholeOf(typed) {
  const text = typed.trim();
  if (!DIGITS.test(text) && !GROUPED.test(text)) return null;
  const value = Number(text.replace(/\D/gu, ""));
  return Number.isSafeInteger(value) ? value : null;
}

/** Whole đồng, with or without `đ`, `₫` or `VND` behind them; null for anything else. @param {string} typed @returns {number | null} */
export function vndOf(typed) {
  return wholeOf(typed.trim().replace(UNIT, ""));
}
