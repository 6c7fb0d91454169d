// What the host can do, as calls to the API; each tells what went wrong in one line of the board.

import { computed, signal } from "@preact/signals";

import { happenedIn } from "./board_happened.js";
import { command, get } from "./http.js";
import { failureWords, problemSentence, say } from "./page.js";
import { ConnectionLost } from "./socket.js";

/**
 * @typedef {import("./room.js").Room} Room
 * @typedef {import("./protocol.js").AskedGroup} AskedGroup
 * @typedef {import("./protocol.js").OfferView} OfferView
 * @typedef {import("./protocol.js").SessionView} SessionView
 */

/** @typedef {import("./board_half_price.js").Evidence} Evidence */
/** @typedef {import("./board_happened.js").Happening} Happening */
/** @typedef {{price: number, quantity: number, limit: number, minutes: number, below_half: Evidence | null}} FlashWish */

const SPEAK_AGAIN_MS = 1_200;

export class BoardActions {
  #may;

  /**
   * @param {Room} room
   * @param {readonly string[]} may the actions that this person may do here
   */
  constructor(room, may) {
    this.room = room;
    this.#may = new Set(may);
    /** Whether the controls of the show are theirs: a helper sees what runs, and leaves it to the host. */
    this.runs = this.may("run_sessions");
    this.path = `/api/v1/sessions/${room.sessionId}`;
    this.problem = signal("");
    this.isBusy = signal(false);
    /** Product that the keys act on; null = the pinned one. */
    this.chosenId = signal(/** @type {string | null} */ (null));
    this.showsFlashForm = signal(false);
    this.showsKeys = signal(false);
    this.showsTitleForm = signal(false);
    /** The last minutes, a sample every few seconds. */
    this.samples = signal(/** @type {readonly import("./board_samples.js").Sample[]} */ ([]));
    /** What is drawn over the curves. */
    this.happened = happenedIn(room);
    /** On a narrow board: the questions in place of the comments. */
    this.showsAsked = signal(false);
    /** Offers made beforehand; the room does not hear of them until they open. */
    this.prepared = signal(/** @type {readonly OfferView[]} */ ([]));
    room.status.subscribe((status) => {
      if (status === "open") void this.readPrepared();
    });
    /** Questions of viewers, the most asked first; the socket tells every change. */
    this.asked = computed(() => room.state.value.asked);
  }

  /** @param {string} action */
  may(action) {
    return this.#may.has(action);
  }

  async readPrepared() {
    /** @type {import("./http.js").Answer<{offers: OfferView[]}>} */
    const answer = await get(`${this.path}/offers`);
    if (answer.ok) this.prepared.value = answer.value.offers.filter((offer) => offer.state === "scheduled");
  }

  /** The product that P and F mean. */
  get productId() {
    return this.chosenId.value ?? this.room.state.value.pinnedProductId;
  }

