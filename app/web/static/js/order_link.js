// The API behind an order's link: the token travels in a header, so that no log of addresses holds it.

import { get, picture, send } from "./http.js";

/**
 * @typedef {import("./desk_types.js").OrderedItem} OrderedItem
 * @typedef {import("./desk_types.js").Complaint} Complaint
 * @typedef {import("./buyer_types.js").OrderPage} OrderPage
 * @typedef {import("./buyer_types.js").ReceiverChange} ReceiverChange
 * @typedef {import("./buyer_types.js").PersonalData} PersonalData
 * @typedef {import("./buyer_types.js").Erasure} Erasure
 */

export class OrderLink {
  /**
   * @param {string} code
   * @param {string} token
   */
  constructor(code, token) {
    this.path = `/api/v1/order-pages/${encodeURIComponent(code)}`;
    this.headers = { "Order-Link": token.replace(/[^\w-]/g, "") };
  }

  /** @returns {Promise<import("./http.js").Answer<OrderPage>>} */
  read() {
    return get(this.path, this.headers);
  }

  /** The VietQR code of the transfer, as a `data:` address; null when there is none now. @returns {Promise<string | null>} */
  picture() {
    return picture(`${this.path}/vietqr.png`, this.headers);
  }

  /**
   * @param {ReceiverChange} change
   * @returns {Promise<import("./http.js").Answer<OrderPage>>}
   */
  mend(change) {
    return send("PUT", `${this.path}/receiver`, change, undefined, this.headers);
  }

  /**
   * @param {string} reason
   * @returns {Promise<import("./http.js").Answer<OrderPage>>}
   */
  cancel(reason) {
    return send("POST", `${this.path}/cancellation`, { reason }, undefined, this.headers);
  }

  /**
   * @param {string} key of this complaint: after a lost answer the same again is one complaint
   * @param {string} words
   * @returns {Promise<import("./http.js").Answer<OrderPage>>}
   */
  complain(key, words) {
    return send("POST", `${this.path}/complaints`, { key, words }, undefined, this.headers);
  }

  /** @returns {Promise<import("./http.js").Answer<PersonalData>>} */
  copy() {
    return get(`${this.path}/personal-data`, this.headers);
  }

  /** @returns {Promise<import("./http.js").Answer<Erasure>>} */
  erase() {
    return send("POST", `${this.path}/erasure`, {}, undefined, this.headers);
  }
}

/**
 * The address of an order's page.
 * @param {string} code
 * @param {string} token
 */
export function pageOfOrder(code, token) {
  return `/o/${code}#${token}`;
}
