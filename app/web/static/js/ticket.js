// This device's ticket, a cookie that no script can read: whether the browser keeps it, and a new one when the old one is gone.

import { signal } from "@preact/signals";

import { send } from "./http.js";

/**
 * @template T
 * @typedef {import("./http.js").Answer<T>} Answer
 */

const PATIENCE_MS = 2_500;
const TRIAL = "ocop_trial";

/** Whether this browser keeps a cookie of this page at all. */
function keepsCookies() {
  if (!navigator.cookieEnabled) return false;
  document.cookie = `${TRIAL}=1; Path=/; SameSite=Lax`;
  const isKept = document.cookie.includes(`${TRIAL}=1`);
  document.cookie = `${TRIAL}=; Path=/; SameSite=Lax; Max-Age=0`;
  return isKept;
}

export class Ticket {
  /** @param {string} sessionId */
  constructor(sessionId) {
    this.path = `/api/v1/sessions/${sessionId}/tickets`;
    /** The browser refuses our cookie: this device can watch and nothing more. */
    this.isRefused = signal(false);
    // Seen by looking, so looking again may find it otherwise; else only a ticket that is taken shows that it is kept.
    this.wasSeen = false;
    /** How many new tickets were taken since the page was opened. */
    this.renewals = 0;
  }

  /** Look whether cookies are kept; people change that while the page is open. */
  look() {
    const isKept = keepsCookies();
    // That some are kept does not mean that ours is.
    if (!isKept) this.isRefused.value = this.wasSeen = true;
    return isKept;
  }

  /** Whether it may be tried again although cookies were refused. */
  lookAgain() {
    if (this.wasSeen && keepsCookies()) this.isRefused.value = this.wasSeen = false;
    return !this.isRefused.value;
  }

  /**
   * Ask for something that needs the ticket, and once more with a new one when the old one is gone or too old. A browser that does not
   * keep the new one either refuses cookies; the failure says so then.
   * @template T
   * @param {() => Promise<Answer<T>>} ask
   * @returns {Promise<Answer<T>>}
   */
  async used(ask) {
    let answer = await ask();
    if (isWithoutTicket(answer)) {
      const renewed = await send("POST", this.path, {}, AbortSignal.timeout(PATIENCE_MS));
      if (!renewed.ok) return renewed;
      this.renewals += 1;
      answer = await ask();
    }
    if (answer.ok) this.isRefused.value = false;
    if (!isWithoutTicket(answer)) return answer;
    this.isRefused.value = true;
    return { ok: false, failure: { ...answer.failure, code: /** @type {import("./protocol.js").ErrorCode} */ ("cookies_refused"), title_vi: "" } };
  }
}

/**
 * @template T
 * @param {Answer<T>} answer
 * @returns {answer is {ok: false, failure: import("./http.js").Failure}}
 */
function isWithoutTicket(answer) {
  return !answer.ok && answer.failure.code === "ticket_invalid";
}
