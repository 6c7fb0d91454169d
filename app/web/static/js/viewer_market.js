// The live market as a viewer sees it: picture, comments, the product on air, the way to the shelf.

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { fetchFonts } from "./fonts.js";
import { money, number, shortNumber } from "./format.js";
import { later } from "./later.js";
import { say } from "./page.js";
import { Counting } from "./parts.js";
import { offerOf } from "./state.js";
import { Countdown, ProductToOrder } from "./viewer_order.js";
import { Stage } from "./viewer_stage.js";

/**
 * @typedef {import("./viewer_actions.js").Market} Market
 * @typedef {import("./state.js").RoomState} RoomState
 * @typedef {import("./protocol.js").ProductView} ProductView
 * @typedef {import("./protocol.js").OfferView} OfferView
 */

// Everything but the card with the order button comes later, so that the button comes soon.
const talk = () => import("./viewer_talk.js");
const Comments = later(async () => (await talk()).Comments, () => html`<ul class="comments" role="list"></ul>`);
const TalkTop = later(async () => (await talk()).TalkTop);
const Composer = later(async () => (await talk()).Composer, () => html`<span class="composer"></span>`);
const Heart = later(async () => (await talk()).Heart, () => html`<span class="button heart" aria-hidden="true"></span>`);
const Duties = later(async () => (await import("./viewer_duties.js")).Duties);
const ClaimCard = later(async () => (await import("./viewer_claim.js")).ClaimCard);
const Shelf = later(async () => (await import("./viewer_shelf.js")).Shelf);
const Sheet = later(async () => (await import("./viewer_sheet.js")).Sheet, SheetToCome);

const OVER_VIDEO = 5;
const ON_DESK = 100;
const desk = matchMedia("(min-width: 900px)");

/** Whether the page is wide enough for two columns. */
function useDesk() {
  const [isDesk, setIsDesk] = useState(desk.matches);
  useEffect(() => {
    const onChange = () => setIsDesk(desk.matches);
    desk.addEventListener("change", onChange);
    return () => desk.removeEventListener("change", onChange);
  }, []);
  return isDesk;
}

/**
 * What the card shows: the pinned product, unless only another one can be ordered now.
 * @param {RoomState} state
 * @param {string | null} calledOfferId an offer whose units are kept for this viewer, for a short while: nothing is more urgent
 * @returns {{product: ProductView, offer: OfferView | null, isPinned: boolean} | null}
 */
export function onAir(state, calledOfferId) {
  /** @param {string | null | undefined} id */
  const find = (id) => state.products.find((product) => product.id === id);
  const called = state.offers.find((offer) => offer.id === calledOfferId);
  const kept = find(called?.product_id);
  if (called && kept) return { product: kept, offer: called, isPinned: kept.id === state.pinnedProductId };
  const pinned = find(state.pinnedProductId);
  const pinnedOffer = pinned ? offerOf(state.offers, pinned.id) : null;
  if (pinned && pinnedOffer?.state === "open") return { product: pinned, offer: pinnedOffer, isPinned: true };
  const open = [...state.offers].reverse().find((offer) => offer.state === "open" && offer.remaining > 0 && find(offer.product_id));
  const flash = open && find(open.product_id);
  if (open && flash) return { product: flash, offer: open, isPinned: false };
  return pinned ? { product: pinned, offer: pinnedOffer, isPinned: true } : null;
}

/** @param {{market: Market}} props */
export function LiveMarket({ market }) {
  const { room } = market;
  const state = room.state.value;
  const isDesk = useDesk();
  const [problem, setProblem] = useState("");
  const shown = onAir(state, market.waitlist.calledOfferId);
  useEffect(() => {
    if (problem === "") return undefined;
    const timer = setTimeout(() => setProblem(""), 6_000);
    return () => clearTimeout(timer);
  }, [problem]);
  useEffect(() => void fetchTheRest(), []);
  return html`<div class="market">
    <section class="stage" aria-label=${state.session.title}>
      <${Stage} video=${state.session.video} title=${state.session.title} product=${shown?.product ?? null} />
      <${StageTop} market=${market} />
    </section>
    <aside class="market-side">
      ${shown !== null && html`<${OnAirCard} market=${market} shown=${shown} />`}
      ${state.claims.length > 0 && html`<${ClaimCard} market=${market} />`}
      <${TalkTop} talk=${state.talk} />
      <${Comments} comments=${state.comments.slice(isDesk ? -ON_DESK : -OVER_VIDEO)} scrolls=${isDesk} />
      <div class="market-foot">
        <${Composer} room=${room} onProblem=${setProblem} />
        <${Bag} market=${market} isDesk=${isDesk} />
        <${Heart} market=${market} />
      </div>
      ${problem !== "" && html`<p class="toast" role="alert">${problem}</p>`}
    </aside>
    ${isDesk && html`<${Below} market=${market} />`}
    <${Sheet} market=${market} />
    <${NewOffers} market=${market} />
  </div>`;
}

