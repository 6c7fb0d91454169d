// The transfer that an order waits for: a code to scan, and account, amount and memo to copy for those who type.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { dateTime, money } from "./format.js";
import { say } from "./page.js";

/**
 * @typedef {import("./buyer_types.js").OrderPage} OrderPage
 * @typedef {import("./buyer_types.js").TransferAsked} TransferAsked
 * @typedef {import("./order_link.js").OrderLink} OrderLink
 */

const COPIED_MS = 2_000;

/** Whether somebody is likely to be transferring now. @param {OrderPage | null} order */
export function waitsForMoney(order) {
  return order !== null && order.transfer !== null;
}

/** Before the goods where the order is paid so; folded up where it may be. @param {{order: OrderPage, link: OrderLink}} props */
export function Transfer({ order, link }) {
  const { transfer, payment } = order;
  const isWanted = payment === "transfer";
  if (transfer === null) {
    const isOpen = isWanted && !order.is_paid && order.state === "placed";
    return isOpen ? html`<section class="card"><h2>${say("order.transfer")}</h2><p>${say("order.transfer_no_account")}</p></section>` : null;
  }
  if (isWanted) {
    return html`<section class="card stack" aria-labelledby="transfer">
      <h2 id="transfer">${say("order.transfer")}</h2>
      <${Asked} transfer=${transfer} link=${link} code=${order.code} />
      <p class="small soft" role="status">${say("order.transfer_waits", { until: dateTime(order.due_at_ms) })}</p>
    </section>`;
  }
  return html`<details class="card order-transfer-early">
    <summary>${say("order.transfer_early")}</summary>
    <div class="stack">
      <p class="small soft">${say("order.transfer_early_lead")}</p>
      <${Asked} transfer=${transfer} link=${link} code=${order.code} />
    </div>
  </details>`;
}

/** @param {{transfer: TransferAsked, link: OrderLink, code: string}} props */
function Asked({ transfer, link, code }) {
  const [picture, setPicture] = useState("");
  const { account_number: account, amount_vnd: amount, memo } = transfer;
  useEffect(() => {
    let isOver = false;
    void link.picture().then((found) => !isOver && setPicture(found ?? ""));
    return () => {
      isOver = true;
    };
  }, [account, transfer.bank_bin, amount, memo]);
  return html`<div class="order-transfer">
    <div class="order-transfer-code">
      ${picture === ""
        ? html`<span class="order-transfer-picture" aria-hidden="true"></span>`
        : html`<img class="order-transfer-picture" src=${picture} alt=${say("order.transfer_picture", { amount: money(amount) })} width="264" height="264" />
            <a class="button button-secondary" href=${picture} download=${`VietQR-${code}.png`}>${say("order.transfer_save")}</a>`}
    </div>
    <div class="stack stack-tight">
      <p class="small">${say("order.transfer_scan")}</p>
      <dl class="order-transfer-facts">
        <${Fact} name="bank" words=${transfer.bank_code} />
        <${Fact} name="account" words=${account} copied=${account} />
        <${Fact} name="holder" words=${transfer.holder_name} />
        <${Fact} name="amount" words=${money(amount)} copied=${String(amount)} />
        <${Fact} name="memo" words=${memo} copied=${memo} />
      </dl>
      <p class="small soft">${say("order.transfer_keep_memo")}</p>
    </div>
  </div>`;
}

/** @param {{name: string, words: string, copied?: string}} props */
function Fact({ name, words, copied }) {
  const [isCopied, setIsCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return undefined;
    const timer = setTimeout(() => setIsCopied(false), COPIED_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const label = say(`order.transfer_${name}`);
  const copy = async () => {
    await navigator.clipboard.writeText(copied ?? "");
    setIsCopied(true);
  };
  return html`<div>
    <dt>${label}</dt>
    <dd>
      <strong class=${copied === undefined ? "" : "number order-transfer-value"}>${words}</strong>
      ${copied !== undefined &&
      navigator.clipboard &&
      html`<button class="button button-quiet" type="button" aria-label=${`${say("order.copy")}: ${label}`} onClick=${copy}>${say(isCopied ? "order.copied" : "order.copy")}</button>`}
    </dd>
  </div>`;
}
