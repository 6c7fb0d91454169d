// What an organisation asks of products before they come into a session: a lowest score, items that must be there.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { command, get } from "./http.js";
import { failureWords, say } from "./page.js";

/** @typedef {import("./goods_types.js").ListingItem} ListingItem */
/** @typedef {{min_score: number, required_items: ListingItem[], require_papers: boolean}} Gate */

/** @type {readonly ListingItem[]} */
const ITEMS = ["name", "producer", "origin", "ingredients", "net_weight", "shelf_life", "storage", "usage", "warning", "responsible", "certificate", "pictures", "story"];
const PATH = "/api/v1/listing-gate";

export function GateForm() {
  const [gate, setGate] = useState(/** @type {Gate | null} */ (null));
  const [outcome, setOutcome] = useState({ isGood: true, words: "" });
  useEffect(() => {
    void (async () => {
      /** @type {import("./http.js").Answer<Gate>} */
      const answer = await get(PATH);
      if (answer.ok) setGate(answer.value);
    })();
  }, []);
  if (gate === null) return null;
  /** @param {Event} event */
  const save = async (event) => {
    event.preventDefault();
    const answer = await command("PUT", PATH, gate);
    setOutcome(answer.ok ? { isGood: true, words: say("goods.saved") } : { isGood: false, words: failureWords(answer.failure) });
  };
  /** @param {ListingItem} item */
  const toggle = (item) => {
    const { required_items: required } = gate;
    setGate({ ...gate, required_items: required.includes(item) ? required.filter((each) => each !== item) : [...required, item] });
  };
  return html`<details class="card">
    <summary class="gate-summary"><strong>${say("goods.gate")}</strong> <span class="soft small">${say(gate.require_papers ? "goods.gate_now_papers" : "goods.gate_now", { score: gate.min_score, count: gate.required_items.length })}</span></summary>
    <form class="stack" novalidate onSubmit=${save}>
      <p class="small soft">${say("goods.gate_lead")}</p>
      <div class="field">
        <label class="field-label" for="gate-score">${say("goods.gate_score", { score: gate.min_score })}</label>
        <input id="gate-score" type="range" min="0" max="100" step="5" value=${gate.min_score}
          onInput=${(/** @type {Event} */ event) => setGate({ ...gate, min_score: /** @type {HTMLInputElement} */ (event.currentTarget).valueAsNumber })} />
      </div>
      <fieldset class="product-choice stack stack-tight">
        <legend class="field-label">${say("goods.gate_items")}</legend>
        <div class="row">
          ${ITEMS.map((item) => html`<button key=${item} class="chip" type="button" aria-pressed=${gate.required_items.includes(item) ? "true" : "false"} onClick=${() => toggle(item)}>${say(`goods.item_${item}`)}</button>`)}
        </div>
      </fieldset>
      <label class="switch"><input type="checkbox" role="switch" checked=${gate.require_papers}
        onChange=${(/** @type {Event} */ event) => setGate({ ...gate, require_papers: /** @type {HTMLInputElement} */ (event.currentTarget).checked })} /> ${say("goods.gate_papers")}</label>
      ${outcome.words && html`<p class=${outcome.isGood ? "notice notice-good" : "notice notice-danger"} role="status">${outcome.words}</p>`}
      <button class="button button-secondary" type="submit">${say("app.save")}</button>
    </form>
  </details>`;
}
