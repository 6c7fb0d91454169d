// What is known of the server's clock, and when it is no longer true. Pure.
//
// `performance.now()` never jumps, but on many phones it stands still while they sleep. The clock on the wall goes on: when the two
// have drifted apart, everything measured before is void.

/** @typedef {{at: number, wall: number}} Moment the same moment by `performance.now()` and by `Date.now()` */

/**
 * @typedef {object} Estimate
 * @property {number} offset server's time less `performance.now()`
 * @property {number} trip how long the question and its answer travelled; the error is half of it at most
 * @property {Moment} learned
 */

const DRIFT_MS = 1_000;
const LASTS_MS = 10 * 60_000;
const EARLY_MS = 250;

/**
 * Whether one of the two clocks stood still or was set between two moments.
 * @param {Moment} before
 * @param {Moment} now
 */
export function hasJumped(before, now) {
  return Math.abs(now.wall - before.wall - (now.at - before.at)) > DRIFT_MS;
}

/**
 * The better of what was known and a new answer; null when the answer is older than a jump and nothing else is known.
 * @param {Estimate | null} known
 * @param {{serverTimeMs: number, asked: Moment, answered: Moment}} sample
 * @returns {Estimate | null}
 */
export function afterSample(known, { serverTimeMs, asked, answered }) {
  const still = known !== null && !hasJumped(known.learned, answered) ? known : null;
  // An answer that waited here while the device slept says nothing.
  if (hasJumped(asked, answered)) return still;
  const trip = answered.at - asked.at;
  if (still !== null && trip > still.trip && answered.at - still.learned.at < LASTS_MS) return still;
  return { offset: serverTimeMs + trip / 2 - answered.at, trip, learned: answered };
}

/**
 * Corrected by what the server says now and then without being asked: nothing arrives before it was sent.
 * @param {Estimate | null} known
 * @param {number} serverTimeMs
 * @param {Moment} heard
 * @returns {Estimate | null} the same object when there is nothing to correct
 */
export function afterWord(known, serverTimeMs, heard) {
  if (known !== null && heard.at + known.offset >= serverTimeMs - EARLY_MS) return known;
  return { offset: serverTimeMs - heard.at, trip: Number.MAX_SAFE_INTEGER, learned: heard };
}
