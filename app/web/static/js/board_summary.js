// After the end: what the session brought, for its host.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { conversion } from "./board_curves.js";
import { duration, money, number } from "./format.js";
import { get } from "./http.js";
import { failureWords, say } from "./page.js";

/** @typedef {import("./board_actions.js").BoardActions} BoardActions */
/**
 * @typedef {object} Stats
 * @property {{orders_placed: number, units_placed: number, revenue_placed_vnd: number, buyers: number, unique_viewers: number,
 *   viewers_peak: number, comments: number, likes: number}} totals
 * @property {{product_id: string, units_placed: number, revenue_placed_vnd: number}[]} products
 */

const BEST = 5;

/** @param {{actions: BoardActions}} props */
export function Summary({ actions }) {
  const { room } = actions;
  const { session, products } = room.state.value;
  const [stats, setStats] = useState(/** @type {Stats | null} */ (null));
  const [problem, setProblem] = useState("");
  useEffect(() => {
    void (async () => {
      /** @type {import("./http.js").Answer<Stats>} */
      const answer = await get(`${actions.path}/stats`);
      if (answer.ok) setStats(answer.value);
      else setProblem(failureWords(answer.failure));
    })();
  }, [session.state]);
  if (problem !== "") return html`<p class="notice notice-warning">${problem}</p>`;
  if (stats === null) return null;
  const { totals } = stats;
  const seconds = session.started_at_ms !== null && session.ended_at_ms !== null ? (session.ended_at_ms - session.started_at_ms) / 1000 : 0;
  const best = [...stats.products].sort((one, other) => other.revenue_placed_vnd - one.revenue_placed_vnd).filter((each) => each.units_placed > 0).slice(0, BEST);
  const figures = /** @type {const} */ ([
    ["host.revenue_placed", money(totals.revenue_placed_vnd)],
    ["host.orders", number(totals.orders_placed)],
    ["host.units", number(totals.units_placed)],
    ["host.buyers", number(totals.buyers)],
    ["host.unique_viewers", number(totals.unique_viewers)],
    ["host.conversion", conversion(totals)],
    ["host.peak", number(totals.viewers_peak)],
    ["host.comments", number(totals.comments)],
  ]);
  return html`<section class="card stack summary" aria-labelledby="summary">
    <h2 id="summary">${say("host.summary", { time: duration(seconds) })}</h2>
    <div class="summary-figures">
      ${figures.map(([name, value]) => html`<div class="figure"><span class="figure-name">${say(name)}</span><span class="figure-value">${value}</span></div>`)}
    </div>
    ${best.length > 0 && html`<h3>${say("host.summary_best")}</h3>
    <ol class="summary-best">
      ${best.map((each) => html`<li><span>${products.find((product) => product.id === each.product_id)?.name ?? ""}</span>${" "}<span class="number soft">${number(each.units_placed)} · ${money(each.revenue_placed_vnd)}</span></li>`)}
    </ol>`}
    <p class="small soft">${say("host.summary_note")}</p>
  </section>`;
}
