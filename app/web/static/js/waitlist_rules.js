// Where somebody stands on waitlists, and what a call changes about it. Pure.

/**
 * @typedef {import("./state.js").WaitlistCall} WaitlistCall
 */

/**
 * @typedef {object} Entry
 * @property {string} entryId
 * @property {number} place 1 = next
 * @property {number | null} untilMs set once called: units are kept until then
 */
/** @typedef {Readonly<Record<string, Entry>>} Entries by offer */

/**
 * The entries after a call: one's own is called, or the queue before one gets shorter.
 * @param {Entries} entries
 * @param {WaitlistCall} call
 * @returns {Entries}
 */
export function afterCall(entries, call) {
  const entry = entries[call.offerId];
  if (entry === undefined || entry.untilMs !== null) return entries;
  const isOwn = call.entryIds.includes(entry.entryId);
  const place = isOwn ? 1 : Math.max(1, entry.place - call.entryIds.length);
  return { ...entries, [call.offerId]: { ...entry, place, untilMs: isOwn ? call.untilMs : null } };
}

/**
 * The entries without those whose call is over.
 * @param {Entries} entries
 * @param {number} nowMs
 * @returns {{kept: Entries, lapsed: readonly string[]}} `lapsed`: their offers
 */
export function withoutLapsed(entries, nowMs) {
  const lapsed = Object.keys(entries).filter((offerId) => (entries[offerId]?.untilMs ?? nowMs + 1) <= nowMs);
  return lapsed.length === 0 ? { kept: entries, lapsed } : { kept: without(entries, lapsed), lapsed };
}

/**
 * @param {Entries} entries
 * @param {readonly string[]} offerIds
 * @returns {Entries}
 */
export function without(entries, offerIds) {
  return Object.fromEntries(Object.entries(entries).filter(([offerId]) => !offerIds.includes(offerId)));
}

/**
 * The offer whose call ends first; null when nobody is called.
 * @param {Entries} entries
 */
export function firstCalled(entries) {
  const called = Object.entries(entries).filter(([, entry]) => entry.untilMs !== null);
  called.sort(([, one], [, other]) => (one.untilMs ?? 0) - (other.untilMs ?? 0));
  return called[0]?.[0] ?? null;
}
