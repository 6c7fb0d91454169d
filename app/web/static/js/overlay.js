// What is laid over the picture in OBS and its like: the organiser's warning, the question that is answered, the pinned
// comment, the notice. It only reads the
// room's public document, so it is no viewer and needs no login.

import { signal } from "@preact/signals";
import { html, render } from "htm/preact";

import { money } from "./format.js";
import { pageFacts, part, say } from "./page.js";

/** @typedef {Pick<import("./protocol.js").RoomSnapshot, "talk" | "warning" | "products" | "pinned_product_id">} Shown */

const ASK_EVERY_MS = 1_000;
const PATIENCE_MS = 5_000;

/** @type {{session_id: string}} */
const facts = pageFacts();
const room = signal(/** @type {Shown | null} */ (null));

async function ask() {
  try {
    const response = await fetch(`/api/v1/sessions/${facts.session_id}/tick`, { credentials: "omit", signal: AbortSignal.timeout(PATIENCE_MS) });
    if (response.ok) room.value = await response.json();
    else if (response.status !== 503) room.value = null;
  } catch {
    // The network is away: what stands there stays until it is back.
  }
  setTimeout(() => void ask(), ASK_EVERY_MS);
}

function Overlay() {
  if (room.value === null) return null;
  const { warning, talk } = room.value;
  const { answering, pinned, notice } = talk;
  const shown = answering ?? pinned;
  // Viewers order the product on air by its code.
  const product = room.value.products.find((each) => each.id === room.value?.pinned_product_id);
  return html`<div class="overlay-stack">
    ${warning !== null && html`<p class="overlay-warning" role="alert"><strong>${say("viewer.warning")}</strong> ${warning.text}</p>`}
    ${shown !== null &&
    html`<figure key=${shown.id} class="overlay-card"><figcaption>${say(answering === null ? "viewer.pinned_comment" : "viewer.answering")} · <strong>${shown.author}</strong></figcaption><p>${shown.text}</p></figure>`}
    ${product !== undefined && html`<p class="overlay-notice"><strong>${product.code}</strong> ${product.name} · ${money(product.price_vnd)}</p>`}
    ${notice !== null && html`<p class="overlay-notice">${notice}</p>`}
  </div>`;
}

render(html`<${Overlay} />`, part("overlay", HTMLElement));
void ask();
