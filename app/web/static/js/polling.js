// The room without a socket: its document is asked for every few seconds, and small beacons say that this device is there.

import { signal } from "@preact/signals";

import { send } from "./http.js";
import { thisMoment } from "./clock.js";
import { isNotOlder, isWorthTelling, nextPollMs, nextReturnMs } from "./polling_rules.js";

/**
 * @typedef {import("./protocol.js").RoomSnapshot} RoomSnapshot
 * @typedef {import("./protocol.js").ResumePosition} ResumePosition
 * @typedef {import("./clock.js").ServerClock} ServerClock
 */

/** @typedef {{snapshot: RoomSnapshot} | {code: string, retryAfterMs: number | null}} PollAnswer `code` "" = nobody answered */

/**
 * @typedef {object} PollingOptions
 * @property {string} sessionId
 * @property {ServerClock} clock
 * @property {import("./ticket.js").Ticket} ticket
 * @property {() => void} onRenewed this device had no good ticket and has one now: the socket may be tried again
 * @property {() => ResumePosition | null} position
 * @property {(snapshot: RoomSnapshot) => void} onSnapshot
 */

const PATIENCE_MS = 10_000;
const FIRST_PATIENCES_MS = [2_500, 2_500, 6_000];
const BEACON_PATIENCE_MS = 2_500;
const BEACON_SOON_MS = 500;
// As many connections as a browser keeps to one server: after a loss each of them may be dead.
const BEACON_TRIES = 6;
// A cache on the way may keep an answer, and with it the server's time, for a second.
const CACHED_MS = 1_000;
const BEACON_SPREAD_MS = 4_000;
const BEACON_AGAIN_MS = 30_000;

export class RoomPolling {
  /** When the room's document came last, by `performance.now()`. */
  heardAt = -Infinity;
  #timer = 0;
  #beaconTimer = 0;
  #failures = 0;
  #unanswered = 0;
  #returns = 0;
  /** @type {number | null} */
  #retryAfterMs = null;

  /** @param {PollingOptions} options */
  constructor(options) {
    this.options = options;
    this.path = `/api/v1/sessions/${options.sessionId}`;
    /** @type {import("@preact/signals").Signal<"off" | "on" | "failing">} */
    this.state = signal("off");
    document.addEventListener("visibilitychange", () => {
      if (document.hidden || this.state.peek() === "off") return;
      this.#pollIn(0);
      const { ticket } = this.options;
      if (ticket.isRefused.peek() && ticket.lookAgain()) this.#beaconIn(0);
    });
  }

  /**
   * The socket was refused: see whether the room can be had without one.
   * @returns {Promise<number | null>} milliseconds until the socket may be tried again; null when polling does not work either
   */
  async takeOver() {
    if (this.state.peek() === "off") {
      const isNew = this.options.position() === null;
      const answer = await this.#askFirst();
      if (!("snapshot" in answer)) return null;
      this.#take(answer.snapshot);
      if (answer.snapshot.session.state !== "live") return null;
      this.state.value = "on";
      this.#failures = 0;
      this.#returns = 0;
      this.#pollIn(nextPollMs({ failures: 0, chance: Math.random() }));
      // Without cookies there is no device to speak of.
      if (this.options.ticket.look()) this.#beaconIn(isNew ? 0 : Math.random() * BEACON_SPREAD_MS);
    }
    const pause = nextReturnMs({ tries: this.#returns, chance: Math.random(), retryAfterMs: this.#retryAfterMs });
    this.#returns += 1;
    return pause;
  }

  stop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#beaconTimer);
    this.state.value = "off";
  }

  /** @param {number} ms */
  #pollIn(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#poll(), ms);
  }

  async #poll() {
    // Nobody looks: the page asks again when it is seen.
    if (document.hidden) return;
    const answer = await this.#ask();
    if (this.state.peek() === "off") return;
    if ("snapshot" in answer) {
      this.#failures = 0;
      this.#retryAfterMs = null;
      this.state.value = "on";
      this.#take(answer.snapshot);
      if (answer.snapshot.session.state !== "live") return this.stop();
    } else {
      this.#failures += 1;
      this.#retryAfterMs = answer.retryAfterMs;
      if (isWorthTelling(this.#failures)) this.state.value = "failing";
    }
    this.#pollIn(nextPollMs({ failures: this.#failures, chance: Math.random(), retryAfterMs: this.#retryAfterMs }));
  }

  /** @param {RoomSnapshot} snapshot */
  #take(snapshot) {
    if (isNotOlder(this.options.position(), snapshot)) this.options.onSnapshot(snapshot);
  }

  /** The connections that the browser kept may have died with the socket: each that does not answer soon is given up. */
  async #askFirst() {
    /** @type {PollAnswer} */
    let answer = { code: "", retryAfterMs: null };
    for (const patience of FIRST_PATIENCES_MS) {
      const askedAt = performance.now();
      answer = await this.#ask(patience);
      const isUnanswered = "code" in answer && answer.code === "" && performance.now() - askedAt >= patience;
      if (!isUnanswered) break;
    }
    return answer;
  }

  /**
   * @param {number} [patience]
   * @returns {Promise<PollAnswer>}
   */
  async #ask(patience = PATIENCE_MS) {
    const asked = thisMoment();
    try {
      // No cookies, and the browser's own cache with its ETag: any cache on the way may answer.
      const response = await fetch(`${this.path}/tick`, { credentials: "omit", signal: AbortSignal.timeout(patience) });
      const content = await response.json();
      if (!response.ok) {
        const { code = "", retry_after_seconds: seconds } = content;
        return { code, retryAfterMs: typeof seconds === "number" ? seconds * 1_000 : null };
      }
      this.heardAt = performance.now();
      const serverMs = Number(response.headers.get("x-server-time-ms"));
      const earliest = { at: asked.at - CACHED_MS, wall: asked.wall - CACHED_MS };
      if (serverMs > 0) this.options.clock.learn(serverMs, earliest, thisMoment());
      return { snapshot: content };
    } catch {
      return { code: "", retryAfterMs: null };
    }
  }

  /** @param {number} ms */
  #beaconIn(ms) {
    clearTimeout(this.#beaconTimer);
    this.#beaconTimer = setTimeout(() => void this.#beacon(), ms);
  }

  async #beacon() {
    const { ticket, onRenewed } = this.options;
    const renewals = ticket.renewals;
    /** @type {import("./http.js").Answer<{next_seconds: number}>} */
    const answer = await ticket.used(() => send("POST", `${this.path}/presence`, {}, AbortSignal.timeout(BEACON_PATIENCE_MS)));
    if (this.state.peek() === "off") return;
    if (answer.ok && ticket.renewals > renewals) onRenewed();
    if (answer.ok) {
      this.#unanswered = 0;
      return this.#beaconIn(answer.value.next_seconds * 1_000);
    }
    this.#unanswered = String(answer.failure.code) === "offline" ? this.#unanswered + 1 : 0;
    if (this.#unanswered > 0 && this.#unanswered <= BEACON_TRIES) return this.#beaconIn(BEACON_SOON_MS);
    this.#beaconIn(Math.max(BEACON_AGAIN_MS, (answer.failure.retry_after_seconds ?? 0) * 1_000));
  }
}
