// The centre of the report: viewers, comments, orders and revenue per minute on one axis of time, with what happened as marks.

import { html } from "htm/preact";
import { useMemo, useState } from "preact/hooks";

import { Chart, Legend } from "./chart.js";
import { dateTime, decimal, money, number, shortMoney, timeOfDay } from "./format.js";
import { say } from "./page.js";
import { Moment } from "./report_moment.js";

/**
 * @typedef {import("./report_types.js").MinuteFigures} MinuteFigures
 * @typedef {import("./report_types.js").Marker} Marker
 * @typedef {import("./chart.js").Curve} Curve
 * @typedef {import("./chart.js").Axis} Axis
 */

const CHART_HEIGHT = 190;
const PEOPLE = /** @type {Curve[]} */ ([
  { label: say("report.curve_viewers"), colour: "--curve-1", scale: "people" },
  { label: say("report.curve_arrivals"), colour: "--curve-3", scale: "people" },
  { label: say("report.curve_comments"), colour: "--curve-4", scale: "talk" },
]);
const SALES = /** @type {Curve[]} */ ([
  { label: say("report.curve_revenue"), colour: "--curve-2", scale: "money", bars: true },
  { label: say("report.curve_orders"), colour: "--curve-3", scale: "orders" },
]);
const PEOPLE_AXES = /** @type {Axis[]} */ ([{ scale: "people", side: 3 }, { scale: "talk", side: 1 }]);
const SALES_AXES = /** @type {Axis[]} */ ([{ scale: "money", side: 3 }, { scale: "orders", side: 1 }]);

/** @param {Marker["kind"]} kind */
function isDrawn(kind) {
  return kind === "offer.opened" || kind === "product.pinned" || kind === "notice.shown";
}

const MARK_COLOURS = /** @type {Partial<Record<Marker["kind"], string>>} */ ({ "offer.opened": "--amber", "notice.shown": "--curve-4" });

/** @param {Marker} marker */
function markerWords(marker) {
  const product = marker.product_name ?? "";
  const price = marker.flash_price_vnd === null ? "" : ` · ${money(marker.flash_price_vnd)}`;
  switch (marker.kind) {
    case "product.pinned":
      return say("report.tick_pinned", { product });
    case "offer.opened":
      return say("report.tick_offer", { product }) + price;
    case "offer.ended":
      return say("report.tick_offer_ended", { product });
    case "notice.shown":
      return say("report.tick_notice", { text: marker.text ?? "" });
    default:
      return say(marker.kind === "session.started" ? "report.started_at" : "report.ended_at");
  }
}

/**
 * @param {object} props
 * @param {readonly MinuteFigures[]} props.minutes whole ones: half a minute would look like a fall
 * @param {boolean} props.isByMinute else each covers more: the day is shown, too
 * @param {readonly Marker[]} props.markers
 * @param {string} props.sessionId
 * @param {number} props.step minutes that an entry covers
 */
