// Zone "pulse": the figures at arm's length, their last minutes as curves, and counts imported from other platforms.

import { html } from "htm/preact";
import { useEffect, useMemo, useState } from "preact/hooks";

import { Chart, Legend } from "./chart.js";
import { ago, money, number } from "./format.js";
import { get } from "./http.js";
import { problemSentence, say } from "./page.js";
import { Counting } from "./parts.js";
import { ConnectionLost } from "./socket.js";

/**
 * @typedef {import("./board_actions.js").BoardActions} BoardActions
 * @typedef {import("./room.js").Room} Room
 * @typedef {import("./protocol.js").OutsideCount} OutsideCount
 */
/** @typedef {{at: number, viewers: number, orders: number}} Sample `orders`: placed since the start */
/** @typedef {{minute_at: string, viewers_average: number, viewers_peak: number, orders_placed: number}} Minute */

const SAMPLE_EVERY_MS = 5_000;
const SHOWN_SECONDS = 10 * 60;
const MINUTE_SECONDS = 60;
const CHART_HEIGHT = 150;
const SOURCES = /** @type {const} */ (["tiktok", "facebook", "youtube", "other"]);

const CURVES = [
  { label: say("host.chart_viewers"), colour: "--curve-1", scale: "viewers" },
  { label: say("host.chart_orders"), colour: "--curve-2", scale: "orders" },
];
/** @type {import("./chart.js").Axis[]} */
const AXES = [
  { scale: "viewers", side: 3 },
  { scale: "orders", side: 1 },
];

/** @param {{actions: BoardActions}} props */
export function PulseZone({ actions }) {
  const { room } = actions;
  const { counts, board } = room.state.value;
  const note = counts.polling > 0 ? say("host.polling", { count: number(counts.polling) }) : "";
  return html`<div class="pulse-column">
    <section class="card zone zone-pulse stack" aria-labelledby="zone-pulse">
      <h2 id="zone-pulse">${say("host.zone_pulse")}</h2>
      <div class="pulse-figures">
        <${Figure} name=${say("host.viewers")} value=${board === null ? undefined : counts.viewers} note=${note} large />
        <${Figure} name=${say("host.orders")} value=${board?.orders_placed} large />
        <${Figure} name=${say("host.revenue_placed")} value=${board?.revenue_placed_vnd} format=${money} note=${say("host.revenue_placed_note")} wide />
      </div>
      <div class="pulse-figures pulse-more">
        <${Figure} name=${say("host.peak")} value=${board?.viewers_peak} />
        <${Figure} name=${say("host.units")} value=${board?.units_placed} />
        <${Figure} name=${say("host.buyers")} value=${board?.buyers} />
      </div>
    </section>
    <section class="card zone zone-minutes stack" aria-label=${say("host.pulse_chart", { count: SHOWN_SECONDS / 60 })}>
      <${LastMinutes} room=${room} />
      <${Outside} room=${room} counts=${counts.outside} />
    </section>
  </div>`;
}

/** A figure that is not known yet is a dash, never a zero. @param {{name: string, value: number | undefined, format?: (value: number) => string, note?: string, large?: boolean, wide?: boolean}} props */
function Figure({ name, value, format = number, note, large = false, wide = false }) {
  return html`<div class=${wide ? "figure figure-wide" : "figure"}>
    <span class="figure-name">${name}</span>
    <span class=${large ? "figure-value figure-value-large" : "figure-value"}>${value === undefined ? "–" : html`<${Counting} value=${value} format=${format} />`}</span>
    ${note && html`<span class="tiny soft">${note}</span>`}
  </div>`;
}

