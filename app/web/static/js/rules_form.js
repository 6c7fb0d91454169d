// The rules of the organisation's livestreams: what holds, what held before, and the form for a new version.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { dateTime } from "./format.js";
import { command, get } from "./http.js";
import { failureWords, say } from "./page.js";

/**
 * @typedef {{text_vi: string, text_en: string}} RulesText
 * @typedef {{version: number, valid_from_ms: number, written_by: string | null}} EarlierRules
 * @typedef {{current: RulesText & {version: number, valid_from_ms: number | null, is_usual: boolean}, usual: RulesText, versions: EarlierRules[]}} Rules
 * @typedef {import("./http.js").Answer<Rules>} RulesAnswer
 */

const MOST = 6_000;
const PATH = "/api/v1/livestream-rules";

export function LivestreamRules() {
  const [rules, setRules] = useState(/** @type {Rules | null} */ (null));
  const [text, setText] = useState(/** @type {RulesText} */ ({ text_vi: "", text_en: "" }));
  const [outcome, setOutcome] = useState({ isGood: true, words: "" });
  useEffect(() => {
    void (async () => {
      /** @type {RulesAnswer} */
      const answer = await get(PATH);
      if (!answer.ok) return setOutcome({ isGood: false, words: failureWords(answer.failure) });
      setRules(answer.value);
      setText({ text_vi: answer.value.current.text_vi, text_en: answer.value.current.text_en });
    })();
  }, []);
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    if (text.text_vi.trim() === "" || text.text_en.trim() === "") return setOutcome({ isGood: false, words: say("host.terms_missing") });
    /** @type {RulesAnswer} */
    const answer = await command("PUT", PATH, text);
    if (!answer.ok) return setOutcome({ isGood: false, words: failureWords(answer.failure) });
    setRules(answer.value);
    setText({ text_vi: answer.value.current.text_vi, text_en: answer.value.current.text_en });
    setOutcome({ isGood: true, words: say("host.terms_saved", { number: answer.value.current.version }) });
  };
  /** @param {Partial<RulesText>} change */
  const write = (change) => {
    setText({ ...text, ...change });
    setOutcome({ isGood: true, words: "" });
  };
  /** @param {"text_vi" | "text_en"} name @param {string} label @param {string} language */
  const area = (name, label, language) => html`<div class="field">
    <label class="field-label" for=${`rules-${name}`}>${label}</label>
    <textarea class="input" id=${`rules-${name}`} lang=${language} rows="12" maxlength=${MOST} value=${text[name]}
      onInput=${(/** @type {Event} */ event) => write({ [name]: /** @type {HTMLTextAreaElement} */ (event.currentTarget).value })}></textarea>
  </div>`;
  const current = rules?.current;
  return html`<section class="card stack" aria-labelledby="rules-title">
    <div>
      <h2 id="rules-title">${say("host.terms_title")}</h2>
      <p class="small soft">${say("host.terms_lead")}</p>
    </div>
    ${current &&
    html`<p>${current.valid_from_ms === null ? say("host.terms_none") : say("host.terms_version", { number: current.version, time: dateTime(current.valid_from_ms) })}</p>
      <details>
        <summary>${say("host.terms_edit")}</summary>
        <form class="stack" onSubmit=${submit}>
          ${area("text_vi", say("host.terms_vi"), "vi")} ${area("text_en", say("host.terms_en"), "en")}
          <div class="row">
            <button class="button button-secondary" type="submit">${say("host.terms_save")}</button>
            <button class="button button-quiet" type="button" onClick=${() => write({ ...rules.usual })}>${say("host.terms_usual")}</button>
          </div>
        </form>
      </details>`}
    <div role="status">${outcome.words !== "" && html`<p class=${outcome.isGood ? "notice notice-good" : "notice notice-danger"}>${outcome.words}</p>`}</div>
    ${rules !== null && rules.versions.length > 0 &&
    html`<details>
      <summary>${say("host.terms_earlier")}</summary>
      <ul class="stack stack-tight small" role="list">
        ${rules.versions.map(
          (each) => html`<li key=${each.version}>${say("host.terms_by", { number: each.version, time: dateTime(each.valid_from_ms), name: each.written_by ?? say("host.terms_by_program") })}</li>`,
        )}
      </ul>
    </details>`}
  </section>`;
}
