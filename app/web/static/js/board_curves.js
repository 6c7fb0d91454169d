// The last minutes as curves, with pins, offers and notices drawn over them, and the rates that belong to them.

import { html } from "htm/preact";
import { useEffect, useMemo } from "preact/hooks";

import { SHOWN_SECONDS, fromMinutes, inMinuteBefore, withSample } from "./board_samples.js";
import { Chart, Legend } from "./chart.js";
import { decimal, number, shortMoney, timeOfDay } from "./format.js";
import { get } from "./http.js";
import { say } from "./page.js";

/**
 * @typedef {import("./board_actions.js").BoardActions} BoardActions
 * @typedef {import("./board_samples.js").Minute} Minute
 * @typedef {import("./chart.js").Curve} Curve
 * @typedef {import("./chart.js").Axis} Axis
 */
/** @typedef {import("./board_actions.js").Happening} Happening */

const SAMPLE_EVERY_MS = 5_000;
const CHART_HEIGHT = 120;
const MARKS_LISTED = 3;
const PERCENT = 100;
const PEOPLE = /** @type {Curve[]} */ ([
  { label: say("host.chart_viewers"), colour: "--curve-1", scale: "viewers" },
  { label: say("host.chart_comments"), colour: "--curve-4", scale: "comments" },
]);
const SALES = /** @type {Curve[]} */ ([
  { label: say("host.chart_revenue"), colour: "--curve-2", scale: "revenue" },
  { label: say("host.chart_orders"), colour: "--curve-3", scale: "orders" },
]);
const PEOPLE_AXES = /** @type {Axis[]} */ ([{ scale: "viewers", side: 3 }, { scale: "comments", side: 1 }]);
const SALES_AXES = /** @type {Axis[]} */ ([{ scale: "revenue", side: 3 }, { scale: "orders", side: 1 }]);
/** @type {Readonly<Record<Happening["kind"], string>>} */
const MARK_COLOURS = { pin: "--line-strong", offer: "--amber", notice: "--leaf" };

/** Takes a sample every few seconds, for as long as the board is open. @param {BoardActions} actions */
export function useSamples(actions) {
  const { room, samples } = actions;
  useEffect(() => {
    let isGone = false;
    void (async () => {
      /** @type {import("./http.js").Answer<{minutes: Minute[]}>} */
      const answer = await get(`/api/v1/sessions/${room.sessionId}/stats`);
      if (!isGone && answer.ok) samples.value = [...fromMinutes(answer.value.minutes, room.clock.nowMs() / 1000), ...samples.value];
    })();
    const timer = setInterval(() => {
      const { counts, board, session } = room.state.peek();
      if (session.state !== "live" || room.status.peek() !== "open") return;
      const sales = { orders: board?.orders_placed ?? 0, revenue: board?.revenue_placed_vnd ?? 0 };
      samples.value = withSample(samples.value, { at: room.clock.nowMs() / 1000, viewers: counts.viewers, comments: counts.comments, ...sales });
    }, SAMPLE_EVERY_MS);
    return () => {
      isGone = true;
      clearInterval(timer);
    };
  }, [room, samples]);
}

/** @param {{actions: BoardActions}} props */
export function LastMinutes({ actions }) {
  const samples = actions.samples.value;
  const happened = actions.happened.value;
  const times = useMemo(() => samples.map((sample) => sample.at), [samples]);
  const people = useMemo(() => [samples.map((sample) => sample.viewers), samples.map((sample) => inMinuteBefore(samples, sample, "comments"))], [samples]);
  const sales = useMemo(() => [samples.map((sample) => inMinuteBefore(samples, sample, "revenue")), samples.map((sample) => inMinuteBefore(samples, sample, "orders"))], [samples]);
  const marks = useMemo(() => happened.map((each) => ({ at: each.at, label: each.words, colour: MARK_COLOURS[each.kind] })), [happened]);
  const lead = say("host.pulse_chart", { count: SHOWN_SECONDS / 60 });
  const last = samples.at(-1);
  const now = { comments: last ? inMinuteBefore(samples, last, "comments") : 0, orders: last ? inMinuteBefore(samples, last, "orders") : 0, revenue: last ? inMinuteBefore(samples, last, "revenue") : 0 };
  return html`<div class="stack stack-tight">
    <p class="small soft">${lead}</p>
    <${Legend} curves=${PEOPLE} values=${[last ? number(last.viewers) : null, number(now.comments)]} />
    <${Chart} times=${times} values=${people} curves=${PEOPLE} axes=${PEOPLE_AXES} height=${CHART_HEIGHT} marks=${marks} label=${lead} />
    <${Legend} curves=${SALES} values=${[shortMoney(now.revenue), number(now.orders)]} />
    <${Chart} times=${times} values=${sales} curves=${SALES} axes=${SALES_AXES} height=${CHART_HEIGHT} marks=${marks} label=${lead} />
    ${happened.length > 0 && html`<ol class="happened" role="list">
      ${happened.slice(-MARKS_LISTED).map((each) => html`<li class="tiny"><span class=${`happened-mark happened-${each.kind}`} aria-hidden="true"></span><span class="number">${timeOfDay(each.at * 1000)}</span> ${each.words}</li>`)}
    </ol>`}
  </div>`;
}

/** Of those who came, how many bought. @param {{buyers: number, unique_viewers: number}} board */
export function conversion({ buyers, unique_viewers: viewers }) {
  return viewers === 0 ? "–" : `${decimal((buyers / viewers) * PERCENT)}%`;
}
