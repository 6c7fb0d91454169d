// Who works for the organisation: roles of everybody, invitations by link, closing an account.

import { html, render } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import "./staff.js";
import { ago } from "./format.js";
import { get, remove, send, command } from "./http.js";
import { failureWords, pageFacts, part, say } from "./page.js";
import { Invite, Invitations } from "./people_invite.js";
import { RoleChoice, grantWords } from "./people_roles.js";
import { noticeOnTop } from "./signed_out.js";
import { SureButton } from "./sure_button.js";

/**
 * @typedef {import("./people_types.js").Grant} Grant
 * @typedef {import("./people_types.js").Person} Person
 * @typedef {import("./people_types.js").PeopleFacts} PeopleFacts
 * @typedef {import("./people_types.js").Invitation} Invitation
 */

/** @type {PeopleFacts} */
const facts = pageFacts();

function Page() {
  const [people, setPeople] = useState(/** @type {readonly Person[] | null} */ (null));
  const [waiting, setWaiting] = useState(/** @type {readonly Invitation[]} */ ([]));
  const [problem, setProblem] = useState("");
  const load = async () => {
    /** @type {[import("./http.js").Answer<{items: Person[]}>, import("./http.js").Answer<{items: Invitation[]}>]} */
    const [one, two] = await Promise.all([get("/api/v1/people"), get("/api/v1/invitations")]);
    if (!one.ok) return setProblem(failureWords(one.failure));
    if (!two.ok) return setProblem(failureWords(two.failure));
    setProblem("");
    setPeople(one.value.items);
    setWaiting(two.value.items);
  };
  useEffect(() => void load(), []);
  const active = (people ?? []).filter((person) => person.is_active);
  const closed = (people ?? []).filter((person) => !person.is_active);
  return html`<div class="stack">
    <div><h1>${say("people.title")}</h1><p class="soft">${say("people.lead")}</p></div>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    <${Invite} facts=${facts} onMade=${load} />
    <${Invitations} facts=${facts} waiting=${waiting} onChange=${load} />
    ${people === null && problem === "" && html`<p class="soft">${say("app.loading")}</p>`}
    ${active.map((person) => html`<${PersonCard} key=${person.user_id} person=${person} onChange=${load} />`)}
    ${closed.length > 0 &&
    html`<details class="card"><summary>${say("people.closed_some", { count: closed.length })}</summary>
      <ul class="stack stack-tight" role="list">${closed.map((person) => html`<li key=${person.user_id}>${person.display_name} <span class="soft small">${person.login}</span></li>`)}</ul>
    </details>`}
  </div>`;
}

/** @param {{person: Person, onChange: () => Promise<void>}} props */
function PersonCard({ person, onChange }) {
  const [isOpen, setIsOpen] = useState(false);
  const isMe = person.user_id === facts.user_id;
  return html`<section class="card stack stack-tight person" aria-label=${person.display_name}>
    <div class="row row-between">
      <span class="grow"><strong>${person.display_name}</strong>${isMe && html` <span class="badge">${say("people.me")}</span>`}
        <span class="small soft person-login">${person.login} · ${person.signed_in_at === null ? say("people.not_here") : say("people.here_since", { time: ago((Date.now() - Date.parse(person.signed_in_at)) / 1000) })}</span></span>
      <button class="button button-quiet" type="button" aria-expanded=${isOpen ? "true" : "false"} onClick=${() => setIsOpen(!isOpen)}>${say(isOpen ? "app.close" : "people.change")}</button>
    </div>
    <ul class="row person-roles" role="list">
      ${person.grants.map((grant) => html`<li key=${grantWords(grant, facts)} class="badge badge-outline">${grantWords(grant, facts)}</li>`)}
      ${person.has_second_factor && html`<li class="badge badge-good">${say("people.has_second_factor")}</li>`}
    </ul>
    ${isOpen && html`<${Change} person=${person} onChange=${onChange} />`}
  </section>`;
}

/** @param {{person: Person, onChange: () => Promise<void>}} props */
function Change({ person, onChange }) {
  const [grants, setGrants] = useState(person.grants);
  const [words, setWords] = useState({ text: "", isGood: true });
  const isProducer = grants.some((grant) => grant.role === "producer");
  /** @param {import("./http.js").Answer<unknown>} answer */
  const tell = async (answer) => {
    setWords(answer.ok ? { text: say("people.saved"), isGood: true } : { text: failureWords(answer.failure), isGood: false });
    if (answer.ok) await onChange();
  };
  const path = `/api/v1/people/${person.user_id}`;
  return html`<div class="stack person-change">
    <ul class="stack stack-tight" role="list">
      ${grants.map(
        (grant, place) => html`<li key=${grantWords(grant, facts)} class="row row-between">
          <span class="grow">${grantWords(grant, facts)}</span>
          <button class="button button-quiet" type="button" aria-label=${`${say("people.take")}: ${grantWords(grant, facts)}`} disabled=${grants.length === 1 || grant.role === "producer"}
            onClick=${() => setGrants(grants.filter((_, index) => index !== place))}>${say("people.take")}</button>
        </li>`,
      )}
    </ul>
    ${!isProducer && html`<${RoleChoice} id=${`role-${person.user_id}`} facts=${facts} words=${say("people.add_role")} onChoose=${(/** @type {Grant} */ grant) => setGrants([...grants, grant])} />`}
    <div class="row">
      <button class="button button-primary" type="button" disabled=${grants === person.grants} onClick=${async () => tell(await send("PUT", `${path}/roles`, { grants: grants.map(({ role, ward_code, session_id }) => ({ role, ward_code, session_id })) }))}>${say("people.save_roles")}</button>
      ${person.has_second_factor &&
      html`<${SureButton} words=${say("people.forget_factor")} sureWords=${say("people.forget_factor_sure")} onSure=${async () => tell(await remove(`${path}/second-factor`))} />`}
      <${SureButton} words=${say("people.close")} sureWords=${say("people.close_sure")} onSure=${async () => tell(await command("POST", `${path}/close`))} />
    </div>
    <div role="status">${words.text !== "" && html`<p class=${words.isGood ? "notice notice-good" : "notice notice-danger"}><span>${words.text}</span></p>`}</div>
  </div>`;
}

const root = part("people", HTMLElement);
root.replaceChildren();
noticeOnTop();
render(html`<${Page} />`, root);
