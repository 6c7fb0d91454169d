// The numbers of a report, each with its definition one touch away and a mark that says where it comes from; and the ladder.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { decimal, duration, money, number } from "./format.js";
import { difference, sayIfKnown } from "./order_words.js";
import { language, say } from "./page.js";

/**
 * @typedef {import("./report_types.js").HeadlineMetric} HeadlineMetric
 * @typedef {import("./report_types.js").LadderStep} LadderStep
 * @typedef {import("./report_types.js").Loss} Loss
 */

const LARGE = 5;

/** @param {{label_vi: string, label_en: string}} named */
export function labelOf(named) {
  return language === "en" ? named.label_en : named.label_vi;
}

/** @param {HeadlineMetric} metric */
function valueWords({ value, unit }) {
  if (value === null) return say("report.not_measured");
  if (unit.startsWith("vnd")) return money(value);
  if (unit === "percent") return `${decimal(value)} %`;
  if (unit === "seconds") return duration(value);
  return Number.isInteger(value) ? number(value) : decimal(value);
}

/** @param {{metrics: readonly HeadlineMetric[]}} props */
export function Headline({ metrics }) {
  const [openName, setOpenName] = useState("");
  return html`<div class="headline">
    ${metrics.map(
      (metric, index) => html`<${Metric} key=${metric.name} metric=${metric} large=${index < LARGE} isOpen=${openName === metric.name}
        onToggle=${() => setOpenName(openName === metric.name ? "" : metric.name)} />`,
    )}
  </div>`;
}

/** @param {{metric: HeadlineMetric, large: boolean, isOpen: boolean, onToggle: () => void}} props */
function Metric({ metric, large, isOpen, onToggle }) {
  const id = `definition-${metric.name}`;
  return html`<div class=${large ? "figure metric metric-large" : "figure metric"}>
    <button class="metric-name" type="button" aria-expanded=${isOpen ? "true" : "false"} aria-controls=${id} onClick=${onToggle}>
      <span>${labelOf(metric)}</span><span class="metric-ask" aria-hidden="true">?</span>
    </button>
    <span class=${metric.value === null ? "soft" : "figure-value"}>${valueWords(metric)}</span>
    <${SourceMark} source=${metric.source} />
    <div class="metric-definition small" id=${id} hidden=${!isOpen}>
      <p>${language === "en" ? metric.definition_en : metric.definition_vi}</p>
      <p class="tiny soft">${language === "en" || metric.formula_vi === "" ? html`<code>${metric.formula}</code>` : metric.formula_vi}</p>
      <p class="tiny soft">${say(`source.${metric.source}.meaning`)}</p>
    </div>
  </div>`;
}

/** @param {{source: "measured" | "imported" | "derived"}} props */
export function SourceMark({ source }) {
  return html`<span class=${`source-mark source-${source}`} title=${say(`source.${source}.meaning`)}>${say(`source.${source}`)}</span>`;
}

/** @param {{steps: readonly LadderStep[]}} props */
export function Ladder({ steps }) {
  const most = Math.max(1, ...steps.map((step) => step.amount_vnd));
  return html`<div class="ladder">
    ${steps.map(
      (step) => html`<div class="ladder-step" key=${step.name}>
        <span><strong>${labelOf(step)}</strong> <span class="small soft">${say(`ladder.${step.name}.meaning`)}</span></span>
        <span class="number ladder-amount"><strong>${money(step.amount_vnd)}</strong></span>
        <progress class="stock-bar" max=${most} value=${step.amount_vnd} aria-label=${labelOf(step)}></progress>
        ${step.shipping_vnd > 0 && html`<span class="small soft">${say("ladder.shipping", { amount: money(step.shipping_vnd) })}</span>`}
        <ul class="ladder-loss" role="list">${lossWords(step).map((words) => html`<li key=${words}>${words}</li>`)}</ul>
      </div>`,
    )}
    <p class="small soft">${say("ladder.rule")}</p>
  </div>`;
}

/** Why orders were lost: by the reason, as far as the desk has words for it. @param {LadderStep["losses"][number]} loss */
function lossOf({ kind, reason, orders, amount_vnd: amount }) {
  const values = { count: number(orders), amount: money(amount) };
  const words = sayIfKnown(`desk.reason_${reason}`);
  return words === "" || (kind !== "cancelled" && kind !== "expired") ? say(`ladder.loss_${kind}`, values) : say("ladder.lost_by", { reason: words, ...values });
}

/** @param {LadderStep} step */
function lossWords(step) {
  const words = [`${number(step.orders)} ${say("unit.orders")}`];
  if (step.waiting_orders > 0) words.push(say("ladder.loss_waiting", { count: number(step.waiting_orders), amount: money(step.waiting_amount_vnd) }));
  if (step.changed_orders > 0) words.push(say("ladder.changed", { count: number(step.changed_orders), amount: difference(step.changed_vnd) }));
  if (step.paid_before_orders > 0) words.push(say("ladder.paid_before", { count: number(step.paid_before_orders), amount: money(step.paid_before_vnd) }));
  return [...words, ...step.losses.map(lossOf)];
}