/** Tells those who do not see the page of offers that open while they are there, without interrupting. @param {{market: Market}} props */
function NewOffers({ market }) {
  const { offers, products, snapshots } = market.room.state.value;
  const known = useRef(/** @type {Set<string> | null} */ (null));
  const [words, setWords] = useState("");
  useEffect(() => {
    const open = offers.filter((offer) => offer.state === "open");
    const fresh = open.find((offer) => known.current !== null && !known.current.has(offer.id));
    const product = products.find((each) => each.id === fresh?.product_id);
    if (fresh && product) setWords(say("viewer.offer_new", { product: product.name, price: money(fresh.flash_price_vnd), count: number(fresh.remaining) }));
    // What was there before the room was heard of first is no news.
    if (snapshots > 0) known.current = new Set([...(known.current ?? []), ...open.map((offer) => offer.id)]);
  }, [offers, snapshots]);
  return html`<p class="visually-hidden" aria-live="polite">${words}</p>`;
}

/** One after the other: what is used sooner shall not share the network with what is used later. */
async function fetchTheRest() {
  await Comments.fetch();
  await Sheet.fetch();
  fetchFonts();
}

/** Says why a tap seems to do nothing on a slow network. @param {{market: Market}} props */
function SheetToCome({ market }) {
  return market.sheet.value === null ? null : html`<p class="toast" role="status">${say("app.loading")}</p>`;
}

/** The way to the shelf; on a desk, where the shelf is on the page already, to one's own orders. @param {{market: Market, isDesk: boolean}} props */
function Bag({ market, isDesk }) {
  const inBasket = Object.values(market.basket.quantities.value).reduce((sum, quantity) => sum + quantity, 0);
  const count = isDesk ? market.ordering.receipts.value.length : inBasket || market.room.state.value.products.length;
  const shape = isDesk ? "M6 3h12v18l-3-2-3 2-3-2-3 2V3zm3 5h6m-6 4h6" : "M5 8h14l1 12H4L5 8zm4 2V6.5a3 3 0 0 1 6 0V10";
  const words = say(isDesk ? "viewer.my_orders" : inBasket > 0 ? "viewer.basket" : "viewer.shelf");
  const view = isDesk ? "orders" : inBasket > 0 ? "basket" : "shelf";
  return html`<button class=${inBasket > 0 ? "button bag is-filled" : "button bag"} type="button" aria-label=${`${words}: ${number(count)}`} title=${words} onClick=${() => (market.sheet.value = { view })}>
    <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true"><path d=${shape} /></svg>
    <span class="number">${number(count)}</span>
  </button>`;
}

/** @param {{market: Market}} props */
function StageTop({ market }) {
  const { room } = market;
  const { counts, session, warning } = room.state.value;
  return html`<div class="stage-top">
    <div class="row stage-badges">
      <span class="badge badge-video"><span class="live-dot"></span>${say("viewer.live_now")}</span>
      ${counts.viewers > 0 && html`<span class="badge badge-video" title=${number(counts.viewers)}><${Counting} value=${counts.viewers} format=${shortNumber} />${" "}${say("viewer.watching_word")}</span>`}
    </div>
    <p class="stage-title one-line">${session.title}</p>
    <${Duties} market=${market} />
    <div role="alert">${warning !== null && html`<p class="stage-warning"><strong>${say("viewer.warning")}</strong> ${warning.text}</p>`}</div>
    ${room.isAway.value && html`<p class="offline-bar" role="status">${say("viewer.offline")}</p>`}
    ${room.cannotSpeak && html`<p class="offline-bar" role="status">${say("viewer.cookies_refused")}</p>`}
    ${room.isPolling && !room.isAway.value && !room.cannotSpeak && html`<p class="polling-note" role="status">${say("viewer.polling")}</p>`}
  </div>`;
}

/** @param {{market: Market, shown: NonNullable<ReturnType<typeof onAir>>}} props */
function OnAirCard({ market, shown }) {
  const { product, offer, isPinned } = shown;
  const isFlash = offer !== null && offer.state === "open";
  return html`<section class=${isFlash ? "card card-flash on-air" : "card on-air"} aria-label=${say(isPinned ? "viewer.pinned" : "viewer.offer_open")}>
    <div class="product-head">
      <span class=${isFlash ? "badge badge-flash" : "badge badge-good"}>${say(isFlash ? "viewer.offer_open" : "viewer.pinned")}</span>
      ${isFlash && html`<${Countdown} market=${market} offer=${offer} />`}
    </div>
    <${ProductToOrder} market=${market} product=${product} offer=${offer} large />
  </section>`;
}

/** Under the video on a desk: what is sold here, and by whom. @param {{market: Market}} props */
function Below({ market }) {
  const { session, products } = market.room.state.value;
  return html`<section class="market-below stack">
    <div>
      <h1 class="heading-20">${session.title}</h1>
      <p class="small soft">${say("viewer.hosted_by", { host: session.host_name, organisation: session.organisation_name })}</p>
    </div>
    <h2>${say("viewer.shelf")} <span class="soft small">${say("viewer.shelf_count", { count: number(products.length) })}</span></h2>
    <${Shelf} market=${market} />
  </section>`;
}
