// The room's socket: does what connection.js decides, with real sockets, timers and events of the page; keeps the server's clock.

import { thisMoment } from "./clock.js";
import { hasJumped } from "./clock_rules.js";
import { afterEvent, closedConnection, statusOf } from "./connection.js";

/**
 * @typedef {import("./protocol.js").ClientCommand} ClientCommand
 * @typedef {import("./protocol.js").ServerMessage} ServerMessage
 * @typedef {import("./protocol.js").ResumePosition} ResumePosition
 * @typedef {import("./clock.js").ServerClock} ServerClock
 * @typedef {import("./connection.js").Act} Act
 * @typedef {import("./connection.js").ConnectionEvent} ConnectionEvent
 */

/**
 * @typedef {"connecting" | "open" | "away" | "stopped"} SocketStatus
 *   `away`: lost, and coming back by itself; `stopped`: for good, see the close code
 */

/**
 * @typedef {object} SocketOptions
 * @property {string} path
 * @property {ServerClock} clock
 * @property {() => ResumePosition | null} position
 * @property {() => string | null} name display name beside comments
 * @property {(code: string, message: string) => void} [onNameRefused] the hello was refused with its name; after this `name` gives null
 * @property {(message: ServerMessage) => void} onMessage
 * @property {(status: SocketStatus, closeCode: number | null) => void} onStatus
 * @property {() => Promise<number | null>} [onRefused] an upgrade failed, and no browser says why; resolves to the milliseconds after
 *   which to try again, or to null when nothing is known
 */

const VERSION = 1;
const REPLY_WITHIN_MS = 15_000;
/** @type {ReadonlySet<string>} */
const NAME_REFUSALS = new Set(["name_reserved", "malformed"]);
const BEAT_MS = 1_000;
// Focus comes back from a video's frame, too: a connection that spoke just now is not asked.
const FRESH_MS = 6_000;

/** Thrown by `request` when the connection went before the answer came: nobody knows what the server did. */
export class ConnectionLost extends Error {}

export class RoomSocket {
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {Map<string, {resolve: (reply: ServerMessage) => void, reject: (reason: Error) => void, timer: number}>} */
  #waiting = new Map();
  #numbers = 0;
  #helloId = "";
  #helloHadName = false;
  #helloAt = thisMoment();
  #checkedAt = thisMoment();
  #timer = 0;
  #asked = 0;
  #urgent = 0;
  #connection;
  /** When the server was heard last, by `performance.now()`. */
  heardAt = -Infinity;
  /** @type {SocketStatus} */
  status = "connecting";

