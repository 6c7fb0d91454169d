// The server's clock as seen from here: the offset is taken from the answer that travelled fastest.

import { signal } from "@preact/signals";

import { afterSample, afterWord, hasJumped } from "./clock_rules.js";

/** @typedef {import("./clock_rules.js").Moment} Moment */
/** @typedef {import("./clock_rules.js").Estimate} Estimate */

const BEAT_MS = 200;

/** This moment by both of our clocks. @returns {Moment} */
export function thisMoment() {
  return { at: performance.now(), wall: Date.now() };
}

export class ServerClock {
  /** @type {Estimate | null} */
  #known = null;

  /**
   * Learn from an answer.
   * @param {number} serverTimeMs what the server's clock said
   * @param {Moment} asked
   * @param {Moment} answered
   * @returns {boolean} whether the clock can be trusted now; if not, ask again
   */
  learn(serverTimeMs, asked, answered) {
    this.#known = afterSample(this.#known, { serverTimeMs, asked, answered });
    return this.#known !== null && !hasJumped(this.#known.learned, answered);
  }

  /**
   * Hear what the server says of itself, at most as old as its way here.
   * @param {number} serverTimeMs
   * @param {Moment} heard
   * @returns {boolean} whether the clock was right; if not, ask
   */
  hear(serverTimeMs, heard) {
    const known = afterWord(this.#known, serverTimeMs, heard);
    const isRight = known === this.#known && known !== null && !hasJumped(known.learned, heard);
    this.#known = known;
    return isRight;
  }

  /** UTC milliseconds by the server's clock; by our own until the server has spoken. */
  nowMs() {
    return this.#known === null ? Date.now() : performance.now() + this.#known.offset;
  }
}

/**
 * The whole second of the server's time, as a signal: who reads it is drawn anew once per second.
 * @param {ServerClock} clock
 */
export function secondsOf(clock) {
  const seconds = signal(Math.floor(clock.nowMs() / 1000));
  setInterval(() => {
    seconds.value = Math.floor(clock.nowMs() / 1000);
  }, BEAT_MS);
  return seconds;
}
