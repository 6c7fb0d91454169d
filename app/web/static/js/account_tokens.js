// Tokens for scripts: made for some actions and some days, shown once, ended.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { dateTime } from "./format.js";
import { Field } from "./goods_parts.js";
import { command, get, remove } from "./http.js";
import { failureWords, say } from "./page.js";
import { SureButton } from "./sure_button.js";

/** @typedef {import("./people_types.js").ApiToken} ApiToken */

const PATH = "/api/v1/account/tokens";
const DAYS = 90;

/** @param {{actions: readonly string[]}} props */
export function Tokens({ actions }) {
  const [tokens, setTokens] = useState(/** @type {readonly ApiToken[]} */ ([]));
  const [made, setMade] = useState("");
  const [problem, setProblem] = useState("");
  const load = async () => {
    /** @type {import("./http.js").Answer<{items: ApiToken[]}>} */
    const answer = await get(PATH);
    if (answer.ok) setTokens(answer.value.items);
  };
  useEffect(() => void load(), []);
  /** @param {string} id */
  const end = async (id) => {
    const answer = await remove(`${PATH}/${id}`);
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    await load();
  };
  return html`<section class="card card-roomy stack" aria-labelledby="tokens">
    <div><h2 id="tokens">${say("account.tokens")}</h2><p class="small soft">${say("account.tokens_lead")}</p></div>
    ${tokens.length > 0 &&
    html`<ul class="stack stack-tight" role="list">
      ${tokens.map(
        (each) => html`<li key=${each.id} class="row row-between">
          <span class="grow"><strong>${each.name}</strong>
            <span class="small soft person-login">${each.actions.map((action) => say(`people.action_${action}`)).join(", ")} · ${say("people.until", { time: dateTime(Date.parse(each.expires_at)) })}</span></span>
          <${SureButton} words=${say("account.end_token")} sureWords=${say("account.end_token_sure")} onSure=${() => end(each.id)} />
        </li>`,
      )}
    </ul>`}
    ${made !== "" &&
    html`<div class="stack stack-tight" role="status">
      <p class="notice notice-good"><span>${say("account.token_made")}</span></p>
      <input class="input" readonly aria-label=${say("account.token")} value=${made} onFocus=${(/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.currentTarget).select()} />
    </div>`}
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    <${NewToken} actions=${actions} onMade=${async (/** @type {string} */ token) => (setMade(token), load())} />
  </section>`;
}

/** @param {{actions: readonly string[], onMade: (token: string) => Promise<void>}} props */
function NewToken({ actions, onMade }) {
  const [isOpen, setIsOpen] = useState(false);
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState(/** @type {readonly string[]} */ ([]));
  const [problem, setProblem] = useState("");
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    /** @type {import("./http.js").Answer<{token: string}>} */
    const answer = await command("POST", PATH, { name: name.trim(), actions: chosen, days: DAYS });
    if (!answer.ok) return setProblem(failureWords(answer.failure));
    setName("");
    setChosen([]);
    setProblem("");
    setIsOpen(false);
    await onMade(answer.value.token);
  };
  /** @param {string} action */
  const toggle = (action) => setChosen(chosen.includes(action) ? chosen.filter((each) => each !== action) : [...chosen, action]);
  if (!isOpen) return html`<div class="row"><button class="button button-secondary" type="button" onClick=${() => setIsOpen(true)}>${say("account.new_token")}</button></div>`;
  return html`<form class="stack stack-tight" novalidate onSubmit=${submit}>
    <${Field} id="token-name" label=${say("account.token_name")} hint=${say("account.token_name_hint", { days: DAYS })} value=${name} most=${80} onInput=${setName} />
    <fieldset class="token-actions"><legend class="field-label">${say("account.token_actions")}</legend>
      ${actions.map((action) => html`<label key=${action} class="switch small"><input type="checkbox" checked=${chosen.includes(action)} onChange=${() => toggle(action)} />${say(`people.action_${action}`)}</label>`)}
    </fieldset>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    <div class="row"><button class="button button-secondary" type="submit" disabled=${name.trim() === "" || chosen.length === 0}>${say("account.make_token")}</button></div>
  </form>`;
}
