// One minute of the timeline, opened: who was on air, what was said, what was ordered. Orders by code, never by person.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { dateTime, money, number, timeOfDay } from "./format.js";
import { get } from "./http.js";
import { failureWords, say } from "./page.js";
import { CommentList } from "./report_comments.js";

/** @typedef {import("./report_types.js").MomentDetails} MomentDetails */

const MOST_MINUTES = 60;

/** @param {{sessionId: string, at: string, minutes: number, onClose: () => void}} props */
export function Moment({ sessionId, at, minutes, onClose }) {
  const [shown, setShown] = useState(/** @type {MomentDetails | null} */ (null));
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let isCurrent = true;
    setShown(null);
    setProblem("");
    void (async () => {
      /** @type {import("./http.js").Answer<MomentDetails>} */
      const answer = await get(`/api/v1/sessions/${sessionId}/report/moment?at=${encodeURIComponent(at)}&minutes=${Math.min(MOST_MINUTES, minutes)}`);
      if (!isCurrent) return;
      if (answer.ok) setShown(answer.value);
      else setProblem(failureWords(answer.failure));
    })();
    return () => {
      isCurrent = false;
    };
  }, [sessionId, at, minutes]);
  return html`<section class="card stack moment" aria-label=${say("report.moment", { time: dateTime(Date.parse(at)) })}>
    <div class="row"><h3 class="grow">${say("report.moment", { time: dateTime(Date.parse(at)) })}</h3>
      <button class="button button-quiet" type="button" onClick=${onClose}>${say("app.close")}</button></div>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert">${problem}</p>`}
    ${shown === null && problem === "" && html`<p class="soft" role="status">${say("app.loading")}</p>`}
    ${shown !== null && html`<${Inside} moment=${shown} />`}
  </section>`;
}

/** @param {{moment: MomentDetails}} props */
function Inside({ moment }) {
  const { pinned, comments, orders, orders_count: count } = moment;
  return html`<p>${pinned.length === 0 ? say("report.moment_no_pin") : `${say("report.moment_pinned")} ${pinned.map((pin) => `${pin.name} (${timeOfDay(Date.parse(pin.at))})`).join(" · ")}`}</p>
    <h4>${say("report.moment_orders", { count: number(count) })}</h4>
    ${orders.length > 0 && html`<ul class="report-comments" role="list">${orders.map(
      (order) => html`<li key=${order.code}><span class="number soft">${timeOfDay(Date.parse(order.placed_at))}</span>
        <span><strong class="number">${order.code ?? "–"}</strong> ${number(order.units)} ${say("unit.pieces")} · ${money(order.goods_vnd)}</span></li>`,
    )}</ul>`}
    ${orders.length < count && html`<p class="small soft">${say("report.moment_first_orders", { count: number(orders.length) })}</p>`}
    <h4>${say("report.moment_comments")}</h4>
    ${comments.comments.length === 0 ? html`<p class="soft">${say("report.comment_none")}</p>` : html`<${CommentList} rows=${comments.comments} />`}
    ${comments.next_cursor !== null && html`<p class="small soft">${say("report.moment_first_comments", { count: number(comments.comments.length) })}</p>`}`;
}
