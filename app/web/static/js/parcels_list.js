// Boxes of one state: chosen, printed, opened; and what to fetch for them.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { dateTime, money, number } from "./format.js";
import { command, get, send } from "./http.js";
import { failureWords, say } from "./page.js";
import { LeavingMany } from "./parcels_leave.js";
import { Papers } from "./parcels_papers.js";
import { receiverWords, weightWords } from "./parcels_words.js";

/**
 * @typedef {import("./parcels_types.js").ParcelPage} ParcelPage
 * @typedef {import("./parcels_types.js").ParcelRow} ParcelRow
 * @typedef {import("./parcels_types.js").PickList} PickList
 */

/** @param {{state: "open" | "packed" | "looks" | "handed_over", mayPrint: boolean, mayMake: boolean, maySend: boolean, onStep: () => Promise<void>}} props */
export function ParcelList({ state, mayPrint, mayMake, maySend, onStep }) {
  const [parcels, setParcels] = useState(/** @type {readonly ParcelRow[] | null} */ (null));
  const [cursor, setCursor] = useState(/** @type {string | null} */ (null));
  const [chosen, setChosen] = useState(/** @type {ReadonlySet<string>} */ (new Set()));
  const [problem, setProblem] = useState("");
  const [merged, setMerged] = useState("");
  /** @param {string | null} after */
  const load = async (after) => {
    /** @type {import("./http.js").Answer<ParcelPage>} */
    const answer = await get(`/api/v1/parcels?state=${state}${after === null ? "" : `&cursor=${encodeURIComponent(after)}`}`);
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (!answer.ok) return;
    setParcels([...(after === null ? [] : (parcels ?? [])), ...answer.value.parcels]);
    setCursor(answer.value.next_cursor);
  };
  useEffect(() => void load(null), []);
  /** @param {ParcelRow} parcel */
  const looked = async (parcel) => {
    const answer = await command("POST", `/api/v1/parcels/${parcel.parcel_id}/looked-at`);
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    await Promise.all([load(null), onStep()]);
  };
  /** @param {string} id */
  const toggle = (id) => setChosen(new Set(chosen.has(id) ? [...chosen].filter((each) => each !== id) : [...chosen, id]));
  /** Empty the other chosen boxes into the first; the first that does not fit says why, and is left as it is. */
  const merge = async () => {
    const [into, ...others] = parcels?.filter((each) => chosen.has(each.parcel_id)) ?? [];
    let words = "";
    for (const other of others) {
      if (words !== "") break;
      const answer = await command("POST", `/api/v1/parcels/${into?.parcel_id}/merged`, { parcel_id: other.parcel_id });
      if (!answer.ok) words = `${into?.code} + ${other.code}: ${failureWords(answer.failure)}`;
    }
    setMerged(words === "" && into !== undefined ? into.code : "");
    if (words === "") setChosen(new Set());
    await Promise.all([load(null), onStep()]);
    setProblem(words);
  };
  const again = async () => {
    setChosen(new Set());
    await Promise.all([load(null), onStep()]);
  };
  const isPacking = state === "open" || state === "packed";
  const all = isPacking ? { state } : { parcel_ids: parcels?.map((each) => each.parcel_id) ?? [] };
  return html`<section class="card card-roomy stack" aria-labelledby="list">
    <h2 class="heading-20" id="list">${say(`parcels.view_${state}`)}</h2>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    ${parcels === null && html`<p class="soft">${say("app.loading")}</p>`}
    ${parcels !== null && parcels.length === 0 && html`<p class="soft">${say("parcels.none")}</p>`}
    ${parcels !== null && parcels.length > 0 && html`<div class="stack stack-tight">
      <p class="small" role="status">${chosen.size === 0 ? say("parcels.for_all") : say("parcels.for_chosen", { count: number(chosen.size) })}</p>
      <${Papers} printed=${chosen.size === 0 ? all : { parcel_ids: [...chosen] }} mayPrint=${mayPrint} />
    </div>`}
    ${parcels !== null && parcels.length > 1 && isPacking && html`<p class="row"><button class="button button-quiet" type="button" onClick=${() => setChosen(chosen.size === 0 ? new Set(parcels.map((each) => each.parcel_id)) : new Set())}>${say(chosen.size === 0 ? "parcels.choose_all" : "parcels.choose_none")}</button>
      ${state === "open" && mayMake && chosen.size > 1 && html`<button class="button button-secondary" type="button" onClick=${() => void merge()}>${say("parcels.merge_chosen", { count: number(chosen.size) })}</button>`}</p>`}
    ${merged !== "" && html`<p class="notice notice-good" role="status"><span>${say("parcels.merged", { code: merged })}</span></p>`}
    ${state === "packed" && maySend && parcels !== null && html`<${LeavingMany} ids=${[...chosen]} onDone=${again} />`}
    ${state === "open" && parcels !== null && parcels.length > 0 && html`<${Picks} />`}
    <ul class="parcels-rows" role="list">
      ${parcels?.map((parcel) => html`<${Row} key=${parcel.parcel_id} parcel=${parcel} isChosen=${chosen.has(parcel.parcel_id)} onToggle=${() => toggle(parcel.parcel_id)} onLooked=${() => void looked(parcel)} />`)}
    </ul>
    ${cursor !== null && html`<button class="button button-secondary" type="button" onClick=${() => void load(cursor)}>${say("parcels.older")}</button>`}
  </section>`;
}

