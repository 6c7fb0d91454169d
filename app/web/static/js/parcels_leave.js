// Parcels leave: one scan after the other, or many that were chosen, looked at before; taken back within a minute.

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { number } from "./format.js";
import { Choice, Field } from "./goods_parts.js";
import { command, get, send } from "./http.js";
import { recall, remember } from "./memory.js";
import { failureWords, say } from "./page.js";
import { LABEL, ScanField } from "./parcels_scan.js";
import { sound } from "./parcels_sound.js";

/**
 * @typedef {import("./parcels_types.js").HandedOver} HandedOver
 * @typedef {import("./parcels_types.js").HandOversUndone} HandOversUndone
 * @typedef {import("./parcels_types.js").ParcelView} ParcelView
 * @typedef {{code: string, mark: string | null, until: number}} Gone
 */

const API = "/api/v1/parcel-handovers";
const OTHER = "other";
const CARRIERS = ["vnpost", "viettel_post", "ghn", "ghtk", "jt", "own", OTHER];
const REMEMBERED = "ocop.parcels_carrier";
const SHOWN_MOST = 50;

/** Which carrier; this browser remembers it. @returns {{carrier: string | null, field: unknown}} */
function useCarrier() {
  const [chosen, setChosen] = useState(() => recall(REMEMBERED, { code: CARRIERS[0] ?? OTHER, name: "" }));
  /** @param {{code?: string, name?: string}} more */
  const set = (more) => {
    setChosen({ ...chosen, ...more });
    remember(REMEMBERED, { ...chosen, ...more });
  };
  const options = CARRIERS.map((code) => /** @type {const} */ ([code, say(`parcels.carrier_${code}`)]));
  const name = chosen.name.trim();
  return {
    carrier: chosen.code !== OTHER ? chosen.code : name === "" ? null : name,
    field: html`<${Choice} id="carrier" label=${say("parcels.carrier")} value=${chosen.code} options=${options} onChange=${(/** @type {string} */ code) => set({ code })} />
      ${chosen.code === OTHER && html`<${Field} id="carrier-name" label=${say("parcels.carrier_name")} value=${chosen.name} most=${40} onInput=${(/** @type {string} */ text) => set({ name: text })} />`}`,
  };
}

/** Shown as long as it can be taken back. @param {{until: number, onUndo: () => void}} props */
function Undo({ until, onUndo }) {
  const [isOver, setIsOver] = useState(() => Date.now() >= until);
  useEffect(() => {
    const timer = setTimeout(() => setIsOver(true), Math.max(0, until - Date.now()));
    return () => clearTimeout(timer);
  }, [until]);
  return isOver ? null : html`<button class="button button-quiet" type="button" onClick=${onUndo}>${say("parcels.undo")}</button>`;
}

/** @param {string} mark @returns {Promise<string>} what went wrong */
async function undo(mark) {
  /** @type {import("./http.js").Answer<HandOversUndone>} */
  const answer = await command("POST", `${API}/${mark}/undo`);
  return answer.ok ? "" : failureWords(answer.failure);
}

