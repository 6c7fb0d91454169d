// Carries one order to the server by whichever way answers first: the socket, or HTTP while the socket is away or says nothing. The
// key makes it one order however often it arrives.

import { send } from "./http.js";
import { ConnectionLost } from "./socket.js";

/**
 * @typedef {import("./protocol.js").ErrorCode} ErrorCode
 * @typedef {Pick<import("./protocol.js").PlaceOrder, "key" | "lines" | "buyer" | "shipping_fee_vnd" | "payment">} OrderContent
 * @typedef {import("./room.js").Room} Room
 */
/** @typedef {Omit<import("./protocol.js").OrderPlaced, "type" | "id">} Receipt */
/** @typedef {{receipt: Receipt} | {code: ErrorCode, words: string, retryAfterMs: number | null, details?: Readonly<Record<string, unknown>>}} OrderAnswer */

const SOCKET_SILENCE_MS = 1_500;
// A post on a connection that died is never answered, and one that is cut off and sent again takes a new one. Every fourth may take
// longer, for slow networks; while the room's document still comes, the network is there and only the order takes its time.
const POST_MS = 2_500;
const PATIENT_POST_MS = 6_000;
const PATIENT_EVERY = 4;
const CALM_POST_MS = 12_000;
const NETWORK_IS_THERE_MS = 6_000;
const POST_PAUSE_MS = 300;

/**
 * The server's answer. While there is no way to the server it does not come.
 * @param {Room} room
 * @param {OrderContent} order
 * @returns {Promise<OrderAnswer>}
 */
export async function carryOrder(room, order) {
  const over = new AbortController();
  const calmDown = room.socket.hurry();
  try {
    return await Promise.race([overSocket(room, order, over.signal), overHttp(room, order, over.signal)]);
  } finally {
    over.abort();
    calmDown();
  }
}

/**
 * @param {Room} room
 * @param {OrderContent} order
 * @param {AbortSignal} over
 * @returns {Promise<OrderAnswer>}
 */
async function overSocket(room, order, over) {
  for (;;) {
    while (room.status.peek() !== "open") await statusChange(room, over, null);
    try {
      const reply = await room.socket.request({ type: "order.place", ...order });
      if (reply.type === "order.placed") return { receipt: reply };
      if (reply.type === "command.failed") return { code: reply.code, words: reply.message, retryAfterMs: reply.retry_after_ms, details: reply.details };
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
    }
    // A socket that is lost says so before it is open again.
    await pause(0, over);
  }
}

/**
 * @param {Room} room
 * @param {OrderContent} order
 * @param {AbortSignal} over
 * @returns {Promise<OrderAnswer>}
 */
async function overHttp(room, order, over) {
  for (let tries = 1; ; tries += 1) {
    await socketSilence(room, over);
    const isThere = performance.now() - room.polling.heardAt < NETWORK_IS_THERE_MS;
    const ms = isThere ? CALM_POST_MS : tries % PATIENT_EVERY === 0 ? PATIENT_POST_MS : POST_MS;
    const answer = await room.ticket.used(() => post(room, order, ms, over));
    if (answer.ok) return { receipt: answer.value };
    const { code, title_vi: words, retry_after_seconds: seconds, details = {} } = answer.failure;
    if (String(code) !== "offline") return { code, words: words ?? "", retryAfterMs: seconds === undefined ? null : seconds * 1000, details };
    await pause(POST_PAUSE_MS * (1 + Math.random()), over);
  }
}

/**
 * @param {Room} room
 * @param {OrderContent} order
 * @param {number} ms
 * @param {AbortSignal} over
 * @returns {Promise<import("./http.js").Answer<Receipt>>}
 */
async function post(room, order, ms, over) {
  const cut = new AbortController();
  const abort = () => cut.abort();
  const timer = setTimeout(abort, ms);
  over.addEventListener("abort", abort);
  try {
    return await send("POST", `/api/v1/sessions/${room.sessionId}/orders`, order, cut.signal);
  } finally {
    clearTimeout(timer);
    over.removeEventListener("abort", abort);
  }
}

/**
 * Until the socket is not open, or was not heard for a while although it was spoken to.
 * @param {Room} room
 * @param {AbortSignal} over
 */
async function socketSilence(room, over) {
  for (;;) {
    const since = performance.now();
    if (room.status.peek() !== "open") return;
    await statusChange(room, over, SOCKET_SILENCE_MS);
    if (room.socket.heardAt < since) return;
  }
}

/**
 * Waits; for ever once it is over, as nobody listens any more.
 * @param {number} ms
 * @param {AbortSignal} over
 * @returns {Promise<void>}
 */
function pause(ms, over) {
  return new Promise((resolve) => setTimeout(() => over.aborted || resolve(), ms));
}

/**
 * Until the socket's status changes, or a time has passed.
 * @param {Room} room
 * @param {AbortSignal} over
 * @param {number | null} ms
 * @returns {Promise<void>}
 */
function statusChange(room, over, ms) {
  return new Promise((resolve) => {
    const before = room.status.peek();
    const timer = ms === null ? 0 : setTimeout(end, ms);
    const unsubscribe = room.status.subscribe((status) => status !== before && end());
    over.addEventListener("abort", end);
    function end() {
      clearTimeout(timer);
      over.removeEventListener("abort", end);
      // Not from within the signal's own round.
      queueMicrotask(() => unsubscribe());
      if (!over.aborted) resolve();
    }
  });
}
