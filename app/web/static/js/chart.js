// One uPlot chart in a component: colours from the page's tokens, width from its place, drawn anew when the theme changes.

import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

import { day, number, shortNumber, timeOfDay } from "./format.js";

/**
 * @typedef {object} Curve
 * @property {string} label
 * @property {string} colour name of a token, such as "--curve-1"
 * @property {string} scale curves on one scale share their axis
 * @property {boolean} [bars]
 * @property {(value: number) => string} [format]
 */

/**
 * @typedef {object} Axis
 * @property {string} scale
 * @property {1 | 3} side 1 = right, 3 = left
 * @property {(value: number) => string} [format]
 */

/** @typedef {{at: number, label: string, colour: string}} ChartMark `at` in seconds since 1970 */

const AXIS_WIDTH = 52;
const DAY_SECONDS = 86_400;
const LABEL_PIXELS = 11;

/** @param {string} token */
function colourOf(token) {
  return getComputedStyle(document.documentElement).getPropertyValue(token).trim();
}

/**
 * @param {object} props
 * @param {readonly number[]} props.times seconds since 1970
 * @param {ReadonlyArray<ReadonlyArray<number | null>>} props.values one row per curve
 * @param {readonly Curve[]} props.curves
 * @param {readonly Axis[]} props.axes
 * @param {number} props.height
 * @param {readonly ChartMark[]} [props.marks]
 * @param {string} props.label what a screen reader says
 * @param {string} [props.shared] charts with the same word share their cursor
 * @param {boolean} [props.hasTimes] whether the axis of time has words: of charts above each other the last is enough
 * @param {boolean} [props.hasLabels] whether marks have their words: of charts above each other the first is enough
 * @param {(index: number | null) => void} [props.onPoint] the point under the pointer
 * @param {(index: number) => void} [props.onOpen] a point was tapped
 */
