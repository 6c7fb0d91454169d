// Papers of a product's seller: who checked them and when; organisers write it down or take it back.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { dateTime, day } from "./format.js";
import { command, get, remove } from "./http.js";
import { failureWords, say } from "./page.js";
import { SureButton } from "./sure_button.js";
import { Field } from "./text_field.js";

/** @typedef {{words: string, valid_until: string | null, checked_by: string, checked_at_ms: number}} Papers */
/** @typedef {import("./http.js").Answer<{papers: Papers | null}>} PapersAnswer */

const MOST = 300;

/** Whether their last day is over in Vietnam, where they hold. @param {Papers} papers */
function isOver({ valid_until: last }) {
  return last !== null && last < new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Ho_Chi_Minh" }).format(Date.now());
}

/** @param {{productId: string, mayCheck: boolean}} props */
export function SellerPapers({ productId, mayCheck }) {
  const path = `/api/v1/products/${productId}/papers`;
  const [papers, setPapers] = useState(/** @type {Papers | null | undefined} */ (undefined));
  const [words, setWords] = useState("");
  const [until, setUntil] = useState("");
  const [problem, setProblem] = useState("");
  const [done, setDone] = useState("");
  /** @param {Promise<PapersAnswer>} asking */
  const learn = async (asking) => {
    const answer = await asking;
    if (answer.ok) setPapers(answer.value.papers);
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    return answer.ok;
  };
  /** What was written is done with. @param {Promise<PapersAnswer>} asking */
  const change = async (asking) => {
    setDone("");
    if (!(await learn(asking))) return;
    setDone(say("goods.papers_done"));
    setWords("");
    setUntil("");
  };
  useEffect(() => void learn(get(path)), [path]);
  if (papers === undefined) return problem === "" ? null : html`<p class="notice notice-warning">${problem}</p>`;
  const check = () => {
    if (words.trim() === "") return setProblem(say("goods.papers_missing"));
    void change(command("PUT", path, { words: words.trim(), valid_until: until || null }));
  };
  return html`<div class="card stack stack-tight">
    <h2>${say("goods.papers")}</h2>
    ${papers === null
      ? html`<p class="small soft">${say("goods.papers_none")}</p>`
      : html`<p>${papers.words}</p>
          <p class="small soft">${say("goods.papers_checked", { name: papers.checked_by, time: dateTime(papers.checked_at_ms) })}
            ${papers.valid_until !== null && ` · ${say("goods.papers_until", { date: day(Date.parse(papers.valid_until)) })}`}
            ${isOver(papers) && html` <span class="badge badge-loss">${say("goods.papers_over")}</span>`}</p>`}
    ${mayCheck &&
    html`<details key=${papers?.checked_at_ms ?? 0}>
      <summary>${say(papers === null ? "goods.papers_check" : "goods.papers_again")}</summary>
      <div class="stack stack-tight">
        <${Field} id="papers-words" label=${say("goods.papers_words")} hint=${say("goods.papers_hint")} value=${words} most=${MOST} autocomplete="off" onInput=${setWords} />
        <div class="field">
          <label class="field-label" for="papers-until">${say("goods.papers_last_day")}</label>
          <input class="input" id="papers-until" type="date" value=${until} onInput=${(/** @type {Event} */ event) => setUntil(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />
        </div>
        <button class="button button-secondary" type="button" onClick=${check}>${say("goods.papers_save")}</button>
        ${papers !== null && html`<${SureButton} words=${say("goods.papers_withdraw")} sureWords=${say("goods.papers_withdraw_sure")} onSure=${() => void change(remove(path))} />`}
      </div>
    </details>`}
    <div role="status">${done !== "" && html`<p class="notice notice-good">${done}</p>`}</div>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert">${problem}</p>`}
  </div>`;
}
