// What goes to carriers: parcels are ticked, looked at in the carrier's columns with receivers masked, then made a file or given to its API.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { dateTime, money, number } from "./format.js";
import { Choice } from "./goods_parts.js";
import { fileOf, get, send } from "./http.js";
import { failureWords, say } from "./page.js";

/**
 * @typedef {import("./carriers_types.js").Mapping} Mapping
 * @typedef {import("./carriers_types.js").SendableParcel} SendableParcel
 * @typedef {import("./carriers_types.js").CarrierFilePreview} CarrierFilePreview
 * @typedef {import("./carriers_types.js").CarrierAnswer} CarrierAnswer
 * @typedef {import("./carriers_types.js").MadeFile} MadeFile
 */

const API_AT_ONCE = 20;
const API = "/api/v1/carrier-accounts/ghtk";
const GONE = "handed_over";

/** @param {{mappings: readonly Mapping[], mayPrint: boolean}} props */
export function Sending({ mappings, mayPrint }) {
  const columns = mappings.filter(({ content }) => content.kind === "file");
  const [parcels, setParcels] = useState(/** @type {readonly SendableParcel[] | null} */ (null));
  const [ticked, setTicked] = useState(/** @type {ReadonlySet<string>} */ (new Set()));
  const [mapping, setMapping] = useState(columns[0]?.mapping_id ?? "");
  const [preview, setPreview] = useState(/** @type {CarrierFilePreview | null} */ (null));
  const [answers, setAnswers] = useState(/** @type {readonly CarrierAnswer[]} */ ([]));
  const [problem, setProblem] = useState("");
  const [done, setDone] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const load = async () => {
    /** @type {import("./http.js").Answer<{items: SendableParcel[]}>} */
    const answer = await get("/api/v1/carrier-parcels");
    if (!answer.ok) return setProblem(failureWords(answer.failure));
    setParcels(answer.value.items);
    setTicked(new Set(answer.value.items.filter(({ state }) => state === "packed").map(({ parcel_id: id }) => id)));
  };
  useEffect(() => void load(), []);
  const wanted = () => ({ mapping_id: mapping, parcel_ids: [...ticked] });
  /** @param {() => Promise<string>} work words of a failure, or none */
  const busy = async (work) => {
    if (isBusy) return;
    setIsBusy(true);
    setDone("");
    setProblem(await work());
    setIsBusy(false);
  };
  const look = () =>
    busy(async () => {
      /** @type {import("./http.js").Answer<CarrierFilePreview>} */
      const answer = await send("POST", "/api/v1/carrier-files/preview", wanted());
      setPreview(answer.ok ? answer.value : null);
      return answer.ok ? "" : failureWords(answer.failure);
    });
  /** @param {"xlsx" | "csv"} form */
  const make = (form) =>
    busy(async () => {
      const answer = await fileOf("/api/v1/carrier-files", { ...wanted(), form });
      if (!answer.ok) return failureWords(answer.failure);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(answer.value.content);
      link.download = answer.value.name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
      setDone(say("carriers.file_made", { name: answer.value.name }));
      return "";
    });
  /** @param {"prices" | "orders" | "checks" | "cancellations"} deed */
  const ask = (deed) =>
    busy(async () => {
      /** @type {import("./http.js").Answer<{items: CarrierAnswer[]}>} */
      const answer = await send("POST", `${API}/${deed}`, { parcel_ids: [...ticked].slice(0, API_AT_ONCE) });
      if (!answer.ok) return failureWords(answer.failure);
      setAnswers(answer.value.items);
      /** @type {import("./http.js").Answer<{items: SendableParcel[]}>} */
      const again = deed === "prices" ? await Promise.resolve(/** @type {never} */ ({ ok: false })) : await get("/api/v1/carrier-parcels");
      if (again.ok) setParcels(again.value.items);
      return "";
    });
  /** @param {string} id */
  const tick = (id) => {
    const next = new Set(ticked);
    if (!next.delete(id)) next.add(id);
    setTicked(next);
    setPreview(null);
  };
  // Many parcels stand below: the way to the file is above them, and goes on where the answer is.
  useEffect(() => {
    if (preview !== null) document.getElementById("carrier-preview")?.focus();
  }, [preview]);
  if (parcels === null) return html`<p class="soft" role="status">${problem || say("app.loading")}</p>`;
  const none = ticked.size === 0 || isBusy;
  return html`<section class="card card-roomy stack" aria-labelledby="send">
      <h2 id="send">${say("carriers.send")}</h2>
      <p class="small soft">${say("carriers.send_lead")} <a href="/organiser/parcels">${say("carriers.to_parcels")}</a></p>
      ${parcels.length === 0 && html`<p class="notice">${say("carriers.no_parcels")}</p>`}
      <div class="carriers-make">
        <${Choice} id="mapping" label=${say("carriers.columns_for")} value=${mapping} options=${columns.map(({ mapping_id: id, name }) => /** @type {const} */ ([id, name]))}
          onChange=${(/** @type {string} */ id) => {
            setMapping(id);
            setPreview(null);
          }} />
        <button class="button button-primary" type="button" disabled=${none} onClick=${look}>${say("carriers.look", { count: number(ticked.size) })}</button>
      </div>
      ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
      ${done !== "" && html`<p class="notice notice-good" role="status">${done}</p>`}
      ${preview !== null && html`<${Preview} preview=${preview} />`}
      ${preview !== null &&
      mayPrint &&
      html`<p class="small soft">${say("carriers.written_down")}</p><div class="row">
        <button class="button button-primary" type="button" disabled=${isBusy || preview.fitting === 0} onClick=${() => make("xlsx")}>${say("carriers.make_xlsx", { count: number(preview.fitting) })}</button>
        <button class="button button-secondary" type="button" disabled=${isBusy || preview.fitting === 0} onClick=${() => make("csv")}>${say("carriers.make_csv")}</button></div>`}
      ${parcels.length > 0 && html`<${ParcelList} parcels=${parcels} ticked=${ticked} onTick=${tick} />`}
      <details><summary>${say("carriers.by_api")}</summary>
        <p class="small soft">${say("carriers.by_api_lead", { most: API_AT_ONCE })}</p>
        <div class="row">
          <button class="button button-secondary" type="button" disabled=${none} onClick=${() => ask("prices")}>${say("carriers.api_prices")}</button>
          ${mayPrint && html`<button class="button button-primary" type="button" disabled=${none} onClick=${() => ask("orders")}>${say("carriers.api_orders")}</button>`}
          <button class="button button-secondary" type="button" disabled=${none} onClick=${() => ask("checks")}>${say("carriers.api_checks")}</button>
          <button class="button button-quiet" type="button" disabled=${none} onClick=${() => ask("cancellations")}>${say("carriers.api_cancellations")}</button>
        </div>
        ${answers.length > 0 && html`<ul class="payments-rows" role="list">${answers.map((each) => html`<${Answered} key=${each.parcel_id} answer=${each} />`)}</ul>`}
      </details>
    </section>
    <${Made} key=${done} />`;
}

