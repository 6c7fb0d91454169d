// Lists of columns: ready ones are copied, one's own are changed; each column by its head and what stands below it, from left to right.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { vndOf, wholeOf } from "./amount_rules.js";
import { Choice, Field } from "./goods_parts.js";
import { command, remove, send } from "./http.js";
import { failureWords, say } from "./page.js";
import { SureButton } from "./sure_button.js";

/**
 * @typedef {import("./carriers_types.js").Mapping} Mapping
 * @typedef {import("./carriers_types.js").FileColumns} FileColumns
 * @typedef {import("./carriers_types.js").TrackingColumns} TrackingColumns
 * @typedef {import("./carriers_types.js").Column} Column
 * @typedef {import("./carriers_types.js").ColumnField} ColumnField
 * @typedef {import("./carriers_types.js").CarrierState} CarrierState
 */

const PATH = "/api/v1/carrier-mappings";
/** @type {readonly ColumnField[]} */
const FIELDS = [
  ...["receiver_name", "phone", "address_line", "street", "ward", "province", "old_district", "old_province", "parcel_code", "content"],
  ...["quantity", "weight_grams", "length_cm", "width_cm", "height_cm", "cod_vnd", "value_vnd", "note", "fixed"],
].map((name) => /** @type {ColumnField} */ (name));
const FACTS = /** @type {const} */ (["parcel_code", "tracking_code", "state", "time", "collected"]);
/** @type {readonly CarrierState[]} */
const STATES = ["handed_over", "delivering", "delivered", "failed", "returning", "returned"];

/** @param {{mappings: readonly Mapping[], onSaved: () => Promise<void>}} props */
export function Columns({ mappings, onSaved }) {
  const [chosen, setChosen] = useState(mappings[0]?.mapping_id ?? "");
  const mapping = mappings.find(({ mapping_id: id }) => id === chosen) ?? mappings[0];
  if (mapping === undefined) return null;
  return html`<section class="card card-roomy stack" aria-labelledby="columns">
    <h2 id="columns">${say("carriers.columns")}</h2>
    <p class="small soft">${say("carriers.columns_lead")}</p>
    <${Choice} id="list" label=${say("carriers.list")} value=${mapping.mapping_id} options=${mappings.map((each) => /** @type {const} */ ([each.mapping_id, `${each.name}${each.is_ready ? ` (${say("carriers.ready")})` : ""}`]))} onChange=${setChosen} />
    <${Editor} key=${`${mapping.mapping_id} ${mapping.version}`} mapping=${mapping} onSaved=${async (/** @type {string} */ id) => {
      await onSaved();
      setChosen(id);
    }} />
  </section>`;
}

/** @param {{mapping: Mapping, onSaved: (id: string) => Promise<void>}} props */
function Editor({ mapping, onSaved }) {
  const [name, setName] = useState(mapping.is_ready ? say("carriers.copy_of", { name: mapping.name }) : mapping.name);
  const [content, setContent] = useState(mapping.content);
  const [problem, setProblem] = useState("");
  const [done, setDone] = useState("");
  const [unclear, setUnclear] = useState(/** @type {ReadonlySet<string>} */ (new Set()));
  /** @param {string} id @param {boolean} isUnclear */
  const noteUnclear = (id, isUnclear) => setUnclear((before) => new Set([...before].filter((each) => each !== id).concat(isUnclear ? [id] : [])));
  const save = async () => {
    const wanted = { name, carrier: mapping.carrier, content };
    /** @type {import("./http.js").Answer<Mapping>} */
    const answer = mapping.is_ready ? await command("POST", PATH, wanted) : await send("PUT", `${PATH}/${mapping.mapping_id}`, { ...wanted, seen_version: mapping.version });
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    setDone(answer.ok ? say("carriers.saved") : "");
    if (answer.ok) await onSaved(answer.value.mapping_id);
  };
  const drop = async () => {
    const answer = await remove(`${PATH}/${mapping.mapping_id}`);
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (answer.ok) await onSaved("");
  };
  return html`<div class="stack">
    <${Field} id="list-name" label=${say("carriers.list_name")} value=${name} most=${80} onInput=${setName} />
    ${content.kind === "file" ? html`<${FileEditor} content=${content} onChange=${setContent} onUnclear=${noteUnclear} />` : html`<${TrackingEditor} content=${content} onChange=${setContent} />`}
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    ${done !== "" && html`<p class="notice notice-good" role="status">${done}</p>`}
    <div class="row"><button class="button button-primary" type="button" disabled=${name.trim() === "" || unclear.size > 0} onClick=${save}>${say(mapping.is_ready ? "carriers.save_copy" : "carriers.save")}</button>
      ${!mapping.is_ready && html`<${SureButton} words=${say("carriers.drop")} sureWords=${say("carriers.drop_sure")} onSure=${drop} />`}</div>
  </div>`;
}

