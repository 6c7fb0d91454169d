// Changes to a session that has not begun: title, time, video, run-down; afterwards back to its board.

import { html, render } from "htm/preact";

import "./staff.js";
import { command } from "./http.js";
import { REFUSED_SHELF, forget, recall } from "./memory.js";
import { failureWords, pageFacts, part, say } from "./page.js";
import { SessionForm, contentOf } from "./session_form.js";

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

/** @type {SessionWish} */
const first = {
  title: facts.session.title,
  // The form of a datetime-local box: 2026-11-23T20:00
  time: facts.session.planned_start_at_ms === null ? "" : vietnam.format(facts.session.planned_start_at_ms).replace(" ", "T"),
  video: facts.video_url ?? "",
  products: refused?.products ?? facts.products.map((product) => product.id),
};

/** @param {SessionWish} wish */
async function save(wish) {
  const changed = await command("PATCH", path, contentOf(wish));
  if (!changed.ok) return failureWords(changed.failure);
  const shelf = await command("PUT", `${path}/products`, { product_ids: wish.products });
  if (!shelf.ok) return failureWords(shelf.failure);
  location.assign(`/host/${facts.session.id}`);
  return "";
}

render(html`<${SessionForm} title=${say("host.edit")} submitWords=${say("app.save")} first=${first} firstProblem=${refused?.words ?? ""} onSubmit=${save} />`, part("edit-session", HTMLElement));