/** @param {{parcels: readonly SendableParcel[], ticked: ReadonlySet<string>, onTick: (id: string) => void}} props */
function ParcelList({ parcels, ticked, onTick }) {
  return html`<ul class="payments-rows" role="list" aria-label=${say("carriers.send")}>${parcels.map(
    (each) => html`<li key=${each.parcel_id} class="payments-row">
      <label class="row grow carriers-parcel"><input type="checkbox" checked=${ticked.has(each.parcel_id)} onChange=${() => onTick(each.parcel_id)} />
        <span class="grow payments-words"><strong>${each.code}</strong> <span class="small">${each.receiver}</span><br /><span class="small soft">${each.place}</span>
          ${each.tracking_code !== null && html`<br /><span class="small number">${each.tracking_code}</span>`}</span></label>
      <span class="payments-sum"><span class="number">${money(each.cod_vnd)}</span><span class="small soft number">${say("carriers.grams", { weight: number(each.weight_grams) })}</span>
        <span class=${each.state === GONE ? "badge badge-good" : "badge"}>${each.tracking_state === null ? say(`carriers.parcel_${each.state}`) : say(`carriers.state_${each.tracking_state}`)}</span></span>
    </li>`,
  )}</ul>`;
}

/** @param {{preview: CarrierFilePreview}} props */
function Preview({ preview }) {
  return html`<div class="stack stack-tight" id="carrier-preview" tabindex="-1">
    <p role="status">${say("carriers.fitting", { count: number(preview.fitting) })}</p>
    ${preview.unfit.length > 0 &&
    html`<ul class="payments-rows" role="list" aria-label=${say("carriers.unfit")}>${preview.unfit.map(
      (each) => html`<li key=${each.parcel_id} class="payments-row"><strong>${each.code}</strong><span class="grow">${each.problems.map((name) => say(`carriers.unfit_${name}`)).join(" ")}</span>
        <span class=${each.stays_out ? "badge badge-loss" : "badge"}>${say(each.stays_out ? "carriers.stays_out" : "carriers.only_said")}</span></li>`,
    )}</ul>`}
    ${preview.rows.length > 0 &&
    html`<div class="carriers-table" tabindex="0" role="region" aria-label=${say("carriers.first_rows")}><table><thead><tr>${preview.heads.map((head, place) => html`<th key=${place} scope="col">${head}</th>`)}</tr></thead>
      <tbody>${preview.rows.map((row, line) => html`<tr key=${line}>${row.map((cell, place) => html`<td key=${place} class=${typeof cell === "number" ? "number" : ""}>${cell}</td>`)}</tr>`)}</tbody></table></div>`}
  </div>`;
}

/** @param {{answer: CarrierAnswer}} props */
function Answered({ answer }) {
  const { state, problems, words, fee_vnd: fee, tracking_code: label } = answer;
  return html`<li class="payments-row"><strong>${answer.code}</strong>
    <span class="grow payments-words">${label ?? ""} ${words} ${problems.map((name) => say(`carriers.unfit_${name}`)).join(" ")}</span>
    <span class="payments-sum">${fee !== null && html`<span class="number">${money(fee)}</span>`}<span class=${state === "taken" || state === "priced" ? "badge badge-good" : "badge badge-loss"}>${say(`carriers.answer_${state}`)}</span></span></li>`;
}

function Made() {
  const [files, setFiles] = useState(/** @type {readonly MadeFile[]} */ ([]));
  useEffect(() => {
    void get("/api/v1/carrier-files").then((answer) => answer.ok && setFiles(/** @type {{items: MadeFile[]}} */ (answer.value).items));
  }, []);
  if (files.length === 0) return null;
  return html`<section class="card card-roomy stack stack-tight" aria-labelledby="made"><h2 id="made">${say("carriers.made")}</h2>
    <ul class="payments-rows" role="list">${files.map(
      (each) => html`<li key=${each.file_id} class="payments-row"><span class="grow payments-words">${each.mapping_name}${each.mapping_version > 0 && ` · ${say("carriers.version", { version: each.mapping_version })}`}<br /><span class="small soft">${each.made_by} · ${dateTime(each.made_at_ms)} · ${each.form}</span></span>
        <span class="number">${say("carriers.count", { count: number(each.parcels) })}</span></li>`,
    )}</ul></section>`;
}
