// What the board has seen of the last minutes, and what can be read from it. Pure.

/** @typedef {{at: number, viewers: number, orders: number, revenue: number, comments: number}} Sample sums since the start, but for `viewers` */
/**
 * @typedef {object} Minute
 * @property {string} minute_at
 * @property {number} viewers_average
 * @property {number} orders_placed
 * @property {number} revenue_placed_vnd
 * @property {number} comments
 */

const MINUTE_SECONDS = 60;
/** So long a sample is kept: what is shown, and the minute before it that its rates are counted from. */
export const SHOWN_SECONDS = 10 * MINUTE_SECONDS;
const KEPT_SECONDS = SHOWN_SECONDS + 2 * MINUTE_SECONDS;
const FALL_SECONDS = 3 * MINUTE_SECONDS;
const FALL_SHARE = 0.7;
const FALL_LEAST = 20;
/** More than this nobody reads while talking. */
export const COMMENTS_READABLE = 120;

/**
 * What happened before this board was opened: one sample at the end of each minute.
 * @param {readonly Minute[]} minutes
 * @param {number} now seconds since 1970
 * @returns {Sample[]}
 */
export function fromMinutes(minutes, now) {
  let [orders, revenue, comments] = [0, 0, 0];
  return minutes
    .map((minute) => {
      orders += minute.orders_placed;
      revenue += minute.revenue_placed_vnd;
      comments += minute.comments;
      return { at: Date.parse(minute.minute_at) / 1000 + MINUTE_SECONDS, viewers: Math.round(minute.viewers_average), orders, revenue, comments };
    })
    .filter((sample) => sample.at < now && sample.at > now - KEPT_SECONDS);
}

/**
 * @param {readonly Sample[]} samples
 * @param {Sample} sample
 */
export function withSample(samples, sample) {
  return [...samples.filter((each) => each.at > sample.at - KEPT_SECONDS && each.at < sample.at), sample];
}

/**
 * The last sample at or before a moment, else the first.
 * @param {readonly Sample[]} samples
 * @param {number} at
 * @returns {Sample | undefined}
 */
function sampleAt(samples, at) {
  return samples.filter((each) => each.at <= at).at(-1) ?? samples[0];
}

/**
 * How much of a sum came in the minute before a sample.
 * @param {readonly Sample[]} samples
 * @param {Sample} sample
 * @param {"orders" | "revenue" | "comments"} name
 */
export function inMinuteBefore(samples, sample, name) {
  return Math.max(0, sample[name] - (sampleAt(samples, sample.at - MINUTE_SECONDS) ?? sample)[name]);
}

/**
 * Viewers that have gone, if many have within three minutes; null otherwise.
 * @param {readonly Sample[]} samples
 * @returns {{before: number, now: number} | null}
 */
export function fallOfViewers(samples) {
  const last = samples.at(-1);
  if (last === undefined) return null;
  const before = Math.max(...samples.filter((each) => each.at >= last.at - FALL_SECONDS).map((each) => each.viewers));
  return before >= FALL_LEAST && last.viewers <= before * FALL_SHARE ? { before, now: last.viewers } : null;
}

/**
 * Comments of the last minute when they are more than a person reads; null otherwise.
 * @param {readonly Sample[]} samples
 * @returns {number | null}
 */
export function tooManyComments(samples) {
  const last = samples.at(-1);
  const count = last === undefined ? 0 : inMinuteBefore(samples, last, "comments");
  return count > COMMENTS_READABLE ? count : null;
}
