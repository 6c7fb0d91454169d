// What people do with claims, on the board and at the desk alike: each is a call to the API of the claim's own session.

import { computed, signal } from "@preact/signals";

import { command } from "./http.js";
import { failureWords } from "./page.js";

/**
 * @typedef {import("./protocol.js").ClaimView} ClaimView
 * @typedef {import("./protocol.js").Buyer} Buyer
 * @typedef {{name: string, ward_name: string, province_name: string}} ToldReceiver
 * @typedef {{id: string, code: string | null, name: string}} ClaimProduct
 */

export class ClaimHands {
  /** @param {boolean} mayWork @param {import("@preact/signals").ReadonlySignal<readonly ClaimView[]>} waiting those that wait for a decision */
  constructor(mayWork, waiting) {
    this.mayWork = mayWork;
    this.waiting = waiting;
    /** Those that are decided. @type {import("@preact/signals").ReadonlySignal<readonly ClaimView[]>} */
    this.others = computed(() => []);
    this.problem = signal("");
    this.isBusy = signal(false);
    this.chosenId = signal(/** @type {string | null} */ (null));
    /** What is open below the chosen claim. */
    this.face = signal(/** @type {"" | "lines" | "receiver"} */ (""));
    /** Numbers that were shown, by claim. */
    this.phones = signal(/** @type {Readonly<Record<string, string>>} */ ({}));
    /** Where the goods of a claim would go. @type {import("@preact/signals").Signal<Readonly<Record<string, ToldReceiver | null>>>} */
    this.receivers = signal({});
  }

  /** Where the claims of its session are. @param {ClaimView} _claim @returns {string} */
  pathOf(_claim) {
    throw new Error("each place says it");
  }

  /** What else the claim may ask for. @param {ClaimView} _claim @returns {readonly ClaimProduct[]} */
  productsOf(_claim) {
    return [];
  }

  /** Seconds until this moment on the server's clock; draws anew every second. @param {number | null} _untilMs @returns {number} */
  secondsUntil(_untilMs) {
    return 0;
  }

  /** Which market it comes from, where there are several. @param {ClaimView} _claim */
  titleOf(_claim) {
    return "";
  }

  /** Open an order at the desk; null where that is another page. @returns {((claim: ClaimView, orderId: string) => void) | null} */
  get opensOrder() {
    return null;
  }

  /** A claim as it stands now. @param {ClaimView} _claim */
  heard(_claim) {}

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
    await this.#call("POST", claim, "/order", { buyer });
  }

  /** @param {ClaimView} claim */
  async reject(claim) {
    await this.#call("POST", claim, "/rejection");
  }

  /** Its writer is asked: what it holds stays held, and an order before it is to be confirmed again. @param {ClaimView} claim */
  async askAgain(claim) {
    await this.#call("POST", claim, "/ask-again");
  }

  /** @param {ClaimView} claim @param {ReadonlyArray<{product_id: string, quantity: number}>} lines */
  async mend(claim, lines) {
    await this.#call("PUT", claim, "/lines", { lines });
  }

  /** @param {ClaimView} claim */
  async showPhone(claim) {
    /** @type {import("./http.js").Answer<{phone: string | null}>} */
    const answer = await command("POST", `${this.pathOf(claim)}/${claim.id}/phone`, { reason: "call" });
    if (!answer.ok) this.problem.value = failureWords(answer.failure);
    else if (answer.value.phone !== null) this.phones.value = { ...this.phones.value, [claim.id]: answer.value.phone };
  }

  /** @param {"POST" | "PUT"} method @param {ClaimView} claim @param {string} path @param {unknown} [body] */
  async #call(method, claim, path, body) {
    if (this.isBusy.value) return;
    this.isBusy.value = true;
    /** @type {import("./http.js").Answer<ClaimView>} */
    const answer = await command(method, `${this.pathOf(claim)}/${claim.id}${path}`, body);
    this.isBusy.value = false;
    this.problem.value = answer.ok ? "" : failureWords(answer.failure);
    if (!answer.ok) return;
    this.face.value = "";
    this.heard(answer.value);
  }

  /** @param {string} key @returns {boolean} whether it did something */
  press(key) {
    const claim = this.chosen;
    if (!this.mayWork || claim === null) return false;
    if (key === "c") void this.confirm(claim);
    else if (key === "x") void this.reject(claim);
    else if (key === "h") void this.askAgain(claim);
    else if (key === "e") {
      this.chosenId.value = claim.id;
      this.face.value = "lines";
    } else if (key === "j") this.choose(1);
    else if (key === "k") this.choose(-1);
    else return false;
    return true;
  }
}
