// Zone "pulse": the figures at arm's length, their last minutes as curves, and counts imported from other platforms.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { LastMinutes, conversion, useSamples } from "./board_curves.js";
import { SHOWN_SECONDS, inMinuteBefore } from "./board_samples.js";
import { ago, money, number } from "./format.js";
import { problemSentence, say } from "./page.js";
import { Counting } from "./parts.js";
import { ConnectionLost } from "./socket.js";

/**
 * @typedef {import("./board_actions.js").BoardActions} BoardActions
 * @typedef {import("./room.js").Room} Room
 * @typedef {import("./protocol.js").OutsideCount} OutsideCount
 */

const SOURCES = /** @type {const} */ (["tiktok", "facebook", "youtube", "other"]);

/** @param {{actions: BoardActions}} props */
export function PulseZone({ actions }) {
  const { room } = actions;
  const { counts, board } = room.state.value;
  const isOpen = actions.may("prepare_sessions") && room.state.value.session.state !== "ended" && room.state.value.session.state !== "closed";
  useSamples(actions);
  const last = actions.samples.value.at(-1);
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
      <div class="pulse-figures pulse-more">
        <${Figure} name=${say("host.unique_viewers")} value=${board?.unique_viewers} />
        <${Figure} name=${say("host.conversion")} value=${board?.buyers} format=${() => (board === null ? "–" : conversion(board))} />
        <${Figure} name=${say("host.comments_per_minute")} value=${last && inMinuteBefore(actions.samples.value, last, "comments")} />
      </div>
      <${LastMinutes} actions=${actions} />
      <${Outside} room=${room} counts=${counts.outside} />
      ${isOpen && html`<button class="button button-secondary only-small" type="button" onClick=${() => {
        actions.showsTitleForm.value = true;
        scrollTo({ top: 0 });
      }}>${say("host.edit_title")}</button>`}
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
