// The server's clock as seen from here: the offset is taken from the answer that travelled fastest.

import { signal } from "@preact/signals";

const SAMPLE_LASTS_MS = 10 * 60_000;
const BEAT_MS = 200;

export class ServerClock {
  /** @type {{offset: number, trip: number, at: number} | null} */
  #best = null;

  /**
   * Learn from an answer. Times of here are `performance.now()`, which never jumps.
   * @param {number} serverTimeMs what the server's clock said
   * @param {number} askedAt
   * @param {number} answeredAt
   */
  learn(serverTimeMs, askedAt, answeredAt) {
    const trip = answeredAt - askedAt;
    const best = this.#best;
    if (best !== null && trip > best.trip && answeredAt - best.at < SAMPLE_LASTS_MS) return;
    this.#best = { offset: serverTimeMs + trip / 2 - answeredAt, trip, at: answeredAt };
  }

  /** UTC milliseconds by the server's clock; by our own until the server has spoken. */
  nowMs() {
    return this.#best === null ? Date.now() : performance.now() + this.#best.offset;
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
