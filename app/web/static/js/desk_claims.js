// Claims of comments at the desk, over sessions: a list that is read anew when the desk's socket says that something changed.

import { signal } from "@preact/signals";

import { ClaimHands } from "./claim_hands.js";
import { get } from "./http.js";
import { failureWords } from "./page.js";

/**
 * @typedef {import("./desk_work_types.js").QueuedClaim} QueuedClaim
 * @typedef {import("./desk_work_types.js").QueuedClaims} QueuedClaims
 * @typedef {import("./claim_hands.js").ClaimProduct} ClaimProduct
 * @typedef {import("./protocol.js").ClaimView} ClaimView
 */

export class DeskClaims extends ClaimHands {
  /** @param {import("./desk_state.js").DeskState} desk */
  constructor(desk) {
    const list = signal(/** @type {readonly QueuedClaim[]} */ ([]));
    super(true, list);
    this.desk = desk;
    this.list = list;
    this.seconds = signal(0);
    /** Run-downs of sessions, as far as somebody mended a claim there. @type {import("@preact/signals").Signal<Readonly<Record<string, readonly ClaimProduct[]>>>} */
    this.products = signal({});
    setInterval(() => (this.seconds.value += 1), 1_000);
  }

  async read() {
    /** @type {import("./http.js").Answer<QueuedClaims>} */
    const answer = await get(`/api/v1/desk/claims?${this.desk.query({})}`);
    if (!answer.ok) return void (this.problem.value = failureWords(answer.failure));
    this.receivers.value = Object.fromEntries(answer.value.claims.map((claim) => [claim.id, claim.receiver]));
    this.list.value = answer.value.claims;
  }

  /** @param {ClaimView} claim */
  #queued(claim) {
    return this.list.value.find((each) => each.id === claim.id);
  }

  /** @override @param {ClaimView} claim */
  pathOf(claim) {
    return `/api/v1/sessions/${this.#queued(claim)?.session_id ?? ""}/claims`;
  }

  /** @override @param {ClaimView} claim */
  titleOf(claim) {
    return this.desk.sessionId === null ? (this.#queued(claim)?.session_title ?? "") : "";
  }

  /** @override @param {ClaimView} claim */
  productsOf(claim) {
    const sessionId = this.#queued(claim)?.session_id;
    if (sessionId === undefined) return [];
    const known = this.products.value[sessionId];
    if (known === undefined) void this.#readProducts(sessionId);
    return known ?? claim.lines.map((line) => ({ id: line.product_id, code: line.code, name: line.product_name }));
  }

  /** @param {string} sessionId */
  async #readProducts(sessionId) {
    /** @type {import("./http.js").Answer<{products: ClaimProduct[]}>} */
    const answer = await get(`/api/v1/sessions/${sessionId}`);
    if (answer.ok) this.products.value = { ...this.products.value, [sessionId]: answer.value.products };
  }

  /** @override @param {number | null} untilMs */
  secondsUntil(untilMs) {
    void this.seconds.value;
    return untilMs === null ? 0 : Math.max(0, (untilMs - Date.now()) / 1_000);
  }

  /** @override @returns {(claim: ClaimView, orderId: string) => void} */
  get opensOrder() {
    return (claim, orderId) => {
      const sessionId = this.#queued(claim)?.session_id;
      if (sessionId !== undefined) void this.desk.showOrder({ order_id: orderId, session_id: sessionId });
    };
  }

  /** @override */
  heard() {
    void this.desk.read();
  }
}
