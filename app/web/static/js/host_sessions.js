// The form for a new session; afterwards straight to its board.

import { html, render } from "htm/preact";
import { useState } from "preact/hooks";

import "./staff.js";
import { command } from "./http.js";
import { REFUSED_SHELF, remember } from "./memory.js";
import { failureWords, pageFacts, say } from "./page.js";
import { SessionForm, contentOf, saveRunDown } from "./session_form.js";
import { noticeOnTop } from "./signed_out.js";

/** @typedef {import("./session_form.js").SessionWish} SessionWish */

/** @type {{may_choose_ward: boolean}} */
const facts = pageFacts();

/** @type {SessionWish} */
const NOTHING = { title: "", time: "", video: "", ward: null, products: [], stock: {} };

function NewSession() {
  const [isOpen, setIsOpen] = useState(false);
  if (!isOpen) return html`<button class="button button-primary" type="button" onClick=${() => setIsOpen(true)}>${say("host.new_session")}</button>`;
  return html`<${SessionForm} title=${say("host.new_session")} submitWords=${say("host.create")} first=${NOTHING} asksWard=${facts.may_choose_ward} onSubmit=${create} />`;
}

/** @param {SessionWish} wish */
async function create(wish) {
  /** @type {import("./http.js").Answer<{id: string}>} */
  const made = await command("POST", "/api/v1/sessions", contentOf(wish, facts.may_choose_ward));
  if (!made.ok) return failureWords(made.failure);
  // A draft without its products is a draft all the same: its own page goes on from there, and says why.
  const words = wish.products.length === 0 ? "" : await saveRunDown(`/api/v1/sessions/${made.value.id}`, wish, {});
  if (words !== "") remember(REFUSED_SHELF, { session: made.value.id, products: wish.products, words });
  location.assign(words === "" ? `/host/${made.value.id}` : `/host/${made.value.id}/edit`);
  return "";
}

noticeOnTop();
const place = document.getElementById("new-session");
if (place) render(html`<${NewSession} />`, place);