  /**
   * One call at a time: a second press while the first is on its way does nothing.
   * @template T
   * @param {"POST" | "PUT" | "PATCH"} method
   * @param {string} path below the session
   * @param {unknown} [body]
   * @returns {Promise<T | null>} null when it failed
   */
  async #call(method, path, body) {
    if (this.isBusy.value) return null;
    this.isBusy.value = true;
    /** @type {import("./http.js").Answer<T>} */
    const answer = await command(method, `${this.path}${path}`, body);
    this.isBusy.value = false;
    if (!answer.ok) {
      this.problem.value = failureWords(answer.failure);
      return null;
    }
    this.problem.value = "";
    return answer.value;
  }

  /** @param {"scheduled" | "live" | "ended"} to */
  async move(to) {
    /** @type {SessionView | null} */
    const session = await this.#call("POST", "/transitions", { to });
    if (session !== null) this.room.state.value = { ...this.room.state.value, session: { ...this.room.state.value.session, ...session } };
  }

  /** @param {string | null} productId */
  async pin(productId) {
    await this.#call("POST", "/pin", { product_id: productId });
    if (this.problem.value !== "") return;
    this.chosenId.value = null;
    this.room.state.value = { ...this.room.state.value, pinnedProductId: productId };
  }

  /** Go on in the run-down: pin the product after the pinned one. */
  async next() {
    const { products, pinnedProductId } = this.room.state.value;
    const place = products.findIndex((product) => product.id === pinnedProductId);
    const product = products[place + 1];
    if (product) await this.pin(product.id);
  }

  /**
   * @param {string} productId
   * @param {FlashWish} wish
   * @param {boolean} now false: it waits until the host opens it
   */
  async openFlash(productId, wish, now) {
    const body = {
      product_id: productId,
      flash_price_vnd: wish.price,
      total_quantity: wish.quantity,
      per_viewer_limit: wish.limit,
      duration_seconds: Math.round(wish.minutes * 60),
      open_now: now,
      below_half: wish.price * 2 < (this.room.state.value.products.find((product) => product.id === productId)?.price_vnd ?? 0) ? wish.below_half : null,
    };
    const offer = await this.#call("POST", "/offers", body);
    if (offer === null) return;
    this.showsFlashForm.value = false;
    if (!now) await this.readPrepared();
  }

  /**
   * How many units there are of a product, those sold already among them, and whether the shelf sells it.
   * @param {string} productId
   * @param {{units: number, per_viewer_limit: number | undefined, on_shelf?: boolean}} wish
   */
  async setStock(productId, wish) {
    const row = await this.#call("PUT", `/stock/${productId}`, wish);
    if (row !== null) this.chosenId.value = null;
  }

  /**
   * @param {OfferView} offer one that has not opened
   * @param {{price: number, quantity: number, limit: number}} wish
   * @returns {Promise<boolean>} whether it was done
   */
  async changePrepared(offer, wish) {
    const body = { flash_price_vnd: wish.price, total_quantity: wish.quantity, per_viewer_limit: wish.limit };
    const changed = await this.#call("PATCH", `/offers/${offer.id}`, body);
    await this.readPrepared();
    return changed !== null;
  }

  /** It will never open. @param {OfferView} offer */
  async dropPrepared(offer) {
    await this.#call("POST", `/offers/${offer.id}/drop`);
    await this.readPrepared();
  }

  /**
   * @param {string} title
   * @param {string | null} video
   */
  async describe(title, video) {
    /** @type {SessionView | null} */
    const session = await this.#call("PATCH", "", { title, video_url: video });
    if (session === null) return;
    const state = this.room.state.value;
    this.room.state.value = { ...state, session: { ...state.session, title: session.title, video: session.video } };
    this.showsTitleForm.value = false;
  }

  /** Open one that was prepared. @param {OfferView} offer */
  async openPrepared(offer) {
    await this.#call("POST", `/offers/${offer.id}/open`);
    await this.readPrepared();
  }

  /**
   * @param {OfferView} offer
   * @param {number} seconds
   */
  async extend(offer, seconds) {
    await this.#call("POST", `/offers/${offer.id}/extend`, { seconds });
  }

  /** @param {OfferView} offer */
  async stop(offer) {
    await this.#call("POST", `/offers/${offer.id}/end`);
  }

  /** The answer, as a comment of the staff; whoever asked until now is then answered. @param {AskedGroup} group */
  async sendAnswer(group) {
    if (group.answer === null || this.isBusy.value) return;
    this.isBusy.value = true;
    const failure = await this.#answer(group.answer, group.newest.id);
    this.isBusy.value = false;
    this.problem.value = failure;
    if (failure === "") await this.markAnswered(group);
  }

  /**
   * As a reply to who asked last, as long as the room still shows that.
   * @param {string} text
   * @param {string} commentId
   * @returns {Promise<string>} what went wrong, in words; empty when it was shown
   */
  async #answer(text, commentId) {
    try {
      const post = /** @type {const} */ ({ type: "comment.post", text });
      let reply = await this.room.socket.request({ ...post, reply_to: commentId });
      if (reply.type === "command.failed" && reply.code === "comment_not_found") {
        // The refused one counts for the pace, too.
        await new Promise((resolve) => setTimeout(resolve, SPEAK_AGAIN_MS));
        reply = await this.room.socket.request(post);
      }
      return reply.type === "command.failed" ? problemSentence(reply.code, reply.message) : "";
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      return say("viewer.offline");
    }
  }

  /** The host has said it. @param {AskedGroup} group */
  async markAnswered(group) {
    this.#hear(await this.#call("POST", "/questions/answered", { kind: group.kind, product_id: group.product_id, until_ms: group.newest.at_ms }));
  }

  /**
   * What the organisation answers from now on where no other fact says it.
   * @param {string} topic
   * @param {string} text
   */
  async writeOwnAnswer(topic, text) {
    this.#hear(await this.#call("PUT", `/questions/own-answers/${topic}`, { text }));
  }

  /** What the keys mean: the question that most people ask. @param {(group: AskedGroup) => Promise<void>} act */
  withFirstAsked(act) {
    const first = this.asked.value[0];
    if (first) void act(first);
  }

  /** @param {{groups: AskedGroup[]} | null} left */
  #hear(left) {
    if (left !== null) this.room.state.value = { ...this.room.state.value, asked: left.groups };
  }
}