export function Chart({ times, values, curves, axes, height, marks = [], label, shared = "", hasTimes = true, hasLabels = true, onPoint, onOpen }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const chart = useRef(/** @type {uPlot | null} */ (null));
  const latest = useRef({ marks, onPoint });
  latest.current = { marks, onPoint };
  const table = /** @type {uPlot.AlignedData} */ (/** @type {unknown} */ ([times, ...values]));
  const tableRef = useRef(table);
  tableRef.current = table;

  useEffect(() => {
    const place = box.current;
    if (place === null) return undefined;
    const draw = () => {
      chart.current?.destroy();
      chart.current = new uPlot(options(place, { curves, axes, height, shared, hasTimes, hasLabels, latest }), tableRef.current, place);
    };
    draw();
    const sizes = new ResizeObserver(() => chart.current?.setSize({ width: place.clientWidth, height }));
    sizes.observe(place);
    const theme = matchMedia("(prefers-color-scheme: dark)");
    theme.addEventListener("change", draw);
    return () => {
      theme.removeEventListener("change", draw);
      sizes.disconnect();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [curves, axes, height, shared, hasTimes, hasLabels]);

  useEffect(() => {
    chart.current?.setData(table);
  }, [times, values]);

  return html`<div class="chart" ref=${box} role="img" aria-label=${label} onClick=${() => {
    const index = chart.current?.cursor.idx ?? null;
    if (index !== null) onOpen?.(index);
  }}></div>`;
}

/**
 * @param {HTMLElement} place
 * @param {{curves: readonly Curve[], axes: readonly Axis[], height: number, shared: string, hasTimes: boolean, hasLabels: boolean,
 *   latest: {current: {marks: readonly ChartMark[], onPoint: ((index: number | null) => void) | undefined}}}} wish
 * @returns {uPlot.Options}
 */
function options(place, { curves, axes, height, shared, hasTimes, hasLabels, latest }) {
  const ink = colourOf("--ink-faint");
  const line = colourOf("--line");
  const font = `12px ${colourOf("--font-number")}`;
  return {
    width: place.clientWidth || 320,
    height,
    legend: { show: false },
    padding: [8, 8, 0, 0],
    cursor: {
      ...{ y: false, drag: { x: false, y: false }, points: { show: curves.every((curve) => !curve.bars) } },
      ...(shared === "" ? {} : { sync: { key: shared } }),
    },
    scales: Object.fromEntries([["x", { time: true }], ...axes.map((axis) => [axis.scale, { range: { min: { hard: 0, pad: 0, soft: 0, mode: 1 }, max: { pad: 0.1, soft: 4, mode: 2 } } }])]),
    axes: [
      { stroke: ink, font, grid: { show: false }, ticks: { stroke: line }, space: 64, ...(hasTimes ? { values: timeWords } : { values: () => [], size: 8 }) },
      ...axes.map((axis, index) => ({
        scale: axis.scale,
        side: axis.side,
        size: AXIS_WIDTH,
        stroke: ink,
        font,
        ticks: { show: false },
        grid: { show: index === 0, stroke: line, width: 1 },
        /** @type {uPlot.Axis.DynamicValues} */
        values: (_, ticks) => ticks.map((value) => (Number.isInteger(value) ? (axis.format ?? shortNumber)(value) : "")),
      })),
    ],
    series: [{}, ...curves.map((curve) => seriesOf(curve))],
    hooks: {
      draw: [(plot) => drawMarks(plot, latest.current.marks, ink, hasLabels)],
      setCursor: [(plot) => latest.current.onPoint?.(plot.cursor.idx ?? null)],
    },
  };
}

/**
 * @type {uPlot.Axis.DynamicValues}
 */
function timeWords(_plot, ticks, _axis, _space, seconds) {
  return ticks.map((second) => (seconds < DAY_SECONDS ? timeOfDay(second * 1000) : day(second * 1000).slice(0, "28/11".length)));
}

/**
 * @param {Curve} curve
 * @returns {uPlot.Series}
 */
function seriesOf(curve) {
  const colour = colourOf(curve.colour);
  const format = curve.format ?? number;
  return {
    label: curve.label,
    scale: curve.scale,
    stroke: colour,
    width: curve.bars ? 0 : 2,
    points: { show: false },
    value: (_, value) => (value === null || value === undefined ? "–" : format(value)),
    ...(curve.bars && uPlot.paths.bars ? { fill: colour, paths: uPlot.paths.bars({ size: [0.7, 24], align: 1 }) } : {}),
  };
}

/**
 * @param {uPlot} plot
 * @param {readonly ChartMark[]} marks
 * @param {string} ink
 * @param {boolean} hasLabels
 */
function drawMarks(plot, marks, ink, hasLabels) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  ctx.font = `${LABEL_PIXELS * devicePixelRatio}px sans-serif`;
  const most = Math.floor(bbox.height / (LABEL_PIXELS * devicePixelRatio * 0.6));
  let labelledTo = Number.NEGATIVE_INFINITY;
  for (const mark of marks) {
    const x = Math.round(plot.valToPos(mark.at, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = colourOf(mark.colour) || ink;
    ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    // Where marks stand close together the list below the chart names them.
    if (!hasLabels || x - labelledTo < LABEL_PIXELS * devicePixelRatio * 1.4) continue;
    labelledTo = x;
    ctx.save();
    ctx.translate(x + LABEL_PIXELS * devicePixelRatio, bbox.top + bbox.height - 4 * devicePixelRatio);
    ctx.rotate(-Math.PI / 2);
    ctx.fillStyle = ink;
    ctx.fillText(mark.label.length > most ? `${mark.label.slice(0, most - 1)}…` : mark.label, 0, 0);
    ctx.restore();
  }
  ctx.restore();
}

/** The names of the curves with their colours. @param {{curves: readonly Curve[], values?: readonly (string | null)[]}} props */
export function Legend({ curves, values = [] }) {
  return html`<ul class="legend" role="list">
    ${curves.map(
      (curve, index) => html`<li>
        <span class=${`legend-mark legend-${curve.colour.replace("--", "")}`}></span>${curve.label}${values[index] ? html`<strong class="number">${" "}${values[index]}</strong>` : null}
      </li>`,
    )}
  </ul>`;
}
