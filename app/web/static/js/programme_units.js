// Youth-union units: added and renamed, and which unit the next sessions of a host get.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { command, get, send } from "./http.js";
import { failureWords, say } from "./page.js";
import { Field } from "./text_field.js";

/**
 * @typedef {import("./programme_types.js").UnitView} UnitView
 * @typedef {import("./programme_types.js").UnitList} UnitList
 */

const PATH = "/api/v1/union-units";

export function Units() {
  const [list, setList] = useState(/** @type {UnitList | null} */ (null));
  const [name, setName] = useState("");
  const [problem, setProblem] = useState("");
  const load = async () => {
    const answer = await get(PATH);
    if (answer.ok) setList(/** @type {UnitList} */ (answer.value));
    else setProblem(failureWords(answer.failure));
  };
  useEffect(() => void load(), []);
  /** @param {import("./http.js").Answer<unknown>} answer */
  const settle = async (answer) => {
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (answer.ok) await load();
    return answer.ok;
  };
  /** @param {Event} event */
  const add = async (event) => {
    event.preventDefault();
    if (name.trim() !== "" && (await settle(await command("POST", PATH, { name: name.trim() })))) setName("");
  };
  return html`<section class="card card-roomy stack" aria-labelledby="units">
    <div><h2 id="units">${say("programme.units")}</h2><p class="small soft">${say("programme.units_lead")}</p></div>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    <ul class="stack stack-tight" role="list">${list?.units.map((unit) => html`<${Unit} key=${unit.id} unit=${unit} onRename=${async (/** @type {string} */ to) => settle(await send("PUT", `${PATH}/${unit.id}`, { name: to }))} />`)}</ul>
    <form class="stack stack-tight" onSubmit=${add}><${Field} id="unit-name" label=${say("programme.unit_name")} value=${name} most=${120} autocomplete="off" onInput=${setName} />
      <div class="row"><button class="button button-secondary" type="submit">${say("programme.unit_add")}</button></div></form>
    ${list !== null && list.units.length > 0 && list.hosts.length > 0 && html`<details><summary>${say("programme.hosts")}</summary><ul class="stack stack-tight" role="list">
      ${list.hosts.map((host) => html`<li key=${host.user_id} class="row row-between"><label for=${`host-${host.user_id}`}>${host.name}</label>
        <${UnitChoice} id=${`host-${host.user_id}`} units=${list.units} chosen=${host.unit_id} onChoose=${async (/** @type {string | null} */ unit) => settle(await send("PUT", `/api/v1/people/${host.user_id}/union-unit`, { unit_id: unit }))} /></li>`)}
    </ul></details>`}
  </section>`;
}

/** @param {{unit: UnitView, onRename: (name: string) => Promise<boolean>}} props */
function Unit({ unit, onRename }) {
  const [name, setName] = useState(/** @type {string | null} */ (null));
  if (name === null) {
    return html`<li class="row row-between"><span>${unit.name}</span><button class="button button-quiet" type="button" onClick=${() => setName(unit.name)}>${say("programme.unit_rename")}</button></li>`;
  }
  /** @param {Event} event */
  const save = async (event) => {
    event.preventDefault();
    if (name.trim() !== "" && (await onRename(name.trim()))) setName(null);
  };
  return html`<li><form class="stack stack-tight" onSubmit=${save}><${Field} id=${`unit-${unit.id}`} label=${say("programme.unit_name")} value=${name} most=${120} autocomplete="off" onInput=${setName} />
    <div class="row"><button class="button button-secondary" type="submit">${say("programme.save")}</button></div></form></li>`;
}

/** @param {{id: string, units: readonly UnitView[], chosen: string | null, onChoose: (unit: string | null) => Promise<unknown>, label?: string}} props */
export function UnitChoice({ id, units, chosen, onChoose, label }) {
  return html`<select class="input programme-unit" id=${id} aria-label=${label} value=${chosen ?? ""}
    onChange=${(/** @type {Event} */ event) => void onChoose(/** @type {HTMLSelectElement} */ (event.currentTarget).value || null)}>
    <option value="" selected=${chosen === null}>${say("programme.no_unit")}</option>
    ${units.map((unit) => html`<option key=${unit.id} value=${unit.id} selected=${unit.id === chosen}>${unit.name}</option>`)}
  </select>`;
}
