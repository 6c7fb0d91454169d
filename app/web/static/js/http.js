// Requests to our own API: JSON in, JSON or a problem out, never an exception.

import { randomUuid } from "./memory.js";

/** @typedef {import("./protocol.js").Problem} Problem */
/** @typedef {Pick<Problem, "code"> & Partial<Problem>} Failure */

/**
 * @template T
 * @typedef {{ok: true, value: T} | {ok: false, failure: Failure}} Answer
 */

const PATIENCE_MS = 15_000;
/** What the window hears when a call was refused because nobody is signed in. */
export const SIGNED_OUT = "signed-out";

/** @type {Failure} */
const AWAY = { code: /** @type {Problem["code"]} */ ("offline"), retryable: true };
/** @type {Failure} */
const UNREADABLE = { code: "unavailable", retryable: true };

/**
 * @template T
 * @param {Response} response
 * @returns {Promise<Answer<T>>}
 */
async function read(response) {
  try {
    const body = response.status === 204 ? null : await response.json();
    if (response.ok) return { ok: true, value: body };
    if (body?.code === "not_signed_in") dispatchEvent(new Event(SIGNED_OUT));
    return { ok: false, failure: typeof body?.code === "string" ? body : UNREADABLE };
  } catch {
    return { ok: false, failure: UNREADABLE };
  }
}

/**
 * @template T
 * @param {string} path
 * @param {RequestInit} options
 * @returns {Promise<Answer<T>>}
 */
async function request(path, options) {
  try {
    const response = await fetch(path, {
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...options,
    });
    return await read(response);
  } catch {
    return { ok: false, failure: AWAY };
  }
}

/**
 * @template T
 * @param {string} path
 * @param {Record<string, string>} [headers]
 * @returns {Promise<Answer<T>>}
 */
export function get(path, headers) {
  return request(path, { headers: { Accept: "application/json", ...headers } });
}

/**
 * A picture that only a header opens, as a `data:` address; null when it cannot be had.
 *
 * @param {string} path
 * @param {Record<string, string>} headers
 * @returns {Promise<string | null>}
 */
export async function picture(path, headers) {
  try {
    const response = await fetch(path, { credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS), headers });
    if (!response.ok) return null;
    const content = await response.blob();
    return await new Promise((resolve) => {
      const reader = new FileReader();
      reader.onload = () => resolve(String(reader.result));
      reader.onerror = () => resolve(null);
      reader.readAsDataURL(content);
    });
  } catch {
    return null;
  }
}

/**
 * @template T
 * @param {string} path
 * @returns {Promise<Answer<T>>}
 */
export function remove(path) {
  return request(path, { method: "DELETE", headers: { Accept: "application/json" } });
}

/**
 * @template T
 * @param {"POST" | "PUT" | "PATCH"} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {AbortSignal} [signal] ends it earlier; what the server did is then unknown
 * @param {Record<string, string>} [headers]
 * @returns {Promise<Answer<T>>}
 */
export function send(method, path, body = {}, signal, headers) {
  return request(path, {
    ...(signal && { signal }),
    method,
    headers: { "Content-Type": "application/json", Accept: "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

const FILE_PATIENCE_MS = 60_000;

/**
 * A file as it is, under a key of its own: sent again by the person, not by us.
 *
 * @template T
 * @param {string} path
 * @param {Blob} file
 * @returns {Promise<Answer<T>>}
 */
export function sendFile(path, file) {
  const headers = { "Content-Type": "application/octet-stream", Accept: "application/json", "Idempotency-Key": randomUuid() };
  return request(path, { method: "POST", headers, body: file, signal: AbortSignal.timeout(FILE_PATIENCE_MS) });
}

/**
 * A file that the server makes of what is sent: its bytes and its name.
 *
 * @param {string} path
 * @param {unknown} body
 * @returns {Promise<Answer<{content: Blob, name: string}>>}
 */
export async function fileOf(path, body) {
  const headers = { "Content-Type": "application/json" };
  try {
    const response = await fetch(path, {
      credentials: "same-origin", cache: "no-store", method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(FILE_PATIENCE_MS),
    });
    if (!response.ok) return await read(response);
    const name = /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "")?.[1] ?? "file";
    return { ok: true, value: { content: await response.blob(), name } };
  } catch {
    return { ok: false, failure: AWAY };
  }
}

const REPEATS = 2;
const REPEAT_AFTER_MS = 700;

/**
 * A command of staff: one key per intention, so that a repeat after a lost answer is carried out once.
 *
 * @template T
 * @param {"POST" | "PUT" | "PATCH"} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<Answer<T>>}
 */
export async function command(method, path, body = {}) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": randomUuid() };
  for (let repeat = 0; ; repeat += 1) {
    /** @type {Answer<T>} */
    const answer = await request(path, { method, headers, body: JSON.stringify(body) });
    if (answer.ok || repeat === REPEATS || !isPassing(answer.failure.code)) return answer;
    await new Promise((resolve) => setTimeout(resolve, REPEAT_AFTER_MS));
  }
}

/** @param {string} code */
function isPassing(code) {
  return code === "offline" || code === "unavailable" || code === "outcome_unknown";
}
