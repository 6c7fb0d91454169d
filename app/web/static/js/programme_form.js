// Name, days and what a programme takes.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { say } from "./page.js";
import { Field } from "./text_field.js";

/** @typedef {{name: string, first_day: string, last_day: string, takes: "all" | "chosen"}} Content */

const TAKES = /** @type {const} */ (["all", "chosen"]);

/**
 * @param {object} props
 * @param {string} props.id
 * @param {Content} [props.content] what it is now
 * @param {string} props.words on the button
 * @param {(content: Content) => Promise<string>} props.onSave answers what went wrong, in words, or nothing
 */
export function ProgrammeForm({ id, content, words, onSave }) {
  const [name, setName] = useState(content?.name ?? "");
  const [firstDay, setFirstDay] = useState(content?.first_day ?? "");
  const [lastDay, setLastDay] = useState(content?.last_day ?? "");
  const [takes, setTakes] = useState(content?.takes ?? "all");
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  /** @param {Event} event */
  const save = async (event) => {
    event.preventDefault();
    if (isBusy) return;
    if (name.trim() === "" || firstDay === "" || lastDay === "") return setProblem(say("programme.incomplete"));
    setIsBusy(true);
    setProblem(await onSave({ name: name.trim(), first_day: firstDay, last_day: lastDay, takes }));
    setIsBusy(false);
  };
  /** @param {string} of @param {string} label @param {string} value @param {(value: string) => void} set */
  const day = (of, label, value, set) => html`<div class="field">
    <label class="field-label" for=${`${id}-${of}`}>${label}</label>
    <input class="input" type="date" id=${`${id}-${of}`} value=${value} onInput=${(/** @type {Event} */ event) => set(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />
  </div>`;
  return html`<form class="stack" onSubmit=${save} novalidate>
    <${Field} id=${`${id}-name`} label=${say("programme.name")} value=${name} most=${120} autocomplete="off" onInput=${setName} />
    <div class="programme-days">${day("first", say("programme.first_day"), firstDay, setFirstDay)}${day("last", say("programme.last_day"), lastDay, setLastDay)}</div>
    <fieldset class="programme-takes"><legend class="field-label">${say("programme.takes")}</legend>
      ${TAKES.map((each) => html`<label key=${each} class="row"><input type="radio" name=${`${id}-takes`} checked=${takes === each} onChange=${() => setTakes(each)} /> <span>${say(`programme.takes_${each}`)}</span></label>`)}
    </fieldset>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    <div class="row"><button class="button button-primary" type="submit" aria-busy=${isBusy ? "true" : "false"}>${words}</button></div>
  </form>`;
}
