// Inviting somebody: a role, a note for oneself, and the link to send; and the invitations that still wait.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { dateTime } from "./format.js";
import { Field } from "./goods_parts.js";
import { command, remove } from "./http.js";
import { failureWords, say } from "./page.js";
import { RoleChoice, grantWords } from "./people_roles.js";
import { SureButton } from "./sure_button.js";

/**
 * @typedef {import("./people_types.js").Grant} Grant
 * @typedef {import("./people_types.js").PeopleFacts} PeopleFacts
 * @typedef {import("./people_types.js").Invitation} Invitation
 */

/** @param {{facts: PeopleFacts, onMade: () => Promise<void>}} props */
export function Invite({ facts, onMade }) {
  const [isOpen, setIsOpen] = useState(false);
  const [note, setNote] = useState("");
  const [link, setLink] = useState("");
  const [problem, setProblem] = useState("");
  /** @param {Grant} grant */
  const invite = async ({ role, ward_code, session_id }) => {
    /** @type {import("./http.js").Answer<{path: string}>} */
    const answer = await command("POST", "/api/v1/invitations", { grant: { role, ward_code, session_id }, note: note.trim() });
    if (!answer.ok) return setProblem(failureWords(answer.failure));
    setProblem("");
    setNote("");
    setLink(location.origin + answer.value.path);
    await onMade();
  };
  if (!isOpen) return html`<div class="row"><button class="button button-primary" type="button" onClick=${() => setIsOpen(true)}>${say("people.invite")}</button></div>`;
  return html`<section class="card card-roomy stack" aria-label=${say("people.invite")}>
    <h2>${say("people.invite")}</h2>
    ${link === ""
      ? html`<${Field} id="invite-note" label=${say("people.invite_note")} hint=${say("people.invite_note_hint")} value=${note} most=${80} onInput=${setNote} />
          <${RoleChoice} id="invite" facts=${facts} words=${say("people.make_link")} isPrimary onChoose=${invite} />`
      : html`<${Link} link=${link} onDone=${() => (setLink(""), setIsOpen(false))} />`}
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
  </section>`;
}

/** @param {{link: string, onDone: () => void}} props */
function Link({ link, onDone }) {
  const [isCopied, setIsCopied] = useState(false);
  return html`<div class="stack stack-tight" role="status">
    <p class="notice notice-good"><span>${say("people.link_made")}</span></p>
    <label class="field-label" for="invite-link">${say("people.link")}</label>
    <input class="input" id="invite-link" readonly value=${link} onFocus=${(/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.currentTarget).select()} />
    <div class="row">
      ${typeof navigator.share === "function" && html`<button class="button button-primary" type="button" onClick=${() => void navigator.share({ url: link }).catch(() => undefined)}>${say("people.send_link")}</button>`}
      ${navigator.clipboard && html`<button class="button button-secondary" type="button" onClick=${async () => (await navigator.clipboard.writeText(link), setIsCopied(true))}>${say(isCopied ? "people.copied" : "people.copy_link")}</button>`}
      <button class="button button-quiet" type="button" onClick=${onDone}>${say("people.done")}</button>
    </div>
  </div>`;
}

/** @param {{facts: PeopleFacts, waiting: readonly Invitation[], onChange: () => Promise<void>}} props */
export function Invitations({ facts, waiting, onChange }) {
  if (waiting.length === 0) return null;
  return html`<section class="card stack stack-tight" aria-labelledby="waiting">
    <h2 id="waiting">${say("people.waiting")}</h2>
    <ul class="stack stack-tight" role="list">
      ${waiting.map(
        (each) => html`<li key=${each.id} class="row row-between">
          <span class="grow"><strong>${each.note || grantWords(each.grant, facts)}</strong>
            <span class="small soft person-login">${each.note && `${grantWords(each.grant, facts)} · `}${say("people.until", { time: dateTime(Date.parse(each.expires_at)) })}</span></span>
          <${SureButton} words=${say("people.revoke")} sureWords=${say("people.revoke_sure")} onSure=${async () => (await remove(`/api/v1/invitations/${each.id}`), onChange())} />
        </li>`,
      )}
    </ul>
  </section>`;
}