/** Scan to hand over. @param {{onStep: () => Promise<void>}} props */
export function LeavingTable({ onStep }) {
  const { carrier, field } = useCarrier();
  const [gone, setGone] = useState(/** @type {readonly Gone[]} */ ([]));
  const [problem, setProblem] = useState("");
  const [asksCode, setAsksCode] = useState(false);
  const [label, setLabel] = useState("");
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  // One scan after the other: the carrier's code belongs to the label before it.
  const turn = useRef(Promise.resolve());
  const now = useRef({ label: "", asksCode: false, carrier: /** @type {string | null} */ (null) });
  now.current = { ...now.current, asksCode, carrier };
  useEffect(() => input.current?.focus(), []);
  /** @param {string} text */
  const waitForCode = (text) => {
    now.current.label = text;
    setLabel(text);
  };
  /** @param {string} words */
  const wrong = (words) => {
    setProblem(words);
    sound("wrong");
  };
  /** @param {string} code @param {string | null} tracking_code */
  const leaves = async (code, tracking_code) => {
    /** @type {import("./http.js").Answer<HandedOver>} */
    const answer = await command("POST", `${API}/scans`, { code, carrier: now.current.carrier, tracking_code });
    if (!answer.ok) return wrong(`${code}: ${failureWords(answer.failure)}`);
    const { parcels, mark, until_ms } = answer.value;
    waitForCode("");
    setProblem("");
    setGone((before) => [{ code: parcels[0]?.code ?? code, mark, until: until_ms ?? 0 }, ...before]);
    sound("done");
    void onStep();
  };
  /** @param {string} text */
  const read = async (text) => {
    const isLabel = LABEL.test(text);
    if (now.current.label !== "" && !isLabel) return leaves(now.current.label, text);
    if (!now.current.asksCode) return leaves(text, null);
    /** @type {import("./http.js").Answer<ParcelView>} */
    const found = await get(`/api/v1/parcels/by-code/${encodeURIComponent(text)}`);
    if (!found.ok) return wrong(`${text}: ${failureWords(found.failure)}`);
    if (found.value.state !== "packed") return wrong(`${found.value.code}: ${say("error.parcel_state_unfit")}`);
    setProblem("");
    waitForCode(found.value.code);
    sound("good");
  };
  /** @param {Gone} each */
  const takeBack = async ({ code, mark }) => {
    const words = mark === null ? "" : await undo(mark);
    setProblem(words === "" ? "" : `${code}: ${words}`);
    if (words === "") setGone((before) => before.filter((other) => other.mark !== mark));
    input.current?.focus();
    void onStep();
  };
  return html`<section class="card card-roomy stack" aria-labelledby="leave">
    <h2 class="heading-20" id="leave">${say("parcels.view_leave")}</h2>
    <div class="parcels-carrier">${field}</div>
    <${ScanField} label=${label === "" ? say("parcels.leave_scan") : say("parcels.leave_scan_code", { code: label })} input=${input} onCode=${(/** @type {string} */ text) => (turn.current = turn.current.then(() => read(text)))} onFailed=${setProblem} />
    ${problem !== "" && html`<p class="notice notice-danger parcels-wrong" role="alert"><span>${problem}</span></p>`}
    ${label !== "" && html`<p class="row"><button class="button button-quiet" type="button" onClick=${() => (turn.current = turn.current.then(() => leaves(label, null)))}>${say("parcels.leave_without_code")}</button></p>`}
    <label class="product-option"><input type="checkbox" checked=${asksCode} onChange=${() => (setAsksCode(!asksCode), waitForCode(""), input.current?.focus())} /><span>${say("parcels.leave_with_code")}</span></label>
    ${gone.length > 0 && html`<p role="status"><strong>${say("parcels.leave_count", { count: number(gone.length) })}</strong></p>`}
    <ul class="parcels-rows" role="list">${gone.slice(0, SHOWN_MOST).map(
      (each) => html`<li key=${each.mark} class="parcels-row parcels-line"><strong class="grow">${each.code}</strong><${Undo} until=${each.until} onUndo=${() => void takeBack(each)} /></li>`,
    )}</ul>
    <p class="small soft">${say("parcels.leave_how")}</p>
  </section>`;
}

/** Many at once. @param {{ids: readonly string[], onDone: () => Promise<void>}} props */
export function LeavingMany({ ids, onDone }) {
  const { carrier, field } = useCarrier();
  const [look, setLook] = useState(/** @type {HandedOver | null} */ (null));
  const [done, setDone] = useState(/** @type {HandedOver | null} */ (null));
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const wanted = { parcel_ids: ids, carrier };
  const next = useRef(/** @type {HTMLElement | null} */ (null));
  // A button that waits for its answer loses the focus: whoever works by keys goes on with what the answer brings.
  useEffect(() => next.current?.focus(), [look, done]);
  const chosen = ids.join();
  useEffect(() => setLook(null), [chosen]);
  /** @param {import("./http.js").Answer<HandedOver>} answer @param {(value: HandedOver | null) => void} show */
  const told = (answer, show) => {
    setIsBusy(false);
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    show(answer.ok ? answer.value : null);
  };
  const preview = async () => {
    setIsBusy(true);
    setDone(null);
    told(await send("POST", `${API}/preview`, wanted), setLook);
  };
  const run = async () => {
    setIsBusy(true);
    told(await command("POST", API, wanted), setDone);
    setLook(null);
    await onDone();
  };
  const takeBack = async () => {
    const words = done?.mark ? await undo(done.mark) : "";
    setProblem(words);
    if (words === "") setDone(null);
    await onDone();
  };
  const unfit = (look ?? done)?.parcels.filter((each) => each.problem !== null) ?? [];
  return html`<details class="parcels-picks"><summary>${say("parcels.leave_many")}</summary>
    <div class="stack stack-tight">
      <div class="parcels-carrier">${field}</div>
      <p class="row"><button class="button button-secondary" type="button" disabled=${ids.length === 0 || isBusy} onClick=${preview}>${say("parcels.leave_look", { count: number(ids.length) })}</button>
        ${look !== null && html`<button ref=${next} class="button button-primary" type="button" disabled=${look.fits === 0 || isBusy} onClick=${run}>${say("parcels.leave_run", { count: number(look.fits) })}</button>`}</p>
      ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
      ${done !== null && html`<p ref=${next} tabindex="-1" class="notice notice-good row row-between" role="status"><span class="grow">${say("parcels.leave_count", { count: number(done.fits) })}</span><${Undo} until=${done.until_ms ?? 0} onUndo=${() => void takeBack()} /></p>`}
      ${unfit.length > 0 && html`<ul class="parcels-rows" role="list" aria-label=${say("parcels.leave_unfit")}>${unfit.map(
        (each) => html`<li key=${each.parcel_id} class="parcels-row parcels-line"><strong>${each.code}</strong><span class="grow">${say(`parcels.leave_${each.problem}`)}</span></li>`,
      )}</ul>`}
    </div>
  </details>`;
}
