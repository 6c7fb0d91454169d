// What became of one's own comment: units that are held, and the order of them. A device that knows where to deliver orders by itself.

import { effect, signal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { AddressFields, useAddress } from "./address_fields.js";
import { buyerOf, draft, knownBuyer, rememberBuyer } from "./buyer.js";
import { heldLines, linesWords, refusedWords, sumOf } from "./claim_words.js";
import { money, timeOfDay } from "./format.js";
import { command } from "./http.js";
import { failureWords, say } from "./page.js";
import { usePaymentWay } from "./payment_way.js";

/**
 * @typedef {import("./protocol.js").ClaimView} ClaimView
 * @typedef {import("./viewer_actions.js").Market} Market
 * @typedef {import("./protocol.js").Buyer} Buyer
 */

const problem = signal("");
const isBusy = signal(false);
const dismissed = signal("");
/** Claims that this page has sent an order for by itself: once each, whatever comes of it. @type {Set<string>} */
const sent = new Set();

/** The newest thing that this device's comments came to; null once it was put away. @param {Market} market @returns {ClaimView | null} */
export function ownClaim(market) {
  const claim = market.room.state.value.claims.at(-1);
  return claim === undefined || claim.state === "rejected" || dismissed.value === `${claim.id} ${claim.state}` ? null : claim;
}

/** Order by itself what is held for this device, if it knows where to deliver. @param {Market} market */
function followClaims(market) {
  return effect(() => {
    const claim = ownClaim(market);
    const buyer = buyerOf(knownBuyer.value);
    if (claim === null || claim.state !== "held" || claim.is_change || refusedWords(claim) !== "" || buyer === null || sent.has(claim.id)) return;
    sent.add(claim.id);
    void order(market, claim, buyer);
  });
}

/** @param {Market} market @param {ClaimView} claim @param {Buyer} buyer @param {boolean} [isTransfer] paid by bank instead of on delivery */
async function order(market, claim, buyer, isTransfer = false) {
  isBusy.value = true;
  /** @type {import("./http.js").Answer<ClaimView>} */
  const answer = await command("POST", `/api/v1/sessions/${market.room.sessionId}/claims/mine/${claim.id}/order`, { buyer, ...(isTransfer && { payment: "transfer" }) });
  isBusy.value = false;
  problem.value = answer.ok ? "" : failureWords(answer.failure);
  if (answer.ok) {
    market.room.hearClaim(answer.value);
    void market.ordering.refreshReceipts();
  }
}

/** @param {{market: Market}} props */
export function ClaimCard({ market }) {
  const claim = ownClaim(market);
  useEffect(() => followClaims(market), []);
  if (claim === null) return null;
  const held = heldLines(claim);
  const refused = refusedWords(claim);
  const close = () => {
    dismissed.value = `${claim.id} ${claim.state}`;
  };
  return html`<section class=${claim.state === "sold_out" || claim.state === "expired" ? "claim-card is-over" : "claim-card"} role="status">
    <div class="row row-between">
      <p class="grow">
        ${claim.state === "held" && html`<strong>${say("claim.held_for_you", { goods: linesWords(held), time: timeOfDay(claim.until_ms ?? 0) })}</strong> `}
        ${claim.state === "ordered" && html`<strong>${say("claim.ordered_for_you", { goods: linesWords(held), code: claim.order_code ?? "" })}</strong> `}
        ${claim.state === "expired" && html`<strong>${say("claim.expired_for_you", { goods: linesWords(held) })}</strong> `}
        ${refused !== "" && html`<span>${refused}</span> `}
        ${claim.lines.some((line) => line.outcome === "sold_out") && claim.state === "sold_out" && html`<span class="small">${say("claim.wait_hint")}</span>`}
        ${claim.is_change && claim.state === "held" && html`<span class="small">${say("claim.change_hint")}</span>`}
      </p>
      <button class="button button-quiet button-round" type="button" aria-label=${say("app.close")} onClick=${close}>✕</button>
    </div>
    ${claim.state === "held" && !claim.is_change && html`<div class="row">
      <button class="button button-primary grow" type="button" disabled=${isBusy.value} onClick=${() => {
        const buyer = buyerOf(knownBuyer.peek());
        if (buyer === null) market.sheet.value = { view: "claim", claimId: claim.id };
        else void order(market, claim, buyer);
      }}>${isBusy.value ? say("app.loading") : `${say("claim.order")} · ${money(sumOf(held))}`}</button>
    </div>`}
    ${claim.state === "ordered" && html`<p><button class="button button-quiet" type="button" onClick=${() => (market.sheet.value = { view: "orders" })}>${say("viewer.my_orders")}</button></p>`}
    ${problem.value !== "" && html`<p class="small field-error" role="alert">${problem.value}</p>`}
  </section>`;
}

/** Where to deliver what a comment has asked for; typed once. @param {{market: Market, claimId: string}} props */
export function ClaimForm({ market, claimId }) {
  const address = useAddress({});
  const [hasTried, setHasTried] = useState(false);
  const claim = market.room.state.value.claims.find((each) => each.id === claimId);
  const held = claim === undefined ? [] : heldLines(claim);
  const way = usePaymentWay(market, held.map((line) => line.product_id));
  if (claim === undefined || claim.state !== "held") return html`<p>${say("claim.over")}</p>`;
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    setHasTried(true);
    const buyer = address.isComplete() ? buyerOf(draft.peek()) : null;
    if (buyer === null) return;
    sent.add(claim.id);
    rememberBuyer(draft.peek());
    market.sheet.value = null;
    void order(market, claim, buyer, way.isTransfer);
  };
  return html`<form class="stack" novalidate onSubmit=${submit} data-tried=${hasTried ? "" : undefined}>
    <p><strong>${say("claim.held_for_you", { goods: linesWords(held), time: timeOfDay(claim.until_ms ?? 0) })}</strong></p>
    <${AddressFields} ...${address} />
    ${way.field}
    <p class="small soft">${say("form.privacy")}</p>
    <div class="sheet-foot stack stack-tight">
      <button class="button button-primary button-block" type="submit">${say("claim.order")} · ${money(sumOf(held))}</button>
      <p class="tiny soft centred">${way.hint}</p>
    </div>
  </form>`;
}
