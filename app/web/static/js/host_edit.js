// Changes to a session that has not begun: title, time, video, run-down; afterwards back to its board.

import { html, render } from "htm/preact";

import "./staff.js";
import { command, get } from "./http.js";
import { REFUSED_SHELF, forget, recall } from "./memory.js";
import { failureWords, pageFacts, part, say } from "./page.js";
import { SessionForm, contentOf, saveRunDown } from "./session_form.js";
import { ShippingForm } from "./shipping_form.js";
import { noticeOnTop } from "./signed_out.js";

/**
 * @typedef {import("./session_form.js").SessionWish} SessionWish
 * @typedef {import("./protocol.js").SessionView} SessionView
 * @typedef {import("./protocol.js").ProductView} ProductView
 */

/** @type {{session: SessionView, products: ProductView[], video_url: string | null}} */
const facts = pageFacts();
const path = `/api/v1/sessions/${facts.session.id}`;
const vietnam = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short", timeZone: "Asia/Ho_Chi_Minh" });

const carried = recall(REFUSED_SHELF, /** @type {{session: string, products: string[], words: string} | null} */ (null));
const refused = carried?.session === facts.session.id ? carried : null;
forget(REFUSED_SHELF);

/** @type {Omit<SessionWish, "stock">} */
const known = {
  title: facts.session.title,
  // The form of a datetime-local box: 2026-11-23T20:00
  time: facts.session.planned_start_at_ms === null ? "" : vietnam.format(facts.session.planned_start_at_ms).replace(" ", "T"),
  video: facts.video_url ?? "",
  products: refused?.products ?? facts.products.map((product) => product.id),
};

/** Units by product, as the session has them; nothing where they cannot be read. */
async function stockNow() {
  /** @type {import("./http.js").Answer<{stock: {product_id: string, units: number}[]}>} */
  const answer = await get(`${path}/stock`);
  return answer.ok ? Object.fromEntries(answer.value.stock.map((pool) => [pool.product_id, pool.units])) : {};
}

/**
 * @param {SessionWish} wish
 * @param {SessionWish["stock"]} before
 */
async function save(wish, before) {
  const changed = await command("PATCH", path, contentOf(wish));
  if (!changed.ok) return failureWords(changed.failure);
  const words = await saveRunDown(path, wish, before);
  if (words !== "") return words;
  location.assign(`/host/${facts.session.id}`);
  return "";
}

async function start() {
  const stock = await stockNow();
  /** @param {SessionWish} wish */
  const onSubmit = (wish) => save(wish, stock);
  const root = part("edit-session", HTMLElement);
  root.replaceChildren();
  render(
    html`<${SessionForm} title=${say("host.edit")} submitWords=${say("app.save")} first=${{ ...known, stock }} firstProblem=${refused?.words ?? ""} onSubmit=${onSubmit} />
      <hr />
      <${ShippingForm} path=${path} first=${facts.session.shipping} />`,
    root,
  );
}

void start();
noticeOnTop();
