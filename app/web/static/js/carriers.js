// Parcels on their way: what goes to carriers, what they report, the columns of their files, and their APIs.

import { html, render } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import "./staff.js";
import { Columns } from "./carriers_columns.js";
import { Connection } from "./carriers_connection.js";
import { Reports } from "./carriers_reports.js";
import { Sending } from "./carriers_send.js";
import { get } from "./http.js";
import { failureWords, pageFacts, part, say } from "./page.js";
import { noticeOnTop } from "./signed_out.js";

/** @typedef {import("./carriers_types.js").Mapping} Mapping */

/** @type {{may_set: boolean, may_print: boolean}} */
const facts = pageFacts();
const VIEWS = /** @type {const} */ (["send", "reports", "columns", "connection"]);

function viewOfAddress() {
  return VIEWS.find((view) => location.hash === `#${view}`) ?? "send";
}

function Page() {
  const [view, setView] = useState(viewOfAddress);
  const [mappings, setMappings] = useState(/** @type {readonly Mapping[] | null} */ (null));
  const [problem, setProblem] = useState("");
  const load = async () => {
    /** @type {import("./http.js").Answer<{items: Mapping[]}>} */
    const answer = await get("/api/v1/carrier-mappings");
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (answer.ok) setMappings(answer.value.items);
  };
  useEffect(() => {
    void load();
    const follow = () => setView(viewOfAddress());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return html`<div class="stack">
    <div><h1>${say("carriers.title")}</h1><p class="soft">${say("carriers.lead")}</p></div>
    <nav class="payments-views" aria-label=${say("carriers.title")}>
      ${VIEWS.map((each) => html`<a key=${each} href=${`#${each}`} class=${each === view ? "button button-secondary" : "button button-quiet"} aria-current=${each === view ? "page" : undefined}>${say(`carriers.view_${each}`)}</a>`)}
    </nav>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    ${mappings !== null && view === "send" && html`<${Sending} mappings=${mappings} mayPrint=${facts.may_print} />`}
    ${mappings !== null && view === "reports" && html`<${Reports} mappings=${mappings} />`}
    ${mappings !== null && view === "columns" && html`<${Columns} mappings=${mappings} onSaved=${load} />`}
    ${view === "connection" && html`<${Connection} maySet=${facts.may_set} />`}
  </div>`;
}

const root = part("carriers", HTMLElement);
root.replaceChildren();
noticeOnTop();
render(html`<${Page} />`, root);