/** @param {{content: FileColumns, onChange: (content: FileColumns) => void, onUnclear: (id: string, isUnclear: boolean) => void}} props */
function FileEditor({ content, onChange, onUnclear }) {
  const { columns } = content;
  /** @param {number} place @param {Partial<Column>} change */
  const change = (place, change) => onChange({ ...content, columns: columns.map((each, at) => (at === place ? { ...each, ...change } : each)) });
  /** @param {number} place */
  const up = (place) => onChange({ ...content, columns: columns.map((each, at) => (at === place - 1 ? (columns[place] ?? each) : at === place ? (columns[place - 1] ?? each) : each)) });
  return html`<ol class="carriers-columns">${columns.map(
      (column, place) => html`<li key=${place} class="carriers-column">
        <${Field} id=${`head-${place}`} label=${say("carriers.head", { number: place + 1 })} value=${column.head} most=${80} onInput=${(/** @type {string} */ head) => change(place, { head })} />
        <${Choice} id=${`field-${place}`} label=${say("carriers.holds")} value=${column.field} options=${FIELDS.map((each) => /** @type {const} */ ([each, say(`carriers.field_${each}`)]))} onChange=${(/** @type {ColumnField} */ field) => change(place, { field })} />
        ${column.field === "fixed" && html`<${Field} id=${`fixed-${place}`} label=${say("carriers.fixed_text")} value=${column.fixed} most=${200} onInput=${(/** @type {string} */ fixed) => change(place, { fixed })} />`}
        <div class="row"><button class="button button-quiet" type="button" disabled=${place === 0} onClick=${() => up(place)}>${say("carriers.up")}</button>
          <button class="button button-quiet" type="button" disabled=${columns.length === 1} onClick=${() => onChange({ ...content, columns: columns.filter((_, at) => at !== place) })}>${say("carriers.take_out")}</button></div>
      </li>`,
    )}</ol>
    <div class="row"><button class="button button-secondary" type="button" disabled=${columns.length >= 60} onClick=${() => onChange({ ...content, columns: [...columns, { head: "", field: "fixed", fixed: "" }] })}>${say("carriers.add_column")}</button></div>
    <div class="payments-columns">
      <${Most} id="cod-max" label=${say("carriers.cod_max")} most=${20} value=${content.cod_max_vnd} read=${vndOf} onChange=${(/** @type {number | null} */ vnd) => onChange({ ...content, cod_max_vnd: vnd })} onUnclear=${onUnclear} />
      <${Most} id="weight-max" label=${say("carriers.weight_max")} most=${9} value=${content.weight_max_grams} read=${wholeOf} onChange=${(/** @type {number | null} */ grams) => onChange({ ...content, weight_max_grams: grams })} onUnclear=${onUnclear} />
    </div>`;
}

/**
 * The most that a carrier takes; empty or zero: no limit. What cannot be read changes nothing and is not saved.
 * @param {object} props
 * @param {string} props.id
 * @param {string} props.label
 * @param {number} props.most
 * @param {number | null} props.value
 * @param {(typed: string) => number | null} props.read
 * @param {(value: number | null) => void} props.onChange
 * @param {(id: string, isUnclear: boolean) => void} props.onUnclear
 */
function Most({ id, label, most, value, read, onChange, onUnclear }) {
  const [typed, setTyped] = useState(value === null ? "" : String(value));
  const isUnclear = typed.trim() !== "" && read(typed) === null;
  /** @param {string} text */
  const type = (text) => {
    const found = read(text);
    setTyped(text);
    onUnclear(id, text.trim() !== "" && found === null);
    if (text.trim() === "" || found !== null) onChange(found || null);
  };
  return html`<${Field} id=${id} label=${label} inputmode="numeric" value=${typed} problem=${isUnclear ? say("app.amount_unclear") : ""} most=${most} onInput=${type} />`;
}

/** @param {{content: TrackingColumns, onChange: (content: TrackingColumns) => void}} props */
function TrackingEditor({ content, onChange }) {
  const [words, setWords] = useState("");
  const [state, setState] = useState(/** @type {CarrierState} */ ("delivered"));
  const { heads, states } = content;
  const options = STATES.map((each) => /** @type {const} */ ([each, say(`carriers.state_${each}`)]));
  /** @param {(typeof FACTS)[number]} fact @param {string} head */
  const name = (fact, head) => onChange({ ...content, heads: Object.fromEntries(Object.entries({ ...heads, [fact]: head }).filter(([, text]) => text !== "")) });
  return html`<div class="payments-columns">${FACTS.map((fact) => html`<${Field} key=${fact} id=${`fact-${fact}`} label=${say(`carriers.fact_${fact}`)} value=${heads[fact] ?? ""} most=${80} onInput=${(/** @type {string} */ head) => name(fact, head)} />`)}</div>
    <h3>${say("carriers.words")}</h3>
    <ul class="payments-rows" role="list">${Object.entries(states).map(
      ([each, means]) => html`<li key=${each} class="payments-row carriers-word"><span class="grow payments-words">${each}</span>
        <select class="input carriers-means" aria-label=${each} onChange=${(/** @type {Event} */ event) => onChange({ ...content, states: { ...states, [each]: /** @type {CarrierState} */ (/** @type {HTMLSelectElement} */ (event.currentTarget).value) } })}>
          ${options.map(([value, text]) => html`<option key=${value} value=${value} selected=${value === means}>${text}</option>`)}</select>
        <button class="button button-quiet" type="button" aria-label=${say("carriers.take_out_word", { words: each })} onClick=${() => onChange({ ...content, states: Object.fromEntries(Object.entries(states).filter(([key]) => key !== each)) })}>${say("carriers.take_out")}</button></li>`,
    )}</ul>
    <div class="carriers-make">
      <${Field} id="new-words" label=${say("carriers.new_words")} value=${words} most=${80} onInput=${setWords} />
      <${Choice} id="new-state" label=${say("carriers.means")} value=${state} options=${options} onChange=${setState} />
      <button class="button button-secondary" type="button" disabled=${words.trim() === ""} onClick=${() => {
        onChange({ ...content, states: { ...states, [words.trim()]: state } });
        setWords("");
      }}>${say("carriers.add_words")}</button>
    </div>`;
}
