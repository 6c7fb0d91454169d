// Claims on the board. The socket tells every change; a list is read when the board opens.

import { computed } from "@preact/signals";

import { ClaimHands } from "./claim_hands.js";
import { get } from "./http.js";

/**
 * @typedef {import("./protocol.js").ClaimView} ClaimView
 * @typedef {ClaimView & {receiver?: import("./claim_hands.js").ToldReceiver | null}} DeskClaim
 */

export class ClaimActions extends ClaimHands {
  #timer = 0;

  /** @param {import("./room.js").Room} room @param {boolean} mayWork */
  constructor(room, mayWork) {
    // The longest waiting first.
    super(mayWork, computed(() => room.state.value.claims.filter((claim) => claim.state === "held")));
    this.room = room;
    this.path = `/api/v1/sessions/${room.sessionId}/claims`;
    this.others = computed(() => room.state.value.claims.filter((claim) => claim.state !== "held").slice(-20).reverse());
    let known = 0;
    if (mayWork) {
      room.status.subscribe((status) => {
        if (status === "open") void this.read();
      });
      // Where a new claim's goods would go the list alone knows.
      this.waiting.subscribe((waiting) => {
        const count = waiting.filter((claim) => !(claim.id in this.receivers.peek())).length;
        if (count > 0 && known > 0) this.#readSoon();
        known += 1;
      });
    }
  }

  /** @override */
  pathOf() {
    return this.path;
  }

  /** @override */
  productsOf() {
    return this.room.state.value.products;
  }

  /** @override @param {number | null} untilMs */
  secondsUntil(untilMs) {
    void this.room.seconds.value;
    return this.room.secondsUntil(untilMs);
  }

  /** @override @param {ClaimView} claim */
  heard(claim) {
    this.room.hearClaim(claim);
  }

  #readSoon() {
    if (this.#timer === 0) {
      this.#timer = setTimeout(() => {
        this.#timer = 0;
        void this.read();
      }, 1_000);
    }
  }

  async read() {
    /** @type {import("./http.js").Answer<{claims: DeskClaim[]}>} */
    const answer = await get(this.path);
    if (!answer.ok) return;
    this.receivers.value = Object.fromEntries(answer.value.claims.map((claim) => [claim.id, claim.receiver ?? null]));
    for (const { receiver: _, ...claim } of [...answer.value.claims].reverse()) this.room.hearClaim(claim);
  }
}
