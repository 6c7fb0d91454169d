// Money by bank: what needs a person first, then how it comes in and where to.

import { html, render } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import "./staff.js";
import { money, number } from "./format.js";
import { get } from "./http.js";
import { failureWords, pageFacts, part, say } from "./page.js";
import { Accounts } from "./payments_accounts.js";
import { Feeds } from "./payments_feeds.js";
import { MoneyFile } from "./payments_files.js";
import { Work } from "./payments_work.js";
import { noticeOnTop } from "./signed_out.js";
import { whileSeen } from "./while_seen.js";

/**
 * @typedef {import("./payments_types.js").MoneyWorkList} MoneyWorkList
 * @typedef {import("./payments_types.js").CollectedSums} CollectedSums
 */

/** @type {{may_set: boolean}} */
const facts = pageFacts();
const READ_EVERY_MS = 30_000;
const VIEWS = /** @type {const} */ (["work", "statement", "collection", "settings"]);
/** @typedef {(typeof VIEWS)[number]} View */

/** @returns {View} */
function viewOfAddress() {
  return VIEWS.find((view) => location.hash === `#${view}`) ?? "work";
}

function Page() {
  const [view, setView] = useState(viewOfAddress);
  const [work, setWork] = useState(/** @type {MoneyWorkList | null} */ (null));
  const [problem, setProblem] = useState("");
  const load = async () => {
    /** @type {import("./http.js").Answer<MoneyWorkList>} */
    const answer = await get("/api/v1/money-work");
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (answer.ok) setWork(answer.value);
  };
  useEffect(() => {
    void load();
    const follow = () => setView(viewOfAddress());
    addEventListener("hashchange", follow);
    const stop = whileSeen(() => void load(), READ_EVERY_MS);
    return () => {
      removeEventListener("hashchange", follow);
      stop();
    };
  }, []);
  return html`<div class="stack">
    <div><h1>${say("payments.title")}</h1><p class="soft">${say("payments.lead")}</p></div>
    <nav class="payments-views" aria-label=${say("payments.title")}>
      ${VIEWS.map(
        (each) => html`<a key=${each} href=${`#${each}`} class=${each === view ? "button button-secondary" : "button button-quiet"} aria-current=${each === view ? "page" : undefined}
          >${say(`payments.view_${each}`)}${each === "work" && work !== null && work.waiting > 0 && html` <span class="badge badge-flash">${number(work.waiting)}</span>`}</a>`,
      )}
    </nav>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    ${view === "work" && html`<${Work} work=${work} onWork=${setWork} />`}
    ${view === "statement" && html`<${MoneyFile} key="statement" kind="statement" onBooked=${load} />`}
    ${view === "collection" && html`<${MoneyFile} key="collection" kind="collection" onBooked=${load} /><${Collected} work=${work} />`}
    ${view === "settings" && html`<${Accounts} maySet=${facts.may_set} />${facts.may_set && html`<${Feeds} />`}`}
  </div>`;
}

/** What couriers collected, and kept; read anew whenever something was booked. @param {{work: MoneyWorkList | null}} props */
function Collected({ work }) {
  const [sums, setSums] = useState(/** @type {CollectedSums | null} */ (null));
  useEffect(() => {
    void get("/api/v1/collections").then((answer) => answer.ok && setSums(/** @type {CollectedSums} */ (answer.value)));
  }, [work]);
  if (sums === null || sums.rows === 0) return null;
  return html`<section class="card stack stack-tight" aria-labelledby="collected">
    <h2 id="collected">${say("payments.collected")}</h2>
    <p class="row row-between"><span>${say("payments.collected_cash", { count: number(sums.rows) })}</span><strong class="number">${money(sums.collected_vnd)}</strong></p>
    <p class="row row-between"><span>${say("payments.collected_fees")}</span><span class="number">${money(sums.fees_vnd)}</span></p>
    <p class="row row-between"><span>${say("payments.collected_net")}</span><strong class="number">${money(sums.collected_vnd - sums.fees_vnd)}</strong></p>
  </section>`;
}

const root = part("payments", HTMLElement);
root.replaceChildren();
noticeOnTop();
render(html`<${Page} />`, root);
