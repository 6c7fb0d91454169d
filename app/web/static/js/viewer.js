// The viewer's page: which of its faces to show, and when to open the socket.

import { effect } from "@preact/signals";
import { html, render } from "htm/preact";
import { useEffect } from "preact/hooks";

import { commentName, refuseCommentName } from "./buyer.js";
import { thisMoment } from "./clock.js";
import { get } from "./http.js";
import { later } from "./later.js";
import { Ordering } from "./ordering.js";
import { pageFacts, part } from "./page.js";
import { Room } from "./room.js";
import { openMarket } from "./viewer_actions.js";
import { followOrders } from "./viewer_course.js";
import { LiveMarket } from "./viewer_market.js";
import { Waitlist } from "./waitlist.js";

/** @typedef {import("./protocol.js").SessionView} SessionView */
/** @typedef {import("./protocol.js").ProductView} ProductView */
/** @typedef {import("./protocol.js").OfferView} OfferView */

const Ended = later(async () => (await import("./viewer_waiting.js")).Ended);
const Waiting = later(async () => (await import("./viewer_waiting.js")).Waiting);

/** @type {{session: SessionView, products: ProductView[], offers: OfferView[], pinned_product_id: string | null, server_time_ms: number}} */
const facts = pageFacts();
const room = new Room({
  session: facts.session,
  path: `/ws/sessions/${facts.session.id}`,
  name: () => commentName.value || null,
  onNameRefused: refuseCommentName,
  known: { products: facts.products, offers: facts.offers, pinnedProductId: facts.pinned_product_id },
  onNoWay: () => void askWhatBecame(),
});
// A page from the browser's memory brings an old time; the first hello corrects it.
room.clock.hear(facts.server_time_ms, thisMoment());
const ordering = new Ordering(room);
const market = openMarket(room, ordering, new Waitlist(room, ordering));
let isOpened = false;

function Page() {
  const { state } = room.state.value.session;
  const isLive = state === "live";
  useEffect(() => {
    document.body.classList.toggle("is-market", isLive);
    if (!isLive || isOpened) return;
    isOpened = true;
    room.socket.open();
    void market.ordering.start();
  }, [isLive]);
  if (isLive) return html`<${LiveMarket} market=${market} />`;
  return state === "ended" || state === "closed" ? html`<${Ended} market=${market} />` : html`<${Waiting} market=${market} />`;
}

/** A session that is not live any more, or not yet again, refuses sockets without a word: ask over HTTP. */
async function askWhatBecame() {
  /** @type {import("./http.js").Answer<SessionView & {products: ProductView[]}>} */
  const answer = await get(`/api/v1/sessions/${facts.session.id}`);
  if (!answer.ok || answer.value.state === "live") return;
  const { products, ...session } = answer.value;
  room.state.value = { ...room.state.value, session, products };
}

effect(() => {
  if (room.status.value === "stopped") void askWhatBecame();
});

followOrders(market);

const root = part("market", HTMLElement);
root.replaceChildren();
render(html`<${Page} />`, root);
