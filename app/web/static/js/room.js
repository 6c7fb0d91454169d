// One room on one page: socket, polling, clock and state wired together, as signals that the page's parts read.

import { batch, effect, signal } from "@preact/signals";

import { ServerClock, secondsOf } from "./clock.js";
import { RoomPolling } from "./polling.js";
import { RoomSocket } from "./socket.js";
import { apply, emptyRoom, withClaim } from "./state.js";
import { Ticket } from "./ticket.js";

/**
 * @typedef {import("./protocol.js").SessionView} SessionView
 * @typedef {import("./protocol.js").ServerMessage} ServerMessage
 * @typedef {import("./state.js").RoomState} RoomState
 */

const TELL_AFTER_MS = 1_200;

export class Room {
  /** @type {Set<string>} What this page has told of its viewer's interest. */
  #told = new Set();

  /**
   * @param {object} options
   * @param {SessionView} options.session
   * @param {string} options.path
   * @param {() => string | null} [options.name]
   * @param {(code: string, message: string) => void} [options.onNameRefused]
   * @param {Partial<RoomState>} [options.known] what the page already knows before the first snapshot
   * @param {() => void} [options.onNoWay] a room with this may be read without a socket; called when that does not work either
   */
  constructor({ session, path, name = () => null, onNameRefused, known = {}, onNoWay }) {
    this.sessionId = session.id;
    this.clock = new ServerClock();
    this.seconds = secondsOf(this.clock);
    /** @type {import("@preact/signals").Signal<RoomState>} */
    this.state = signal({ ...emptyRoom(session), ...known });
    /** @type {import("@preact/signals").Signal<import("./socket.js").SocketStatus>} */
    this.status = signal("connecting");
    /** @type {import("@preact/signals").Signal<number | null>} */
    this.closeCode = signal(null);
    this.isOnline = signal(navigator.onLine);
    addEventListener("online", () => (this.isOnline.value = true));
    addEventListener("offline", () => (this.isOnline.value = false));
    /** Lost for longer than a quick return takes: worth telling. */
    this.isAway = signal(false);
    this.ticket = new Ticket(session.id);
    this.polling = new RoomPolling({
      sessionId: session.id,
      ticket: this.ticket,
      onRenewed: () => this.socket.open(),
      clock: this.clock,
      position: () => this.state.peek().position,
      onSnapshot: (snapshot) => {
        this.#hear(snapshot);
        // The end is final.
        if (snapshot.session.state !== "live") this.socket.stop();
      },
    });
    this.socket = new RoomSocket({
      path,
      name,
      clock: this.clock,
      position: () => this.state.value.position,
      onMessage: (message) => this.#hear(message),
      onStatus: (status, closeCode) =>
        batch(() => {
          this.status.value = status;
          this.closeCode.value = closeCode;
          if (status === "open" || status === "stopped") this.polling.stop();
          if (status === "open") this.ticket.isRefused.value = false;
        }),
      ...(onNameRefused && { onNameRefused }),
      ...(onNoWay && { onRefused: () => this.#onRefused(onNoWay) }),
    });
    this.#watchAbsence();
  }

  /**
   * A product was opened, or is the first line of a basket: told once per page, and never waited for.
   * @param {"opened" | "basket"} step
   * @param {string} productId
   */
  showInterest(step, productId) {
    const key = `${step} ${productId}`;
    if (this.#told.has(key) || this.status.peek() !== "open") return;
    this.#told.add(key);
    this.socket.request({ type: "interest.show", step, product_id: productId }).catch(() => this.#told.delete(key));
  }

  /** @param {() => void} onNoWay */
  async #onRefused(onNoWay) {
    const pause = await this.polling.takeOver();
    if (pause === null && this.status.peek() !== "stopped") onNoWay();
    return pause;
  }

  #watchAbsence() {
    let timer = 0;
    effect(() => {
      const { value: status } = this.status;
      const { value: isOnline } = this.isOnline;
      if (status === "open" || status === "stopped" || (this.polling.state.value === "on" && isOnline)) {
        clearTimeout(timer);
        timer = 0;
        this.isAway.value = false;
      } else if (!isOnline) {
        // A device that says so itself has no network: no need to wait and see.
        this.isAway.value = true;
      } else if (status === "away" && timer === 0) {
        timer = setTimeout(() => (this.isAway.value = true), TELL_AFTER_MS);
      }
    });
  }

  /** Whether the room is read every few seconds instead of heard: no comments and hearts then, orders go by HTTP. */
  get isPolling() {
    return this.status.value !== "open" && this.polling.state.value !== "off";
  }

  /** Whether the browser refuses the cookie without which nobody knows who orders or comments. */
  get cannotSpeak() {
    return this.isPolling && this.ticket.isRefused.value;
  }

  /** What a call has answered of a claim, before the socket tells it. @param {import("./protocol.js").ClaimView} claim */
  hearClaim(claim) {
    this.state.value = { ...this.state.value, claims: withClaim(this.state.value.claims, claim) };
  }

  /** @param {ServerMessage} message */
  #hear(message) {
    this.state.value = apply(this.state.value, message);
    if (this.state.value.missed) this.socket.hello();
  }

  /** Seconds until a moment of the server's clock; 0 once it is past. Read inside a component it keeps counting.
   * @param {number | null} atMs
   */
  secondsUntil(atMs) {
    void this.seconds.value;
    return atMs === null ? 0 : Math.max(0, (atMs - this.clock.nowMs()) / 1000);
  }
}
