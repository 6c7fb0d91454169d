// After the market: its recording with the moments of each product, and where the goods can still be bought.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { countdown } from "./format.js";
import { get } from "./http.js";
import { say } from "./page.js";

/**
 * @typedef {{kind: "pin" | "offer", product_id: string, product_name: string, start_ms: number, end_ms: number}} Moment
 * @typedef {{moments: Moment[], booths: {producer_id: string, producer_name: string}[]}} Moments
 */

/** @param {{session: import("./protocol.js").SessionView}} props */
export function Recording({ session }) {
  const [found, setFound] = useState(/** @type {Moments} */ ({ moments: [], booths: [] }));
  useEffect(() => {
    void (async () => {
      /** @type {import("./http.js").Answer<Moments>} */
      const answer = await get(`/api/v1/sessions/${session.id}/moments.json`);
      if (answer.ok) setFound(answer.value);
    })();
  }, [session.id]);
  const { video } = session;
  return html`${video !== null &&
    html`<div class="card stack recording">
      <h2><a href=${video.url} rel="noopener noreferrer" target="_blank">${say("viewer.recording")}</a></h2>
      <ul class="stack stack-tight" role="list">
        ${found.moments.map((moment) => html`<li key=${`${moment.kind} ${moment.start_ms} ${moment.product_id}`}><${Jump} video=${video} moment=${moment} /></li>`)}
      </ul>
    </div>`}
    ${found.booths.length > 0 &&
    html`<div class="card stack">
      <h2>${say("viewer.still_sold")}</h2>
      ${found.booths.map((booth) => html`<a key=${booth.producer_id} class="button button-secondary button-block" href=${`/b/${booth.producer_id}`}>${booth.producer_name}</a>`)}
    </div>`}`;
}

/** A link to the moment where the platform takes one. @param {{video: NonNullable<import("./protocol.js").SessionView["video"]>, moment: Moment}} props */
function Jump({ video, moment }) {
  const seconds = Math.floor(moment.start_ms / 1000);
  const words = html`<span class="number">${countdown(seconds)}</span> ${moment.product_name}`;
  if (video.kind !== "youtube") return words;
  return html`<a href=${`${video.url}&t=${seconds}s`} rel="noopener noreferrer" target="_blank">${words}</a>`;
}
