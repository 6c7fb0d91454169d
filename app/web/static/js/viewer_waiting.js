// Before and after the market: the time until it starts, and the thanks when it is over.

import { html } from "htm/preact";
import { useEffect } from "preact/hooks";

import { countdown, dateTime, duration, number } from "./format.js";
import { get } from "./http.js";
import { later } from "./later.js";
import { say } from "./page.js";
import { Duties } from "./viewer_duties.js";
import { Recording } from "./viewer_recording.js";
import { MyOrders } from "./viewer_my_orders.js";
import { ProductToOrder } from "./viewer_order.js";

/**
 * @typedef {import("./viewer_actions.js").Market} Market
 * @typedef {import("./protocol.js").SessionView} SessionView
 * @typedef {import("./protocol.js").ProductView} ProductView
 */

const Sheet = later(async () => (await import("./viewer_sheet.js")).Sheet);
const ASK_EVERY_MS = 10_000;
const ASK_SPREAD_MS = 5_000;
const COUNTDOWN_BELOW_SECONDS = 3600;

/**
 * Ask for the session's state now and then, until it is live. Spread, because a whole room waits for the same moment.
 * @param {Market} market
 */
export function useStatePolling({ room }) {
  useEffect(() => {
    let timer = 0;
    const ask = async () => {
      /** @type {import("./http.js").Answer<SessionView & {products: ProductView[]}>} */
      const answer = await get(`/api/v1/sessions/${room.sessionId}`);
      if (answer.ok) {
        const { products, ...session } = answer.value;
        room.state.value = { ...room.state.value, session, products };
      }
      timer = setTimeout(ask, ASK_EVERY_MS + Math.random() * ASK_SPREAD_MS);
    };
    timer = setTimeout(ask, ASK_EVERY_MS + Math.random() * ASK_SPREAD_MS);
    return () => clearTimeout(timer);
  }, [room]);
}

/** @param {{market: Market}} props */
export function Waiting({ market }) {
  useStatePolling(market);
  const { session } = market.room.state.value;
  const start = session.planned_start_at_ms;
  const seconds = market.room.secondsUntil(start);
  return html`<section class="page page-narrow stack waiting">
    <img src="/static/pictures/logo.svg" alt="" width="96" height="96" />
    <h1>${session.title}</h1>
    <p class="soft">${say("viewer.hosted_by", { host: session.host_name, organisation: session.organisation_name })}</p>
    ${start === null || seconds === 0
      ? html`<p class="heading-20">${say(start === null ? "viewer.not_started" : "viewer.any_moment")}</p>`
      : html`<div class="card stack stack-tight waiting-clock">
          <p class="soft">${say("viewer.starts_at", { time: dateTime(start) })}</p>
          <p class="figure-value figure-value-large" role="timer">${seconds < COUNTDOWN_BELOW_SECONDS ? countdown(seconds) : longWait(seconds)}</p>
        </div>`}
    ${start !== null && html`<a class="button button-secondary" href=${`/s/${session.id}/calendar.ics`} download>${say("viewer.calendar")}</a>`}
    <p class="small soft">${say("viewer.stay_here")}</p>
    <${Duties} market=${market} />
    <${ComingShelf} market=${market} />
  </section>
  <${Sheet} market=${market} />`;
}

/** What will be sold, with its prices; nothing can be bought yet. @param {{market: Market}} props */
function ComingShelf({ market }) {
  const { products } = market.room.state.value;
  if (products.length === 0) return null;
  return html`<section class="card stack coming-shelf" aria-labelledby="coming-shelf">
    <h2 id="coming-shelf">${say("viewer.coming_shelf")} <span class="soft small">${say("viewer.shelf_count", { count: number(products.length) })}</span></h2>
    <ul class="shelf" role="list">
      ${products.map((product) => html`<li key=${product.id} class="shelf-item"><${ProductToOrder} market=${market} product=${product} offer=${null} /></li>`)}
    </ul>
  </section>`;
}

/** @param {number} seconds */
function longWait(seconds) {
  const days = Math.floor(seconds / 86_400);
  return days > 1 ? say("viewer.days", { count: days }) : duration(seconds);
}

/** @param {{market: Market}} props */
export function Ended({ market }) {
  useEffect(() => void market.ordering.refreshReceipts(), [market]);
  const { session } = market.room.state.value;
  return html`<section class="page page-narrow stack waiting">
    <img src="/static/pictures/logo.svg" alt="" width="96" height="96" />
    <h1>${say("viewer.ended")}</h1>
    <p class="soft">${session.title}</p>
    <p>${say("viewer.ended_thanks")}</p>
    <${Recording} session=${session} />
    <div class="card stack ended-orders">
      <div>
        <h2>${say("viewer.my_orders")}</h2>
        <p class="small soft">${say("viewer.your_orders_stay")}</p>
      </div>
      <${MyOrders} market=${market} />
    </div>
    <a class="button button-secondary" href="/">${say("viewer.other_sessions")}</a>
    <${Duties} market=${market} />
  </section>
  <${Sheet} market=${market} />`;
}
