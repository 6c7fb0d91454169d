// When to ask for the room's document, when to try the socket again, and which document is news. Pure; chance is given.

/**
 * @typedef {import("./protocol.js").ResumePosition} ResumePosition
 */

const POLL_MS = [2_000, 4_000];
const POLL_LONGEST_MS = 30_000;
const FIRST_RETURN_MS = [4_000, 9_000];
const RETURN_MS = [20_000, 60_000];
const FAILURES_TOLD = 2;

/**
 * @param {readonly number[]} range
 * @param {number} chance 0 to 1
 */
function between([least = 0, most = 0], chance) {
  return least + (most - least) * chance;
}

/**
 * Milliseconds until the next poll. Failures in a row double the pause, up to half a minute.
 * @param {{failures: number, chance: number, retryAfterMs?: number | null}} situation
 */
export function nextPollMs({ failures, chance, retryAfterMs = null }) {
  const pause = Math.min(POLL_LONGEST_MS, between(POLL_MS, chance) * 2 ** failures);
  // What the server asks for is a least; chance spreads those who were told the same.
  return retryAfterMs === null ? pause : Math.max(pause, retryAfterMs * (1 + chance / 2));
}

/**
 * Milliseconds until the socket is tried again. The first time soon, because a single refusal may be a server that restarts.
 * @param {{tries: number, chance: number, retryAfterMs?: number | null}} situation
 */
export function nextReturnMs({ tries, chance, retryAfterMs = null }) {
  const pause = between(tries === 0 ? FIRST_RETURN_MS : RETURN_MS, chance);
  return retryAfterMs === null ? pause : Math.max(pause, retryAfterMs * (1 + chance / 2));
}

/**
 * Whether so many failures in a row are worth telling.
 * @param {number} failures
 */
export function isWorthTelling(failures) {
  return failures >= FAILURES_TOLD;
}

/**
 * Whether a document is at least as new as what is known: caches on the way may answer out of order.
 * @param {ResumePosition | null} known
 * @param {ResumePosition} offered
 */
export function isNotOlder(known, offered) {
  return known === null || known.epoch !== offered.epoch || offered.offset >= known.offset;
}
