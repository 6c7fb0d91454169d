// The packing table: a label opens its box, every product's code or tap counts one unit, and what is wrong is seen and heard.

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { money, number } from "./format.js";
import { command, get } from "./http.js";
import { failureWords, say } from "./page.js";
import { Handling } from "./parcels_handling.js";
import { LABEL, ScanField } from "./parcels_scan.js";
import { sound } from "./parcels_sound.js";
import { receiverWords, weightWords } from "./parcels_words.js";

/**
 * @typedef {import("./parcels_types.js").ParcelLineView} ParcelLineView
 * @typedef {import("./parcels_types.js").ParcelView} ParcelView
 */

/** @param {{code: string, mayMake: boolean, onStep: () => Promise<void>}} props */
export function PackingTable({ code, mayMake, onStep }) {
  const [parcel, setParcel] = useState(/** @type {ParcelView | null} */ (null));
  const [problem, setProblem] = useState("");
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const current = useRef(/** @type {ParcelView | null} */ (null));
  // One scan after the other, in the order in which they were made: the next product may only be judged once its box is open.
  const turn = useRef(Promise.resolve());
  /** @param {import("./http.js").Answer<ParcelView>} answer */
  const show = (answer) => {
    setProblem(answer.ok ? "" : wrongWords(answer.failure));
    if (!answer.ok) return sound("wrong");
    const was = current.current;
    current.current = answer.value;
    setParcel(answer.value);
    sound(answer.value.state === "packed" && was?.state === "open" && was.parcel_id === answer.value.parcel_id ? "done" : "good");
    void onStep();
  };
  /** @param {string} text */
  const read = async (text) => {
    const box = current.current;
    if (box === null || LABEL.test(text)) return show(await get(`/api/v1/parcels/by-code/${encodeURIComponent(text)}`));
    return show(await command("POST", `/api/v1/parcels/${box.parcel_id}/scans`, { code: text }));
  };
  /** @param {string} text */
  const scanned = (text) => {
    turn.current = turn.current.then(() => read(text));
  };
  /** @param {ParcelLineView} line @param {boolean} take_out */
  const tapped = (line, take_out) => {
    turn.current = turn.current.then(async () => {
      const box = current.current;
      if (box !== null) show(await command("POST", `/api/v1/parcels/${box.parcel_id}/scans`, { product_id: line.product_id, take_out }));
    });
  };
  useEffect(() => {
    if (code !== "") scanned(code);
    input.current?.focus();
  }, [code]);
  const close = () => {
    current.current = null;
    setParcel(null);
    setProblem("");
    input.current?.focus();
  };
  return html`<section class="card card-roomy stack" aria-labelledby="pack">
    <h2 class="heading-20" id="pack">${say("parcels.view_pack")}</h2>
    <${ScanField} label=${say(parcel === null ? "parcels.scan_box" : "parcels.scan_goods")} input=${input} onCode=${scanned} onFailed=${setProblem} />
    ${problem !== "" && html`<p class="notice notice-danger parcels-wrong" role="alert"><span>${problem}</span></p>`}
    ${parcel === null && problem === "" && html`<p class="soft">${say("parcels.scan_how")}</p>`}
    ${parcel !== null && html`<${Box} parcel=${parcel} onTap=${tapped} onClose=${close} />
      <${Handling} key=${parcel.parcel_id} parcel=${parcel} mayMake=${mayMake} onDone=${show} onGone=${() => (close(), void onStep())} />`}
  </section>`;
}

/** The name of what does not belong in stands first. @param {import("./http.js").Failure} failure */
function wrongWords(failure) {
  const name = failure.details?.["product"];
  return `${typeof name === "string" && name !== "" ? `${name}: ` : ""}${failureWords(failure)}`;
}

/** @param {{parcel: ParcelView, onTap: (line: ParcelLineView, takeOut: boolean) => void, onClose: () => void}} props */
function Box({ parcel, onTap, onClose }) {
  const isOpen = parcel.state === "open";
  return html`<div class="stack stack-tight parcels-box">
    <p class="row row-between"><strong class="parcels-code">${parcel.code}</strong><button class="button button-quiet" type="button" onClick=${onClose}>${say("parcels.next_box")}</button></p>
    <p class="small soft">${say("parcels.orders", { codes: parcel.order_codes.join(", ") })} · ${receiverWords(parcel.receiver)}</p>
    <p class="small">${weightWords(parcel.weight_grams)} · ${parcel.cod_vnd > 0 ? say("parcels.cod", { amount: money(parcel.cod_vnd) }) : say("parcels.no_cod")}</p>
    ${parcel.looks_at !== null && html`<p class="notice notice-warning"><span>${say(`parcels.looks_${parcel.looks_at}`)}</span></p>`}
    ${parcel.receivers_differ && html`<p class="notice notice-warning"><span>${say("parcels.receivers_differ")}</span></p>`}
    <p class=${parcel.state === "packed" ? "notice notice-good" : "parcels-progress"} role="status"><strong>${parcel.state === "open" ? say("parcels.progress", { packed: number(parcel.packed_units), units: number(parcel.units) }) : say(`parcels.state_${parcel.state}`)}</strong></p>
    <ul class="parcels-rows" role="list">
      ${parcel.lines.map((line) => {
        const isFull = line.packed >= line.quantity;
        return html`<li key=${`${line.order_id}-${line.sold_by}`} class=${isFull ? "parcels-row parcels-line is-full" : "parcels-row parcels-line"}>
          <strong class="number parcels-count">${number(line.packed)}/${number(line.quantity)}</strong>
          <span class="grow">${line.product_name} <span class="small soft">(${line.unit}) · ${line.product_code}</span></span>
          ${isOpen && html`<span class="row parcels-taps">
            <button class="button button-secondary" type="button" disabled=${line.packed === 0} aria-label=${say("parcels.take_out", { product: line.product_name })} onClick=${() => onTap(line, true)}>−</button>
            <button class="button button-secondary" type="button" disabled=${isFull} aria-label=${say("parcels.put_in", { product: line.product_name })} onClick=${() => onTap(line, false)}>+</button>
          </span>`}
        </li>`;
      })}
    </ul>
  </div>`;
}
