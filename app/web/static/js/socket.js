// The room's socket: says hello, resumes where it was, keeps the server's clock, comes back by the rules of docs/protocol.md.

/**
 * @typedef {import("./protocol.js").ClientCommand} ClientCommand
 * @typedef {import("./protocol.js").ServerMessage} ServerMessage
 * @typedef {import("./protocol.js").ResumePosition} ResumePosition
 * @typedef {import("./clock.js").ServerClock} ServerClock
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
const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 20_000;
const REPLY_WITHIN_MS = 15_000;
const SILENCE_MS = 25_000;
const FIRST_STOPPING_CODE = 4500;
const LAST_STOPPING_CODE = 4999;
/** @type {ReadonlySet<string>} */
const NAME_REFUSALS = new Set(["name_reserved", "malformed"]);

/** Thrown by `request` when the connection went before the answer came: nobody knows what the server did. */
export class ConnectionLost extends Error {}

export class RoomSocket {
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {Map<string, {resolve: (reply: ServerMessage) => void, reject: (reason: Error) => void, timer: number}>} */
  #waiting = new Map();
  #numbers = 0;
  #failures = 0;
  #helloId = "";
  #helloAt = 0;
  #helloHadName = false;
  #heardAt = 0;
  #comeBackTimer = 0;
  #isLeaving = false;
  #wasAccepted = false;
  /** @type {SocketStatus} */
  status = "connecting";

  /** @param {SocketOptions} options */
  constructor(options) {
    this.options = options;
    setInterval(() => this.#watch(), 5_000);
    addEventListener("online", () => this.#comeBackNow());
    addEventListener("offline", () => this.#socket?.close());
    addEventListener("pagehide", () => this.#leave());
    addEventListener("pageshow", (event) => event.persisted && this.#comeBackNow());
  }

  open() {
    clearTimeout(this.#comeBackTimer);
    this.#isLeaving = false;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${this.options.path}`);
    this.#socket = socket;
    this.#heardAt = performance.now();
    this.#wasAccepted = false;
    socket.addEventListener("open", () => {
      this.#wasAccepted = true;
      this.hello();
    });
    socket.addEventListener("message", (event) => socket === this.#socket && this.#hear(String(event.data)));
    socket.addEventListener("close", (event) => socket === this.#socket && this.#lost(event.code));
  }

  /** Come back no more: there is nothing left to come back to. */
  stop() {
    clearTimeout(this.#comeBackTimer);
    const socket = this.#socket;
    this.#forget();
    socket?.close();
    this.#tell("stopped", null);
  }

  /** Say where we are; the answer brings what we missed. */
  hello() {
    if (this.#helloId !== "") return;
    const resume = this.options.position();
    const name = this.options.name();
    this.#helloId = this.#nextId();
    this.#helloAt = performance.now();
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
    });
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
    this.#heardAt = performance.now();
    /** @type {ServerMessage} */
    const message = JSON.parse(text);
    if ("id" in message && message.id !== null && message.id === this.#helloId) this.#greeted(message);
    else if ("id" in message && message.id !== null) this.#settle(message.id)?.resolve(message);
    if (message.type === "server.leaving") this.#returnAfter(message.return_after_ms);
    this.options.onMessage(message);
  }

  /** @param {ServerMessage} message */
  #greeted(message) {
    this.#helloId = "";
    if (message.type === "command.failed" && this.#helloHadName && NAME_REFUSALS.has(message.code)) {
      // A name that is remembered here may have become forbidden: come in without it.
      this.options.onNameRefused?.(message.code, message.message);
      if (this.options.name() === null) this.hello();
      return;
    }
    if (!("server_time_ms" in message)) return;
    this.options.clock.learn(message.server_time_ms, this.#helloAt, this.#heardAt);
    this.#failures = 0;
    this.#tell("open", null);
  }

  /** @param {string} id */
  #settle(id) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting !== undefined) clearTimeout(waiting.timer);
    return waiting;
  }

  /** @param {number} code */
  #lost(code) {
    this.#forget();
    if (code >= FIRST_STOPPING_CODE && code <= LAST_STOPPING_CODE && !this.#isLeaving) {
      this.#tell("stopped", code);
      return;
    }
    this.#tell("away", code);
    if (this.#isLeaving) return;
    if (this.#wasAccepted || this.options.onRefused === undefined) this.#comeBackSoon();
    else void this.#comeBackWhenTold(this.options.onRefused);
  }

  /** @param {() => Promise<number | null>} ask */
  async #comeBackWhenTold(ask) {
    const pause = await ask();
    // Meanwhile the page may have gone, the session may have ended, or the network's return may have opened another.
    if (this.#isLeaving || this.#socket !== null || this.status === "stopped") return;
    if (pause === null) this.#comeBackSoon();
    else this.#comeBackIn(pause);
  }

  /** Full jitter: after a restart of the server a whole room comes back, spread over the delay. */
  #comeBackSoon() {
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#comeBackIn(FIRST_DELAY_MS / 4 + Math.random() * longest);
  }

  #forget() {
    this.#socket = null;
    this.#helloId = "";
    for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(new ConnectionLost());
  }

  /** @param {number} ms */
  #returnAfter(ms) {
    const socket = this.#socket;
    this.#forget();
    socket?.close();
    this.#tell("away", null);
    this.#comeBackIn(ms + Math.random() * FIRST_DELAY_MS);
  }

  /** @param {number} ms */
  #comeBackIn(ms) {
    clearTimeout(this.#comeBackTimer);
    this.#comeBackTimer = setTimeout(() => this.open(), ms);
  }

  #comeBackNow() {
    if (this.#socket === null && this.status !== "stopped") this.open();
  }

  #leave() {
    this.#isLeaving = true;
    this.#write({ type: "viewer.leave", id: this.#nextId() });
    // One that is still being opened goes with the page.
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.close();
  }

  /** A connection that died without a word looks open for minutes: ask after a silence, give up when nothing comes. */
  #watch() {
    if (this.#socket === null) return;
    const silence = performance.now() - this.#heardAt;
    if (this.#helloId !== "" && performance.now() - this.#helloAt > REPLY_WITHIN_MS) {
      this.#socket.close();
      this.#lost(1006);
    } else if (this.#socket.readyState === WebSocket.OPEN && silence > SILENCE_MS) this.hello();
    else if (this.#socket.readyState === WebSocket.CONNECTING && silence > REPLY_WITHIN_MS) this.#socket.close();
  }

  /**
   * @param {SocketStatus} status
   * @param {number | null} closeCode
   */
  #tell(status, closeCode) {
    this.status = status;
    this.options.onStatus(status, closeCode);
  }
}