/** @param {{parcel: ParcelRow, isChosen: boolean, onToggle: () => void, onLooked: () => void}} props */
function Row({ parcel, isChosen, onToggle, onLooked }) {
  return html`<li class="parcels-row">
    <label class="parcels-tick"><input type="checkbox" checked=${isChosen} onChange=${onToggle} /><span class="visually-hidden">${say("parcels.choose", { code: parcel.code })}</span></label>
    <div class="stack stack-tight grow">
      <p class="row row-between"><a href=${`#pack/${encodeURIComponent(parcel.code)}`}><strong>${parcel.code}</strong></a><span class="number">${say("parcels.units", { packed: number(parcel.packed_units), units: number(parcel.units) })}</span></p>
      ${parcel.looks_at !== null && html`<p class="row row-between"><span class="badge badge-loss">${say(`parcels.looks_${parcel.looks_at}`)}</span><button class="button button-quiet" type="button" onClick=${onLooked}>${say("parcels.looked")}</button></p>`}
      <p class="small soft">${parcel.producer_name !== null && html`${parcel.producer_name} · `}${say("parcels.orders", { codes: parcel.order_codes.join(", ") })}</p>
      <p class="small">${receiverWords(parcel.receiver)}</p>
      <p class="small">${weightWords(parcel.weight_grams)} · ${parcel.cod_vnd > 0 ? say("parcels.cod", { amount: money(parcel.cod_vnd) }) : say("parcels.no_cod")}${parcel.tracking_code !== null && html` · ${parcel.tracking_code}`} · ${dateTime(parcel.handed_over_at_ms ?? parcel.packed_at_ms ?? parcel.made_at_ms)}</p>
    </div>
  </li>`;
}

/** What to fetch for all open boxes, by producer. */
function Picks() {
  const [picks, setPicks] = useState(/** @type {PickList | null} */ (null));
  /** @param {Event} event */
  const opened = async (event) => {
    if (!(event.currentTarget instanceof HTMLDetailsElement) || !event.currentTarget.open) return;
    /** @type {import("./http.js").Answer<PickList>} */
    const answer = await send("POST", "/api/v1/parcels/picks", { state: "open" });
    if (answer.ok) setPicks(answer.value);
  };
  return html`<details class="parcels-picks" onToggle=${opened}>
    <summary>${say("parcels.picks")}</summary>
    ${picks?.producers.map(
      (each) => html`<div key=${each.producer_id} class="stack stack-tight"><h3>${each.producer_name}</h3>
        <ul role="list">${each.products.map((product) => html`<li key=${product.product_id} class="row parcels-pick"><strong class="number parcels-count">${number(product.quantity)}</strong><span class="grow">${product.product_name} <span class="small soft">(${product.unit}) · ${product.product_code}</span></span></li>`)}</ul></div>`,
    )}
    ${picks?.producers.length === 0 && html`<p class="soft">${say("parcels.picks_none")}</p>`}
  </details>`;
}
