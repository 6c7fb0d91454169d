// The orders of this device over all sessions, each with its state now: what the desk did is seen as soon as somebody looks.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { dateTime, money, number } from "./format.js";
import { get } from "./http.js";
import { pageOfOrder } from "./order_link.js";
import { StateBadge } from "./order_words.js";
import { failureWords, say } from "./page.js";
import { whileSeen } from "./while_seen.js";

/** @typedef {import("./buyer_types.js").MyOrder} MyOrder */

const READ_EVERY_MS = 20_000;

/** @param {{changes?: unknown}} props `changes`: something that is another one when there may be a new order */
export function MyOrders({ changes }) {
  const [orders, setOrders] = useState(/** @type {readonly MyOrder[] | null} */ (null));
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let isCurrent = true;
    const read = async () => {
      /** @type {import("./http.js").Answer<{orders: MyOrder[]}>} */
      const answer = await get("/api/v1/my-orders");
      if (!isCurrent) return;
      // A browser without a ticket has ordered nothing.
      if (answer.ok || answer.failure.code === "ticket_invalid") setOrders(answer.ok ? answer.value.orders : []);
      setProblem(answer.ok || answer.failure.code === "ticket_invalid" ? "" : failureWords(answer.failure));
    };
    void read();
    const stop = whileSeen(() => void read(), READ_EVERY_MS);
    return () => {
      isCurrent = false;
      stop();
    };
  }, [changes]);
  if (orders === null) return problem === "" ? html`<p class="soft">${say("app.loading")}</p>` : html`<p class="notice notice-warning" role="alert">${problem}</p>`;
  return html`<div class="stack">
    ${problem !== "" && html`<p class="notice notice-warning" role="status">${problem}</p>`}
    ${orders.length === 0 && html`<p class="empty">${say("viewer.my_orders_empty")}</p>`}
    <ul class="stack" role="list">${orders.map((order) => html`<${Row} key=${order.code} order=${order} />`)}</ul>
  </div>`;
}

/** @param {{order: MyOrder}} props */
function Row({ order }) {
  return html`<li class="card stack stack-tight my-order">
    <p class="row row-between"><strong class="order-code">${order.code}</strong><${StateBadge} state=${order.state} /></p>
    ${order.lines.map(
      (line) => html`<p class="row row-between small"><span class="grow">${line.product_name} × ${number(line.quantity)}</span><span class="number">${money(line.amount_vnd)}</span></p>`,
    )}
    ${order.shipping_vnd > 0 &&
    html`<p class="row row-between small"><span class="grow">${say("order.shipping")}</span><span class="number">${money(order.shipping_vnd)}</span></p>`}
    <p class="row row-between"><span class="grow tiny soft">${dateTime(order.placed_at_ms)} · ${order.session_title}</span><strong class="price">${money(order.total_vnd)}</strong></p>
    ${order.answers > 0 && html`<p class="small"><span class="badge badge-good">${say("order.has_answer")}</span></p>`}
    <a class="button button-secondary button-block" href=${pageOfOrder(order.code, order.link_token)} aria-label=${say("order.open_code", { code: order.code })}>${say("order.open")}</a>
  </li>`;
}
