// The list of sessions keeps itself true: when one begins or ends, the page is drawn anew.

import { fetchFonts } from "./fonts.js";
import { get } from "./http.js";
import { pageFacts } from "./page.js";

/** @typedef {import("./protocol.js").SessionView} SessionView */

const ASK_EVERY_MS = 20_000;

/** @type {{session_ids: string[]}} */
const facts = pageFacts();
const shown = [...facts.session_ids].sort().join();

async function ask() {
  /** @type {import("./http.js").Answer<{items: SessionView[]}>} */
  const answer = document.hidden ? { ok: false, failure: { code: "unavailable" } } : await get("/api/v1/sessions");
  if (answer.ok) {
    const live = answer.value.items.filter((session) => session.state === "live").map((session) => session.id);
    if (live.sort().join() !== shown) return location.reload();
  }
  setTimeout(ask, ASK_EVERY_MS * (0.75 + Math.random() * 0.5));
}

fetchFonts();
setTimeout(ask, ASK_EVERY_MS);
