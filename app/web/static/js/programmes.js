// Programmes of the organisation, the newest first, and the form for a new one.

import { html, render } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import "./staff.js";
import { command, get } from "./http.js";
import { failureWords, pageFacts, part, say } from "./page.js";
import { ProgrammeForm } from "./programme_form.js";
import { Units } from "./programme_units.js";
import { daysOf } from "./programme_words.js";
import { noticeOnTop } from "./signed_out.js";

/**
 * @typedef {import("./programme_types.js").ProgrammeView} ProgrammeView
 * @typedef {import("./programme_types.js").ProgrammePage} ProgrammePage
 */

/** @type {{may_keep: boolean}} */
const facts = pageFacts();
const PATH = "/api/v1/programmes";

function Page() {
  const [programmes, setProgrammes] = useState(/** @type {readonly ProgrammeView[] | null} */ (null));
  const [cursor, setCursor] = useState(/** @type {string | null} */ (null));
  const [problem, setProblem] = useState("");
  /** @param {string | null} after */
  const load = async (after) => {
    /** @type {import("./http.js").Answer<ProgrammePage>} */
    const answer = await get(after === null ? PATH : `${PATH}?cursor=${encodeURIComponent(after)}`);
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (!answer.ok) return;
    setProgrammes((known) => [...(after === null ? [] : (known ?? [])), ...answer.value.programmes]);
    setCursor(answer.value.next_cursor);
  };
  useEffect(() => void load(null), []);
  /** @param {import("./programme_form.js").Content} content */
  const make = async (content) => {
    /** @type {import("./http.js").Answer<ProgrammeView>} */
    const answer = await command("POST", PATH, content);
    if (!answer.ok) return failureWords(answer.failure);
    location.assign(`/organiser/programmes/${answer.value.id}`);
    return "";
  };
  return html`<div class="stack">
    <div><h1>${say("programme.title")}</h1><p class="soft">${say("programme.lead")}</p></div>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    ${facts.may_keep && html`<details class="card card-roomy"><summary>${say("programme.new")}</summary><${ProgrammeForm} id="new" words=${say("programme.make")} onSave=${make} /></details>`}
    ${programmes === null && problem === "" && html`<p class="soft">${say("app.loading")}</p>`}
    ${programmes?.length === 0 && html`<p class="soft">${say("programme.none")}</p>`}
    <ul class="stack stack-tight" role="list">
      ${programmes?.map(
        (each) => html`<li key=${each.id}><a class="card session-line" href=${`/organiser/programmes/${each.id}`}>
          <strong>${each.name}</strong><span class="small soft">${daysOf(each.first_day, each.last_day)} · ${say(`programme.takes_${each.takes}`)}</span>
        </a></li>`,
      )}
    </ul>
    ${cursor !== null && html`<div class="row"><button class="button button-secondary" type="button" onClick=${() => void load(cursor)}>${say("programme.more")}</button></div>`}
    <div class="row"><a class="button button-secondary" href="/organiser/compare">${say("programme.compare")}</a></div>
    ${facts.may_keep && html`<${Units} />`}
  </div>`;
}

const root = part("programmes", HTMLElement);
root.replaceChildren();
noticeOnTop();
render(html`<${Page} />`, root);
