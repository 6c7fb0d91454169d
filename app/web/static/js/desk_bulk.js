// Many orders at once, in the place of the open order: what shall be done, what would become of each, then doing it.

import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";

import { REASONS } from "./desk_steps.js";
import { number } from "./format.js";
import { problemSentence, say } from "./page.js";

/**
 * @typedef {import("./desk_bulk_state.js").DeskBulk} DeskBulk
 * @typedef {import("./desk_bulk_state.js").Task} Task
 * @typedef {import("./desk_work_types.js").OrderInBulk} OrderInBulk
 * @typedef {import("./desk_work_types.js").QueuedOrder} QueuedOrder
 */

/** What is done for many, by their keys. @type {readonly Task["kind"][]} */
const TASKS = ["confirmed", "delivered", "cancelled", "assign", "handed_over"];
const CODES_SHOWN = 12;

/**
 * A key that was pressed while orders are ticked.
 * @param {DeskBulk} bulk
 * @param {string} key
 * @returns {boolean} whether it did something
 */
export function pressForMany(bulk, key) {
  const task = TASKS[Number(key) - 1];
  if (key === "b" || key === "escape") bulk.close();
  else if (key === "a") void bulk.all();
  else if (key === "v") void bulk.look();
  else if (key === "arrowdown" || key === "arrowup") step(key === "arrowdown" ? 1 : -1);
  else if (task !== undefined) bulk.want({ kind: task });
  else return false;
  return true;
}

/** To the row below or above. @param {1 | -1} by */
function step(by) {
  const rows = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".desk-queue .desk-row")]);
  const at = rows.findIndex((row) => row === document.activeElement);
  rows[Math.min(rows.length - 1, Math.max(0, at + by))]?.focus();
}

/** @param {{bulk: DeskBulk}} props */
export function BulkPanel({ bulk }) {
  const { desk } = bulk;
  const { kind, reason, userId } = bulk.task.value;
  const chosen = bulk.chosen.value.size;
  const progress = bulk.progress.value;
  const isBusy = progress !== null;
  const isFound = desk.found.value !== null;
  return html`<section class="card card-roomy stack desk-order desk-bulk" aria-labelledby="bulk">
    <header class="row row-between">
      <h2 class="heading-20" id="bulk">${say("desk.bulk")}</h2>
      <button class="button button-quiet" type="button" aria-keyshortcuts="b" disabled=${isBusy} onClick=${() => bulk.close()}>${say("desk.back")}</button>
    </header>
    <p class="small soft">${say("desk.bulk_how")}</p>
    <div class="row row-between">
      <strong class="grow" role="status">${say("desk.bulk_chosen", { count: number(chosen) })}</strong>
      <button class="button button-secondary" type="button" aria-keyshortcuts="a" disabled=${isBusy} onClick=${() => void bulk.all()}><kbd aria-hidden="true">A</kbd> ${isFound ? say("desk.bulk_all_found") : say("desk.bulk_all", { queue: say(`desk.queue_${desk.queue.value}`) })}</button>
    </div>
    <div class="row" role="group" aria-label=${say("desk.bulk_what")}>
      ${TASKS.map(
        (each, place) => html`<button key=${each} class="chip" type="button" aria-keyshortcuts=${String(place + 1)} aria-pressed=${kind === each ? "true" : "false"} disabled=${isBusy} onClick=${() => bulk.want({ kind: each })}>
          <kbd aria-hidden="true">${place + 1}</kbd> ${say(`desk.bulk_do_${each}`)}
        </button>`,
      )}
    </div>
    ${kind === "cancelled" && html`<div class="field"><label class="field-label" for="bulk-reason">${say("desk.asks_reasons")}</label>
      <select class="input" id="bulk-reason" value=${reason || "refused"} onChange=${(/** @type {Event} */ event) => bulk.want({ reason: chosenIn(event) })}>
        ${REASONS.map((each) => html`<option key=${each} value=${each}>${say(`desk.reason_${each}`)}</option>`)}
      </select></div>`}
    ${kind === "assign" && html`<div class="field"><label class="field-label" for="bulk-colleague">${say("desk.assigned")}</label>
      <select class="input" id="bulk-colleague" value=${userId} onChange=${(/** @type {Event} */ event) => bulk.want({ userId: chosenIn(event) })}>
        <option value="">${say("desk.assigned_nobody")}</option>
        ${desk.colleagues.value.map((each) => html`<option key=${each.user_id} value=${each.user_id}>${each.name}</option>`)}
      </select></div>`}
    ${bulk.preview.value === null &&
    html`<button class="button button-primary" type="button" aria-keyshortcuts="v" disabled=${isBusy || chosen === 0} onClick=${() => void bulk.look()}><kbd aria-hidden="true">V</kbd> ${say("desk.bulk_preview")}</button>`}
    ${progress !== null && html`<div class="stack stack-tight" role="status">
      <label class="small" for="bulk-progress">${progress.words} <span class="number">${number(progress.done)}/${number(progress.of)}</span></label>
      <progress class="desk-progress" id="bulk-progress" max=${progress.of} value=${progress.done}></progress>
    </div>`}
    ${bulk.preview.value !== null && !isBusy && html`<${Preview} bulk=${bulk} orders=${bulk.preview.value} />`}
  </section>`;
}

