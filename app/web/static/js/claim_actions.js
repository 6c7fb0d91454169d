// What the board can do with claims, as calls to the API. The socket tells every change; a list is read when the board opens.

import { computed, signal } from "@preact/signals";

import { command, get } from "./http.js";
import { failureWords } from "./page.js";

/**
 * @typedef {import("./protocol.js").ClaimView} ClaimView
 * @typedef {import("./protocol.js").Buyer} Buyer
 * @typedef {ClaimView & {receiver?: {name: string, ward_name: string, province_name: string} | null}} DeskClaim
 */

export class ClaimActions {
  /** @param {import("./room.js").Room} room @param {boolean} mayWork */
  constructor(room, mayWork) {
    this.room = room;
    this.mayWork = mayWork;
    this.path = `/api/v1/sessions/${room.sessionId}/claims`;
    this.problem = signal("");
    this.isBusy = signal(false);
    this.chosenId = signal(/** @type {string | null} */ (null));
    /** What is open below the chosen claim. */
    this.face = signal(/** @type {"" | "lines" | "receiver"} */ (""));
    /** Numbers that were shown, by claim. */
    this.phones = signal(/** @type {Readonly<Record<string, string>>} */ ({}));
    this.receivers = signal(/** @type {Readonly<Record<string, DeskClaim["receiver"]>>} */ ({}));
    /** Those that wait, the longest waiting first. */
    this.waiting = computed(() => room.state.value.claims.filter((claim) => claim.state === "held"));
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

  #timer = 0;

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

  /** The one that keys act on. */
  get chosen() {
    const { value: waiting } = this.waiting;
    return waiting.find((claim) => claim.id === this.chosenId.value) ?? waiting[0] ?? null;
  }

  /** @param {1 | -1} step */
  choose(step) {
    const ids = this.waiting.value.map((claim) => claim.id);
    const at = ids.indexOf(this.chosen?.id ?? "");
    this.chosenId.value = ids[Math.min(ids.length - 1, Math.max(0, at + step))] ?? null;
    this.face.value = "";
  }

  /** @param {ClaimView} claim @param {Buyer | null} [buyer] */
  async confirm(claim, buyer = null) {
    if (buyer === null && (this.receivers.value[claim.id] ?? null) === null) {
      this.chosenId.value = claim.id;
      this.face.value = "receiver";
      return;
    }
    await this.#call("POST", `/${claim.id}/order`, { buyer });
  }

  /** @param {ClaimView} claim */
  async reject(claim) {
    await this.#call("POST", `/${claim.id}/rejection`);
  }

  /** @param {ClaimView} claim @param {ReadonlyArray<{product_id: string, quantity: number}>} lines */
  async mend(claim, lines) {
    await this.#call("PUT", `/${claim.id}/lines`, { lines });
  }

  /** @param {ClaimView} claim */
  async showPhone(claim) {
    /** @type {import("./http.js").Answer<{phone: string | null}>} */
    const answer = await command("POST", `${this.path}/${claim.id}/phone`, { reason: "call" });
    if (!answer.ok) this.problem.value = failureWords(answer.failure);
    else if (answer.value.phone !== null) this.phones.value = { ...this.phones.value, [claim.id]: answer.value.phone };
  }

  /** @param {"POST" | "PUT"} method @param {string} path @param {unknown} [body] */
  async #call(method, path, body) {
    if (this.isBusy.value) return;
    this.isBusy.value = true;
    /** @type {import("./http.js").Answer<ClaimView>} */
    const answer = await command(method, `${this.path}${path}`, body);
    this.isBusy.value = false;
    this.problem.value = answer.ok ? "" : failureWords(answer.failure);
    if (!answer.ok) return;
    this.face.value = "";
    this.room.hearClaim(answer.value);
  }

  /** @param {string} key @returns {boolean} whether it did something */
  press(key) {
    const claim = this.chosen;
    if (!this.mayWork || claim === null) return false;
    if (key === "c") void this.confirm(claim);
    else if (key === "x") void this.reject(claim);
    else if (key === "e") {
      this.chosenId.value = claim.id;
      this.face.value = "lines";
    } else if (key === "j") this.choose(1);
    else if (key === "k") this.choose(-1);
    else return false;
    return true;
  }
}
