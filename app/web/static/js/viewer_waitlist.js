// What a viewer sees of waitlists: the way in, the place in the queue, and the turn that has come.

import { html } from "htm/preact";

import { countdown, number, timeOfDay } from "./format.js";
import { say } from "./page.js";

/**
 * @typedef {import("./viewer_actions.js").Market} Market
 * @typedef {import("./protocol.js").OfferView} OfferView
 */

/**
 * Until when units are kept for this device; null while nobody has called it.
 * @param {Market} market
 * @param {OfferView} offer
 */
export function turnUntilMs(market, offer) {
  return market.waitlist.entries.value[offer.id]?.untilMs ?? null;
}

/** Said once, calmly: it is this viewer's turn. @param {{market: Market, offer: OfferView, untilMs: number}} props */
export function Turn({ market, offer, untilMs }) {
  const left = countdown(market.room.secondsUntil(untilMs));
  return html`<p class="notice notice-good turn" role="status" data-offer=${offer.id}>
    <span><strong>${say("viewer.your_turn", { time: timeOfDay(untilMs) })}</strong></span>
    <span class="number" role="timer">${left}</span>
  </p>`;
}

/** Beside a sold-out offer: wait, or where one stands. @param {{market: Market, offer: OfferView}} props */
export function WaitButton({ market, offer }) {
  const { waitlist, room } = market;
  const entry = waitlist.entries.value[offer.id];
  const isBusy = waitlist.busyWith.value === offer.id;
  // Only the socket can join and only the socket is called.
  if (room.isPolling) return html`<button class="button button-primary" type="button" disabled>${say("viewer.sold_out")}</button>`;
  const words = entry === undefined ? say("viewer.wait_for_units") : say("viewer.place_again");
  return html`<button
    class=${entry === undefined ? "button button-secondary" : "button button-quiet"}
    type="button"
    aria-busy=${isBusy ? "true" : undefined}
    onClick=${() => waitlist.join(offer)}
  >
    ${words}
  </button>`;
}

/** @param {{market: Market, offer: OfferView}} props */
export function WaitWords({ market, offer }) {
  const entry = market.waitlist.entries.value[offer.id];
  const words = market.waitlist.words.value[offer.id] ?? "";
  if (words !== "") return html`<p class="notice notice-warning">${words}</p>`;
  if (entry === undefined || entry.untilMs !== null) return null;
  return html`<p class="notice"><span><strong>${say("viewer.waiting_place", { place: number(entry.place) })}</strong> ${say("viewer.waiting_next")}</span></p>`;
}
