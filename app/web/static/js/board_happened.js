// What happened in the room while this board looked on, and shortly before: pins, offers and notices, for the curves.

import { computed, effect, signal } from "@preact/signals";

import { get } from "./http.js";
import { say } from "./page.js";

/** @typedef {import("./room.js").Room} Room */
/** @typedef {{kind: "pin" | "offer" | "notice", at: number, words: string}} Happening `at` in seconds since 1970 */
/** @typedef {{kind: "pin" | "offer", product_name: string, start_ms: number}} Moment in milliseconds since the start */

const KEPT = 40;

/** @param {Room} room */
export function happenedIn(room) {
  const pins = signal(/** @type {readonly Happening[]} */ ([]));
  const notices = signal(/** @type {readonly Happening[]} */ ([]));
  let pinned = room.state.peek().pinnedProductId;
  let { notice } = room.state.peek().talk;
  effect(() => {
    const { pinnedProductId, products, talk } = room.state.value;
    if (talk.notice !== notice) {
      notice = talk.notice;
      if (notice !== null) notices.value = [...notices.peek(), /** @type {const} */ ({ kind: "notice", at: room.clock.nowMs() / 1000, words: notice })].slice(-KEPT);
    }
    if (pinnedProductId === pinned) return;
    pinned = pinnedProductId;
    const product = products.find((each) => each.id === pinnedProductId)?.name;
    if (product !== undefined) pins.value = [...pins.peek(), /** @type {const} */ ({ kind: "pin", at: room.clock.nowMs() / 1000, words: say("host.happened_pin", { product }) })].slice(-KEPT);
  });
  void readPins(room, pins);
  return computed(() => [...pins.value, ...notices.value, ...offersOf(room)].sort((one, other) => one.at - other.at));
}

/**
 * Pins from before this board was opened.
 * @param {Room} room
 * @param {import("@preact/signals").Signal<readonly Happening[]>} pins
 */
async function readPins(room, pins) {
  const { started_at_ms: startedAt, kind } = room.state.peek().session;
  if (startedAt === null || kind === "booth") return;
  /** @type {import("./http.js").Answer<{moments: Moment[]}>} */
  const answer = await get(`/api/v1/sessions/${room.sessionId}/moments.json`);
  if (!answer.ok) return;
  const before = answer.value.moments
    .filter((moment) => moment.kind === "pin")
    .map((moment) => /** @type {const} */ ({ kind: "pin", at: (startedAt + moment.start_ms) / 1000, words: say("host.happened_pin", { product: moment.product_name }) }));
  const first = pins.value[0]?.at ?? Infinity;
  pins.value = [...before.filter((each) => each.at < first - 1), ...pins.value].slice(-KEPT);
}

/** @param {Room} room @returns {Happening[]} */
function offersOf(room) {
  const { offers, products } = room.state.value;
  return offers.flatMap((offer) => {
    if (offer.state === "scheduled" || offer.starts_at_ms === null) return [];
    const product = products.find((each) => each.id === offer.product_id)?.name ?? "";
    return [{ kind: "offer", at: offer.starts_at_ms / 1000, words: say("host.happened_offer", { product }) }];
  });
}
