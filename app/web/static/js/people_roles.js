// A role and where it holds: in words, and as a choice.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { Choice } from "./goods_parts.js";
import { say } from "./page.js";
import { WardChoice } from "./ward_choice.js";

/**
 * @typedef {import("./people_types.js").Grant} Grant
 * @typedef {import("./people_types.js").Role} Role
 * @typedef {import("./people_types.js").PeopleFacts} PeopleFacts
 */
/** @typedef {"all" | "ward" | "session"} Scope */

/** Of those that were chosen on this page; the page's facts have the names of all before. @type {Map<number, string>} */
const namesOfWards = new Map();

/** @param {Grant} grant @param {PeopleFacts} facts */
export function grantWords(grant, facts) {
  const role = say(`people.role_${grant.role}`);
  if (grant.session_id !== null) return `${role} · ${facts.sessions.find((each) => each.id === grant.session_id)?.title ?? say("people.some_session")}`;
  return grant.ward_code === null ? role : `${role} · ${namesOfWards.get(grant.ward_code) ?? facts.wards[grant.ward_code] ?? say("people.some_ward", { code: grant.ward_code })}`;
}

/** @param {{id: string, facts: PeopleFacts, words: string, isPrimary?: boolean, onChoose: (grant: Grant) => void}} props */
export function RoleChoice({ id, facts, words, isPrimary = false, onChoose }) {
  const [role, setRole] = useState(/** @type {Role} */ ("helper"));
  const [scope, setScope] = useState(/** @type {Scope} */ (facts.sessions.length > 0 ? "session" : "all"));
  const [sessionId, setSessionId] = useState(facts.sessions[0]?.id ?? "");
  const [ward, setWard] = useState(/** @type {import("./place_choice.js").Place | null} */ (null));
  const isComplete = scope === "all" || (scope === "session" ? sessionId !== "" : ward !== null);
  /** @type {readonly (readonly [string, string])[]} */
  const scopes = [["all", say("people.scope_all")], ["ward", say("people.scope_ward")], ...(facts.sessions.length > 0 ? [/** @type {const} */ (["session", say("people.scope_session")])] : [])];
  return html`<div class="stack stack-tight">
    <${Choice} id=${`${id}-role`} label=${say("people.role")} value=${role} options=${facts.roles.map((each) => [each, say(`people.role_${each}`)])} onChange=${(/** @type {string} */ value) => setRole(/** @type {Role} */ (value))} />
    <p class="small soft">${say(`people.role_${role}_lead`)}</p>
    <${Choice} id=${`${id}-scope`} label=${say("people.scope")} value=${scope} options=${scopes} onChange=${(/** @type {string} */ value) => setScope(/** @type {Scope} */ (value))} />
    ${scope === "session" && html`<${Choice} id=${`${id}-session`} label=${say("people.which_session")} value=${sessionId} options=${facts.sessions.map((each) => [each.id, each.title])} onChange=${setSessionId} />`}
    ${scope === "ward" && html`<${WardChoice} id=${id} ward=${ward} onChoose=${(/** @type {import("./place_choice.js").Place | null} */ place) => {
      if (place !== null) namesOfWards.set(place.code, place.name);
      setWard(place);
    }} />`}
    <div class="row"><button class=${isPrimary ? "button button-primary" : "button button-secondary"} type="button" disabled=${!isComplete}
      onClick=${() => onChoose({ role, ward_code: scope === "ward" ? (ward?.code ?? null) : null, session_id: scope === "session" ? sessionId : null })}>${words}</button></div>
  </div>`;
}