/** @param {Event} event */
function chosenIn(event) {
  return /** @type {HTMLSelectElement} */ (event.currentTarget).value;
}

/** How many it is done for, and of the others why not. @param {{bulk: DeskBulk, orders: readonly OrderInBulk[]}} props */
function Preview({ bulk, orders }) {
  const { kind } = bulk.task.value;
  const fits = bulk.fits.value.length;
  const button = useRef(/** @type {HTMLButtonElement | null} */ (null));
  // Enter does it, once it was read what it does.
  useEffect(() => button.current?.focus(), []);
  const does = say(`desk.bulk_do_${kind}`);
  return html`<div class="stack stack-tight desk-preview" role="group" aria-label=${say("desk.bulk_preview")}>
    <p class="notice ${fits > 0 ? "notice-good" : "notice-warning"}" role="status">${say("desk.bulk_fits", { does, count: number(fits), of: number(orders.length) })}</p>
    ${grouped(orders).map(
      ([words, codes]) => html`<p class="small"><strong class="number">${number(codes.length)}</strong> ${words} <span class="number soft">${codes.slice(0, CODES_SHOWN).join(", ")}${codes.length > CODES_SHOWN && "…"}</span></p>`,
    )}
    <p class="small soft">${say(kind === "assign" ? "desk.bulk_assign_hint" : "desk.bulk_undo_hint")}</p>
    <button ref=${button} class=${kind === "cancelled" ? "button button-danger" : "button button-primary"} type="button" disabled=${fits === 0} onClick=${() => void bulk.run()}>${say("desk.bulk_run", { does, count: number(fits) })}</button>
  </div>`;
}

/** Those that do not fit, by the reason. @param {readonly OrderInBulk[]} orders @returns {[string, string[]][]} */
function grouped(orders) {
  /** @type {Map<string, string[]>} */
  const found = new Map();
  for (const { problem, who, code } of orders) {
    if (problem === null) continue;
    const words = who === null ? problemSentence(problem) : say("desk.held", { who });
    found.set(words, [...(found.get(words) ?? []), code]);
  }
  return [...found];
}

/** A row that is ticked instead of opened. @param {{bulk: DeskBulk, order: QueuedOrder, children?: unknown}} props */
export function TickRow({ bulk, order, children }) {
  const isChosen = bulk.chosen.value.has(order.order_id);
  return html`<button class="desk-row" type="button" role="checkbox" aria-checked=${isChosen ? "true" : "false"} onClick=${() => bulk.toggle(order.order_id)}>
    <span class="desk-tick" aria-hidden="true">${isChosen ? "✓" : ""}</span>${children}
  </button>`;
}
