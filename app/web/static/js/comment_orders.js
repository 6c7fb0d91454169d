// Orders in comments: whether and how long units are held, the codes of a session's products, and programs that send comments of other platforms.

import { html, render } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import "./staff.js";
import { Sources } from "./comment_sources.js";
import { command, get } from "./http.js";
import { failureWords, pageFacts, part, say } from "./page.js";
import { noticeOnTop } from "./signed_out.js";

/** @typedef {{is_on: boolean, hold_seconds: number}} Rules */
/** @typedef {{id: string, code: string, name: string}} CodedProduct */

/** @type {{session_id: string | null, title: string, back: string, may_prepare: boolean, sets_rules: boolean}} */
const facts = pageFacts();
const SESSION = `/api/v1/sessions/${facts.session_id}`;
const MINUTES = [5, 10, 15, 30, 60, 120, 1_440];

function Page() {
  const { session_id: sessionId } = facts;
  return html`<div class="stack">
    <div><h1>${say("claim.page_title")}</h1><p class="soft"><a href=${facts.back}>${facts.title}</a></p></div>
    <${RulesForm} path=${sessionId === null ? "/api/v1/comment-orders" : `${SESSION}/comment-orders`} />
    ${sessionId !== null && facts.may_prepare && html`<${Codes} />`}
    ${sessionId !== null && html`<${Sources} path=${`${SESSION}/comment-sources`} />`}
    ${sessionId !== null && facts.sets_rules && html`<p class="small"><a href="/organiser/comment-orders">${say("claim.rules_common")}</a></p>`}
  </div>`;
}

/** @param {{path: string}} props */
function RulesForm({ path }) {
  const [rules, setRules] = useState(/** @type {Rules | null} */ (null));
  const [words, setWords] = useState("");
  const [problem, setProblem] = useState("");
  /** @param {import("./http.js").Answer<Rules>} answer */
  const take = (answer) => {
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (answer.ok) setRules(answer.value);
    return answer.ok;
  };
  useEffect(() => void get(path).then((answer) => take(/** @type {import("./http.js").Answer<Rules>} */ (answer))), []);
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    setWords("");
    if (rules !== null && take(await command("PUT", path, rules))) setWords(say("claim.saved"));
  };
  const minutes = rules === null ? MINUTES : [...new Set([...MINUTES, rules.hold_seconds / 60])].sort((one, other) => one - other);
  return html`<section class="card card-roomy stack" aria-labelledby="rules">
    <h2 id="rules">${say(facts.session_id === null ? "claim.rules_common" : "claim.rules")}</h2>
    <p class="small soft">${say("claim.rules_lead")}</p>
    ${rules !== null &&
    html`<form class="stack" onSubmit=${submit}>
      <label class="switch"><input type="checkbox" role="switch" checked=${rules.is_on} onChange=${(/** @type {Event} */ event) => setRules({ ...rules, is_on: /** @type {HTMLInputElement} */ (event.currentTarget).checked })} /><span>${say("claim.rules_on")}</span></label>
      <div class="field"><label class="field-label" for="hold">${say("claim.rules_hold")}</label>
        <select class="input" id="hold" value=${String(rules.hold_seconds)} disabled=${!rules.is_on} onChange=${(/** @type {Event} */ event) => setRules({ ...rules, hold_seconds: Number(/** @type {HTMLSelectElement} */ (event.currentTarget).value) })}>
          ${minutes.map((each) => html`<option key=${each} value=${String(each * 60)}>${say("claim.rules_minutes", { count: each })}</option>`)}
        </select></div>
      <div class="row"><button class="button button-primary" type="submit">${say("app.save")}</button><span class="small" role="status">${words}</span></div>
    </form>`}
    ${problem !== "" && html`<p class="field-error" role="alert">${problem}</p>`}
  </section>`;
}

/** The seller's own codes; nothing else of the run-down is changed. */
function Codes() {
  const [products, setProducts] = useState(/** @type {readonly CodedProduct[] | null} */ (null));
  const [codes, setCodes] = useState(/** @type {Readonly<Record<string, string>>} */ ({}));
  const [words, setWords] = useState("");
  const [problem, setProblem] = useState("");
  /** @param {import("./http.js").Answer<{products: CodedProduct[]}>} answer */
  const take = (answer) => {
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (answer.ok) {
      setProducts(answer.value.products);
      setCodes(Object.fromEntries(answer.value.products.map(({ id, code }) => [id, code])));
    }
    return answer.ok;
  };
  useEffect(() => void get(SESSION).then((answer) => take(/** @type {import("./http.js").Answer<{products: CodedProduct[]}>} */ (answer))), []);
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    setWords("");
    // The run-down as it is now: somebody may have changed it since this page was opened.
    /** @type {import("./http.js").Answer<{products: CodedProduct[]}>} */
    const now = await get(SESSION);
    if (!now.ok) return void setProblem(failureWords(now.failure));
    const ids = now.value.products.map(({ id }) => id);
    const wanted = now.value.products.map(({ id, code }) => [id, (codes[id] ?? code).trim().toUpperCase()]);
    if (take(await command("PUT", `${SESSION}/products`, { product_ids: ids, codes: Object.fromEntries(wanted) }))) setWords(say("claim.saved"));
  };
  if (products === null || products.length === 0) return null;
  return html`<section class="card card-roomy stack" aria-labelledby="codes">
    <h2 id="codes">${say("claim.codes")}</h2>
    <p class="small soft">${say("claim.codes_lead")}</p>
    <form class="stack stack-tight" onSubmit=${submit}>
      ${products.map(
        ({ id, name }) => html`<div key=${id} class="row row-between"><label class="grow" for=${`code-${id}`}>${name}</label>
          <input class="input number claim-code" id=${`code-${id}`} maxlength="7" autocomplete="off" autocapitalize="characters" required pattern="\\s*[A-Za-z]{1,4}[1-9][0-9]{0,2}\\s*" title=${say("claim.codes_form")} value=${codes[id] ?? ""}
            onInput=${(/** @type {Event} */ event) => setCodes({ ...codes, [id]: /** @type {HTMLInputElement} */ (event.currentTarget).value })} /></div>`,
      )}
      <div class="row"><button class="button button-secondary" type="submit">${say("claim.codes_save")}</button><span class="small" role="status">${words}</span></div>
    </form>
    ${problem !== "" && html`<p class="field-error" role="alert">${problem}</p>`}
  </section>`;
}

const root = part("comment-orders", HTMLElement);
root.replaceChildren();
render(html`<${Page} />`, root);
noticeOnTop();