export function Timeline({ minutes, isByMinute, markers, sessionId, step }) {
  const [openAt, setOpenAt] = useState("");
  const [index, setIndex] = useState(/** @type {number | null} */ (null));
  const times = useMemo(() => minutes.map((minute) => Date.parse(minute.minute_at) / 1000), [minutes]);
  const people = useMemo(() => [minutes.map((minute) => minute.viewers_average), minutes.map((minute) => minute.views), minutes.map((minute) => minute.comments)], [minutes]);
  const sales = useMemo(() => [minutes.map((minute) => minute.revenue_placed_vnd), minutes.map((minute) => minute.orders_placed)], [minutes]);
  const marks = useMemo(
    () =>
      markers
        .filter((marker) => isDrawn(marker.kind))
        .map((marker) => ({ at: Date.parse(marker.at) / 1000, label: markerWords(marker), colour: MARK_COLOURS[marker.kind] ?? "--line-strong" })),
    [markers],
  );
  const shown = minutes[index ?? minutes.length - 1];
  /** @param {number} at */
  const open = (at) => setOpenAt(minutes[at]?.minute_at ?? "");
  const momentWords = isByMinute ? timeOfDay : dateTime;
  if (minutes.length === 0 || !shown) return html`<p class="soft">${say("report.no_minutes")}</p>`;
  return html`<div class="stack stack-tight">
    <p class="timeline-minute number">
      <strong>${momentWords(Date.parse(shown.minute_at))}</strong>
    </p>
    <div class="row no-print timeline-choice">
      <input class="grow" type="range" min="0" max=${minutes.length - 1} value=${index ?? minutes.length - 1} aria-label=${say("report.choose_minute")}
        aria-valuetext=${momentWords(Date.parse(shown.minute_at))} onInput=${(/** @type {Event} */ event) => setIndex(Number(/** @type {HTMLInputElement} */ (event.currentTarget).value))} />
      <button class="button button-secondary" type="button" onClick=${() => setOpenAt(shown.minute_at)}>${say("report.open_minute")}</button>
    </div>
    <${Legend} curves=${PEOPLE} values=${[decimal(shown.viewers_average), number(shown.views), number(shown.comments)]} />
    <${Chart} times=${times} values=${people} curves=${PEOPLE} axes=${PEOPLE_AXES} height=${CHART_HEIGHT} marks=${marks} label=${say("report.timeline_lead")} shared="timeline" hasTimes=${false} onPoint=${setIndex} onOpen=${open} />
    <${Legend} curves=${SALES} values=${[shortMoney(shown.revenue_placed_vnd), number(shown.orders_placed)]} />
    <${Chart} times=${times} values=${sales} curves=${SALES} axes=${SALES_AXES} height=${CHART_HEIGHT} marks=${marks} label=${say("report.timeline_lead")} shared="timeline" hasLabels=${false} onPoint=${setIndex} onOpen=${open} />
    ${openAt !== "" && html`<${Moment} sessionId=${sessionId} at=${openAt} minutes=${step} onClose=${() => setOpenAt("")} />`}
    <details>
      <summary>${say("report.minutes_table")}</summary>
      <${MinutesTable} minutes=${minutes} words=${momentWords} onOpen=${setOpenAt} />
    </details>
    <details class="markers">
      <summary>${say("report.what_happened", { count: number(markers.length) })}</summary>
      <ol role="list">
        ${markers.map((marker) => html`<li><span class="number soft">${momentWords(Date.parse(marker.at))}</span><span>${markerWords(marker)}</span></li>`)}
      </ol>
    </details>
  </div>`;
}

/** The same as a table: every entry opens. @param {{minutes: readonly MinuteFigures[], words: (ms: number) => string, onOpen: (at: string) => void}} props */
function MinutesTable({ minutes, words, onOpen }) {
  return html`<div class="table-wrap minutes-table" tabindex="0"><table class="table">
    <thead><tr>
      <th scope="col">${say("report.column_time")}</th><th class="number" scope="col">${say("report.curve_viewers")}</th><th class="number" scope="col">${say("report.curve_arrivals")}</th>
      <th class="number" scope="col">${say("report.curve_comments")}</th><th class="number" scope="col">${say("report.curve_orders")}</th><th class="number" scope="col">${say("report.curve_revenue")}</th>
    </tr></thead>
    <tbody>${minutes.map(
      (minute) => html`<tr key=${minute.minute_at}>
        <th scope="row"><button class="sort-button number" type="button" onClick=${() => onOpen(minute.minute_at)}>${words(Date.parse(minute.minute_at))}</button></th>
        <td class="number">${decimal(minute.viewers_average)}</td><td class="number">${number(minute.views)}</td><td class="number">${number(minute.comments)}</td>
        <td class="number">${number(minute.orders_placed)}</td><td class="number">${money(minute.revenue_placed_vnd)}</td>
      </tr>`,
    )}</tbody>
  </table></div>`;
}
