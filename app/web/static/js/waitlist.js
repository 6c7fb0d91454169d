// Waiting for units of sold-out offers: the places of this device, remembered across visits, and the calls that name them.

import { effect, signal } from "@preact/signals";

import { recall, remember } from "./memory.js";
import { problemAdvice, problemSentence, say } from "./page.js";
import { ConnectionLost } from "./socket.js";
import { afterCall, firstCalled, without, withoutLapsed } from "./waitlist_rules.js";

/**
 * @typedef {import("./protocol.js").OfferView} OfferView
 * @typedef {import("./room.js").Room} Room
 * @typedef {import("./ordering.js").Ordering} Ordering
 * @typedef {import("./waitlist_rules.js").Entries} Entries
 */

const ASK_AGAIN_WITHIN_MS = 3_000;

export class Waitlist {
  /** @type {WeakSet<object>} */
  #heard = new WeakSet();
  #askTimer = 0;

  /**
   * @param {Room} room
   * @param {Ordering} ordering
   */
  constructor(room, ordering) {
    this.room = room;
    this.ordering = ordering;
    this.memoryKey = `ocop.waitlist.${room.sessionId}`;
    /** @type {import("@preact/signals").Signal<Entries>} */
    this.entries = signal(recall(this.memoryKey, {}));
    /** What to say about an offer: a refusal, or a turn that went by. */
    this.words = signal(/** @type {Readonly<Record<string, string>>} */ ({}));
    /** The offer that is being asked about. */
    this.busyWith = signal(/** @type {string | null} */ (null));
    effect(() => this.#hear(room.state.value.calls));
    effect(() => this.#askAgainAfter(room.state.value.snapshots));
    effect(() => this.#lapse(room.seconds.value * 1_000));
    effect(() => {
      const placed = Object.entries(ordering.progress.value).filter(([, progress]) => progress.phase === "placed");
      this.#leave(placed.map(([offerId]) => offerId));
    });
  }

  /** The offer whose units are kept for this device now; null when none are. */
  get calledOfferId() {
    return firstCalled(this.entries.value);
  }

  /**
   * Join, or ask for the place again.
   * @param {OfferView} offer
   */
  async join(offer) {
    if (this.busyWith.value !== null) return;
    this.busyWith.value = offer.id;
    this.#say(offer.id, "");
    try {
      const reply = await this.room.socket.request({ type: "waitlist.join", offer_id: offer.id, quantity: 1 });
      if (reply.type === "waitlist.joined") {
        this.#keep({ ...this.entries.peek(), [offer.id]: { entryId: reply.entry_id, place: reply.place, untilMs: reply.until_ms ?? null } });
        this.ordering.clear(offer.id);
      } else if (reply.type === "command.failed") this.#refused(offer, reply);
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      this.#say(offer.id, say("viewer.offline"));
    } finally {
      this.busyWith.value = null;
    }
  }

  /**
   * A call that came while this page was away is in no snapshot: ask for each place once more, not everybody at the same moment.
   * @param {number} snapshots
   */
  #askAgainAfter(snapshots) {
    if (snapshots === 0 || Object.keys(this.entries.peek()).length === 0) return;
    clearTimeout(this.#askTimer);
    this.#askTimer = setTimeout(() => void this.#askAgain(), Math.random() * ASK_AGAIN_WITHIN_MS);
  }

  async #askAgain() {
    for (const offer of this.room.state.peek().offers) {
      if (this.room.status.peek() === "open" && this.entries.peek()[offer.id]?.untilMs === null) await this.join(offer);
    }
  }

  /**
   * @param {OfferView} offer
   * @param {import("./protocol.js").CommandFailed} failure
   */
  #refused(offer, failure) {
    this.#say(offer.id, `${problemSentence(failure.code, failure.message)} ${problemAdvice(failure.code)}`);
    const remaining = failure.details?.["remaining"];
    if (failure.code === "offer_still_available" && typeof remaining === "number") {
      // There is something to order after all: the button comes back.
      this.ordering.clear(offer.id);
      const offers = this.room.state.value.offers.map((each) => (each.id === offer.id ? { ...each, remaining } : each));
      this.room.state.value = { ...this.room.state.value, offers };
    }
    if (failure.code === "offer_still_available" || failure.code === "offer_not_open") this.#leave([offer.id]);
  }

  /** @param {readonly import("./state.js").WaitlistCall[]} calls */
  #hear(calls) {
    let entries = this.entries.peek();
    for (const call of calls) {
      if (!this.#heard.has(call)) entries = afterCall(entries, call);
      this.#heard.add(call);
    }
    if (entries !== this.entries.peek()) this.#keep(entries);
  }

  /** @param {number} nowMs */
  #lapse(nowMs) {
    const { kept, lapsed } = withoutLapsed(this.entries.peek(), nowMs);
    if (lapsed.length === 0) return;
    this.#keep(kept);
    for (const offerId of lapsed) this.#say(offerId, say("viewer.turn_over"));
  }

  /** @param {readonly string[]} offerIds */
  #leave(offerIds) {
    if (offerIds.some((offerId) => offerId in this.entries.peek())) this.#keep(without(this.entries.peek(), offerIds));
  }

  /** @param {Entries} entries */
  #keep(entries) {
    this.entries.value = entries;
    remember(this.memoryKey, entries);
  }

  /**
   * @param {string} offerId
   * @param {string} words
   */
  #say(offerId, words) {
    this.words.value = { ...this.words.peek(), [offerId]: words };
  }
}
