// Money by bank: what needs a person first, then how it comes in and where to.

import { html, render } from "htm/preact";

import "./staff.js";
import { pageFacts, part, say } from "./page.js";
import { Accounts } from "./payments_accounts.js";
import { noticeOnTop } from "./signed_out.js";

/** @type {{may_set: boolean}} */
const facts = pageFacts();

function Page() {
  return html`<div class="stack">
    <div><h1>${say("payments.title")}</h1><p class="soft">${say("payments.lead")}</p></div>
    <${Accounts} maySet=${facts.may_set} />
  </div>`;
}

const root = part("payments", HTMLElement);
root.replaceChildren();
noticeOnTop();
render(html`<${Page} />`, root);