  /** @param {SocketOptions} options */
  constructor(options) {
    this.options = options;
    this.#connection = closedConnection(options.onRefused !== undefined);
    setInterval(() => this.#beat(), BEAT_MS);
    addEventListener("online", () => this.#tell({ type: "returned" }));
    addEventListener("offline", () => this.#tell({ type: "offline" }));
    addEventListener("focus", () => performance.now() - this.heardAt > FRESH_MS && this.#tell({ type: "returned" }));
    addEventListener("pagehide", () => this.#tell({ type: "gone" }));
    addEventListener("pageshow", (event) => event.persisted && this.#tell({ type: "returned" }));
    document.addEventListener("freeze", () => this.#tell({ type: "gone" }));
    document.addEventListener("resume", () => this.#tell({ type: "returned" }));
    document.addEventListener("visibilitychange", () => !document.hidden && this.#tell({ type: "returned" }));
  }

  /** Open it, or try again now instead of later. */
  open() {
    this.#tell({ type: "open" });
  }

  /** Come back no more: there is nothing left to come back to. */
  stop() {
    this.#tell({ type: "stop" });
  }

  /**
   * Somebody waits for the network, until the function that this returns is called: the connection is tried at once and often.
   * @returns {() => void}
   */
  hurry() {
    this.#urgent += 1;
    this.#tell({ type: "urgent", isUrgent: true });
    return () => {
      this.#urgent -= 1;
      if (this.#urgent === 0) this.#tell({ type: "urgent", isUrgent: false });
    };
  }

  /** Say where we are; the answer brings what we missed, and the time. */
  hello() {
    const isRunning = this.#helloId !== "" && performance.now() - this.#helloAt.at < REPLY_WITHIN_MS;
    if (isRunning || this.#socket?.readyState !== WebSocket.OPEN) return;
    const resume = this.options.position();
    const name = this.options.name();
    this.#helloId = this.#nextId();
    this.#helloAt = thisMoment();
    this.#helloHadName = Boolean(name);
    this.#write({ type: "viewer.hello", id: this.#helloId, version: VERSION, ...(resume && { resume }), ...(name && { name }) });
  }

  /**
   * Ask, and get the one answer. Rejects with `ConnectionLost` when it cannot come.
   * @template {ClientCommand} C
   * @param {C extends ClientCommand ? Omit<C, "id"> : never} command
   * @returns {Promise<ServerMessage>}
   */
  request(command) {
    if (this.status !== "open") return Promise.reject(new ConnectionLost());
    const id = this.#nextId();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(id)?.reject(new ConnectionLost()), REPLY_WITHIN_MS);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#write(/** @type {ClientCommand} */ ({ .../** @type {object} */ (command), id }));
      this.#tell({ type: "asked" });
    });
  }

  /**
   * The one way in which anything changes.
   * @param {ConnectionEvent} event
   */
  #tell(event) {
    const before = this.#connection;
    const { connection, acts } = afterEvent(before, event, Math.random());
    this.#connection = connection;
    if (connection.timer !== before.timer) {
      clearTimeout(this.#timer);
      if (connection.timerMs !== null) this.#timer = setTimeout(() => this.#tell({ type: "timer" }), connection.timerMs);
    }
    for (const act of acts) this.#do(act);
    const status = statusOf(connection);
    if (status === this.status) return;
    this.status = status;
    this.options.onStatus(status, event.type === "closed" ? event.code : null);
  }

  /** @param {Act} act */
  #do(act) {
    if (act === "connect") this.#connect();
    else if (act === "drop") this.#drop();
    else if (act === "hello") this.hello();
    else if (act === "leave") this.#write({ type: "viewer.leave", id: this.#nextId() });
    else void this.#ask();
  }

  #connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${this.options.path}`);
    this.#socket = socket;
    socket.addEventListener("open", () => (socket === this.#socket ? this.#tell({ type: "accepted" }) : socket.close()));
    socket.addEventListener("message", (event) => socket === this.#socket && this.#hear(String(event.data)));
    socket.addEventListener("close", (event) => socket === this.#socket && this.#tell({ type: "closed", code: event.code }));
  }

  /** What a socket says after it was dropped is not heard any more. */
  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    this.#helloId = "";
    // One that is still being opened goes with the page.
    if (this.#connection.name !== "gone" || socket?.readyState === WebSocket.OPEN) socket?.close();
    for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(new ConnectionLost());
  }

  async #ask() {
    this.#asked += 1;
    const number = this.#asked;
    const pauseMs = (await this.options.onRefused?.()) ?? null;
    // Meanwhile the page may have gone, or another attempt may have been made.
    if (number === this.#asked && this.#connection.name === "asking") this.#tell({ type: "told", pauseMs });
  }

  #beat() {
    this.#checkSleep();
    // A page that is still seen has not gone, whatever the browser said.
    if (this.#connection.name === "gone" && !document.hidden) this.#tell({ type: "returned" });
  }

  /** Timers and `performance.now()` stand still in a device that sleeps; the clock on the wall does not. */
  #checkSleep() {
    const now = thisMoment();
    const hasSlept = hasJumped(this.#checkedAt, now);
    this.#checkedAt = now;
    if (hasSlept) this.#tell({ type: "returned" });
  }

  #nextId() {
    this.#numbers += 1;
    return String(this.#numbers);
  }

  /** @param {ClientCommand} command */
  #write(command) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(command));
  }

  /** @param {string} text */
  #hear(text) {
    this.#checkSleep();
    const now = thisMoment();
    this.heardAt = now.at;
    /** @type {ServerMessage} */
    const message = JSON.parse(text);
    this.#tell({ type: "heard" });
    if ("id" in message && message.id !== null && message.id === this.#helloId) this.#greeted(message, now);
    else if ("id" in message && message.id !== null) this.#settle(message.id)?.resolve(message);
    if (message.type === "server.leaving") this.#tell({ type: "sentHome", pauseMs: message.return_after_ms });
    if (message.type === "room.tick" && !this.options.clock.hear(message.server_time_ms, now)) this.hello();
    this.options.onMessage(message);
  }

  /**
   * @param {ServerMessage} message
   * @param {import("./clock.js").Moment} now
   */
  #greeted(message, now) {
    this.#helloId = "";
    if (message.type === "command.failed" && this.#helloHadName && NAME_REFUSALS.has(message.code)) {
      // A name that is remembered here may have become forbidden: come in without it.
      this.options.onNameRefused?.(message.code, message.message);
      if (this.options.name() === null) this.hello();
      return;
    }
    if (message.type === "command.failed") return this.#tell({ type: "unwelcome", pauseMs: message.retry_after_ms });
    const isRight = !("server_time_ms" in message) || this.options.clock.learn(message.server_time_ms, this.#helloAt, now);
    this.#tell({ type: "greeted", tookMs: now.at - this.#helloAt.at });
    if (!isRight) this.hello();
  }

  /** @param {string} id */
  #settle(id) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting !== undefined) clearTimeout(waiting.timer);
    return waiting;
  }
}
