// Changes to a session: title, time, video, run-down, delivery, and afterwards where its recording begins.

import { html, render } from "htm/preact";

import "./staff.js";
import { command, get } from "./http.js";
import { REFUSED_SHELF, forget, recall } from "./memory.js";
import { failureWords, pageFacts, part, say } from "./page.js";
import { RecordingForm } from "./recording_form.js";
import { SessionForm, contentOf, saveRunDown } from "./session_form.js";
import { SessionShipping } from "./shipping_form.js";
import { noticeOnTop } from "./signed_out.js";

/**
 * @typedef {import("./session_form.js").SessionWish} SessionWish
 * @typedef {import("./protocol.js").SessionView} SessionView
 * @typedef {import("./protocol.js").ProductView} ProductView
 */

/** @type {{session: SessionView, products: ProductView[], video_url: string | null, ward: import("./session_form.js").Ward | null, may_choose_ward: boolean}} */
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
  ward: facts.ward,
  products: refused?.products ?? facts.products.map((product) => product.id),
};

/** Units on the shelf by product; nothing where they cannot be read. */
async function stockNow() {
  /** @type {import("./http.js").Answer<{stock: {product_id: string, units: number, on_shelf: boolean}[]}>} */
  const answer = await get(`${path}/stock`);
  return answer.ok ? Object.fromEntries(answer.value.stock.filter((pool) => pool.on_shelf).map((pool) => [pool.product_id, pool.units])) : {};
}

/**
 * @param {SessionWish} wish
 * @param {SessionWish["stock"]} before
 */
async function save(wish, before) {
  const changed = await command("PATCH", path, contentOf(wish, facts.may_choose_ward));
  if (!changed.ok) return failureWords(changed.failure);
  const words = await saveRunDown(path, wish, before);
  if (words !== "") return words;
  location.assign(`/host/${facts.session.id}`);
  return "";
}

const isOver = facts.session.state === "ended" || facts.session.state === "closed";

async function start() {
  if (isOver) return show(html`<${RecordingForm} path=${path} />`);
  const stock = await stockNow();
  /** @param {SessionWish} wish */
  const onSubmit = (wish) => save(wish, stock);
  show(
    html`<${SessionForm} title=${say("host.edit")} submitWords=${say("app.save")} first=${{ ...known, stock }} asksWard=${facts.may_choose_ward} firstProblem=${refused?.words ?? ""} onSubmit=${onSubmit} />
      <hr />
      <${SessionShipping} path=${path} />
      ${facts.session.kind === "stream" && facts.session.started_at_ms !== null && html`<hr /><${RecordingForm} path=${path} />`}`,
  );
}

/** @param {import("preact").VNode} content */
function show(content) {
  const root = part("edit-session", HTMLElement);
  root.replaceChildren();
  render(content, root);
}

void start();
noticeOnTop();