/** @param {{room: Room}} props */
function LastMinutes({ room }) {
  const [samples, setSamples] = useState(/** @type {readonly Sample[]} */ ([]));
  useEffect(() => {
    let isGone = false;
    void (async () => {
      /** @type {import("./http.js").Answer<{minutes: Minute[]}>} */
      const answer = await get(`/api/v1/sessions/${room.sessionId}/stats`);
      if (!isGone && answer.ok) setSamples((later) => [...fromMinutes(answer.value.minutes, room.clock.nowMs() / 1000), ...later]);
    })();
    const timer = setInterval(() => {
      const { counts, board, session } = room.state.peek();
      if (session.state !== "live" || room.status.peek() !== "open") return;
      const now = room.clock.nowMs() / 1000;
      const sample = { at: now, viewers: counts.viewers, orders: board?.orders_placed ?? 0 };
      setSamples((before) => [...before.filter((each) => each.at > now - SHOWN_SECONDS - 2 * MINUTE_SECONDS && each.at < now), sample]);
    }, SAMPLE_EVERY_MS);
    return () => {
      isGone = true;
      clearInterval(timer);
    };
  }, [room]);
  const table = useMemo(() => tableOf(samples), [samples]);
  return html`<div class="stack stack-tight">
    <p class="small soft">${say("host.pulse_chart", { count: SHOWN_SECONDS / 60 })}</p>
    <${Chart} times=${table.times} values=${table.values} curves=${CURVES} axes=${AXES} height=${CHART_HEIGHT} label=${say("host.pulse_chart", { count: SHOWN_SECONDS / 60 })} />
    <${Legend} curves=${CURVES} />
  </div>`;
}

/**
 * What happened before this board was opened: one sample at the end of each minute.
 * @param {readonly Minute[]} minutes
 * @param {number} now seconds since 1970
 */
function fromMinutes(minutes, now) {
  let orders = 0;
  return minutes
    .map((minute) => {
      orders += minute.orders_placed;
      return { at: Date.parse(minute.minute_at) / 1000 + MINUTE_SECONDS, viewers: Math.round(minute.viewers_average), orders };
    })
    .filter((sample) => sample.at < now && sample.at > now - SHOWN_SECONDS - 2 * MINUTE_SECONDS);
}

/**
 * Viewers, and orders of the minute before each sample.
 * @param {readonly Sample[]} samples
 */
function tableOf(samples) {
  const orders = samples.map((sample) => {
    const before = samples.filter((each) => each.at <= sample.at - MINUTE_SECONDS).at(-1) ?? samples[0] ?? sample;
    return sample.orders - before.orders;
  });
  return { times: samples.map((sample) => sample.at), values: [samples.map((sample) => sample.viewers), orders] };
}

/** @param {{room: Room, counts: readonly OutsideCount[]}} props */
function Outside({ room, counts }) {
  const [source, setSource] = useState(/** @type {(typeof SOURCES)[number]} */ ("tiktok"));
  const [viewers, setViewers] = useState("");
  const [answer, setAnswer] = useState("");
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    const count = Number.parseInt(viewers.replace(/\D/g, ""), 10);
    if (!Number.isFinite(count)) return;
    try {
      const reply = await room.socket.request({ type: "outside_count.report", source, viewers: count, observed_at_ms: Math.round(room.clock.nowMs()) });
      if (reply.type === "command.failed") return setAnswer(problemSentence(reply.code, reply.message));
      setViewers("");
      setAnswer(say("host.done"));
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      setAnswer(say("viewer.offline"));
    }
  };
  void room.seconds.value;
  return html`<div class="stack stack-tight outside">
    <h3>${say("host.imported")}</h3>
    ${counts.map(
      (count) => html`<p key=${count.source} class="row row-between">
        <span>${say(`host.platform_${count.source}`)} <span class="badge badge-outline">${say("host.imported_mark")}</span></span>
        <span><strong class="number">${number(count.viewers)}</strong> <span class="tiny soft">${ago((room.clock.nowMs() - count.observed_at_ms) / 1000)}</span></span>
      </p>`,
    )}
    <form class="row outside-form" onSubmit=${submit}>
      <label class="visually-hidden" for="outside-source">${say("host.imported")}</label>
      <select class="input" id="outside-source" value=${source} onChange=${(/** @type {Event} */ event) => setSource(/** @type {any} */ (event.currentTarget).value)}>
        ${SOURCES.map((each) => html`<option value=${each}>${say(`host.platform_${each}`)}</option>`)}
      </select>
      <input class="input number" aria-label=${say("host.imported_viewers")} placeholder=${say("host.imported_viewers")} inputmode="numeric" maxlength="12" value=${viewers}
        onInput=${(/** @type {Event} */ event) => setViewers(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />
      <button class="button button-secondary" type="submit">${say("host.imported_save")}</button>
    </form>
    <p class="tiny soft" role="status">${answer || say("host.imported_note")}</p>
  </div>`;
}
