// A producer's booth: its goods to order at any time. What is not sold here stands in the page already.

import { html, render } from "htm/preact";
import { useEffect } from "preact/hooks";

import { commentName, refuseCommentName } from "./buyer.js";
import { thisMoment } from "./clock.js";
import { fetchFonts } from "./fonts.js";
import { number } from "./format.js";
import { Ordering } from "./ordering.js";
import { pageFacts, part, say } from "./page.js";
import { Room } from "./room.js";
import { openMarket } from "./viewer_actions.js";
import { followOrders } from "./viewer_course.js";
import { Duties } from "./viewer_duties.js";
import { Sheet } from "./viewer_sheet.js";
import { Shelf } from "./viewer_shelf.js";
import { Waitlist } from "./waitlist.js";

/** @type {{session: import("./protocol.js").SessionView, products: import("./protocol.js").ProductView[], offers: import("./protocol.js").OfferView[], pinned_product_id: string | null, server_time_ms: number}} */
const facts = pageFacts();
const room = new Room({
  session: facts.session,
  path: `/ws/sessions/${facts.session.id}`,
  name: () => commentName.value || null,
  onNameRefused: refuseCommentName,
  known: { products: facts.products, offers: facts.offers, pinnedProductId: facts.pinned_product_id },
  // A booth that was closed meanwhile: the page says so.
  onNoWay: () => location.reload(),
});
room.clock.hear(facts.server_time_ms, thisMoment());
const ordering = new Ordering(room);
const market = openMarket(room, ordering, new Waitlist(room, ordering));
followOrders(market);

function Booth() {
  const isOpen = room.state.value.session.state === "live";
  useEffect(() => {
    room.socket.open();
    void ordering.start();
    fetchFonts();
  }, []);
  if (!isOpen) return html`<p class="notice notice-warning" role="status">${say("booth.closed")}</p>`;
  const orders = ordering.receipts.value.length;
  return html`<div class="stack">
    <${Shelf} market=${market} />
    <button class="button button-secondary button-block" type="button" onClick=${() => (market.sheet.value = { view: "orders" })}>
      ${say("viewer.my_orders")}${orders > 0 && ` · ${number(orders)}`}
    </button>
    <${Duties} market=${market} />
    <${Sheet} market=${market} />
  </div>`;
}

const root = part("market", HTMLElement);
root.replaceChildren();
render(html`<${Booth} />`, root);
