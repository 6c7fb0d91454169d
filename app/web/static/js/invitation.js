// What an invitation's link opens: what one is invited to, and the form for one's own account. Afterwards straight to work.

import { html, render } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { dateTime } from "./format.js";
import { Field } from "./goods_parts.js";
import { send } from "./http.js";
import { failureWords, pageFacts, part, say } from "./page.js";

/** @typedef {import("./people_types.js").Role} Role */
/** @typedef {{organisation_name: string, role: Role, expires_at: string}} InvitedTo */

const PASSWORD_LEAST = 10;

/** @type {{starts: Readonly<Record<string, string>>}} */
const facts = pageFacts();
const token = location.hash.slice(1).replace(/[^\w-]/g, "");
// The link's secret stays in this page's memory: no bookmark, no history and no shoulder gets it.
history.replaceState(null, "", location.pathname);

function Page() {
  const [invited, setInvited] = useState(/** @type {InvitedTo | null} */ (null));
  const [problem, setProblem] = useState("");
  useEffect(() => {
    void (async () => {
      if (token === "") return setProblem(say("invitation.no_token"));
      /** @type {import("./http.js").Answer<InvitedTo>} */
      const answer = await send("POST", "/api/v1/invitation/look", { token });
      if (answer.ok) setInvited(answer.value);
      else setProblem(failureWords(answer.failure));
    })();
  }, []);
  if (problem !== "") return html`<div class="card card-roomy stack"><h1>${say("invitation.title")}</h1><p class="notice notice-danger" role="alert"><span>${problem}</span></p><p><a href="/login">${say("invitation.to_login")}</a></p></div>`;
  if (invited === null) return html`<h1>${say("invitation.title")}</h1><p class="soft">${say("app.loading")}</p>`;
  return html`<${Form} invited=${invited} />`;
}

/** @param {{invited: InvitedTo}} props */
function Form({ invited }) {
  const [name, setName] = useState("");
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [isShown, setIsShown] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [asked, setAsked] = useState(false);
  const gaps = {
    name: name.trim() === "" ? say("invitation.name_missing") : "",
    login: login.trim() === "" ? say("login.username_missing") : "",
    password: password.length < PASSWORD_LEAST ? say("invitation.password_short", { count: PASSWORD_LEAST }) : "",
  };
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    setAsked(true);
    if (isBusy || gaps.name !== "" || gaps.login !== "" || gaps.password !== "") return;
    setIsBusy(true);
    /** @type {import("./http.js").Answer<{role: string}>} */
    const answer = await send("POST", "/api/v1/invitation/accept", { token, login: login.trim(), display_name: name.trim(), password });
    if (answer.ok) return location.assign(facts.starts[answer.value.role] ?? "/");
    setIsBusy(false);
    setProblem(failureWords(answer.failure));
  };
  return html`<form class="card card-roomy stack" novalidate onSubmit=${submit}>
    <div class="stack stack-tight">
      <h1>${say("invitation.welcome")}</h1>
      <p>${say("invitation.to", { organisation: invited.organisation_name, role: say(`people.role_${invited.role}`) })}</p>
      <p class="small soft">${say(`people.role_${invited.role}_lead`)}</p>
    </div>
    <${Field} id="invited-name" label=${say("invitation.name")} value=${name} most=${80} problem=${asked ? gaps.name : ""} onInput=${setName} />
    <${Field} id="invited-login" label=${say("login.username")} hint=${say("invitation.login_hint")} value=${login} most=${120} problem=${asked ? gaps.login : ""} onInput=${setLogin} />
    <${Field} id="invited-password" label=${say("login.password")} type=${isShown ? "text" : "password"} hint=${say("invitation.password_hint", { count: PASSWORD_LEAST })} value=${password} most=${256} problem=${asked ? gaps.password : ""} onInput=${setPassword} />
    <label class="switch small"><input type="checkbox" role="switch" checked=${isShown} onChange=${() => setIsShown(!isShown)} />${say("login.show_password")}</label>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    <button class="button button-primary button-block" type="submit" disabled=${isBusy} aria-busy=${isBusy ? "true" : "false"}>${say("invitation.accept")}</button>
    <p class="small soft">${say("invitation.until", { time: dateTime(Date.parse(invited.expires_at)) })}</p>
  </form>`;
}

const root = part("invitation", HTMLElement);
root.replaceChildren();
render(html`<${Page} />`, root);
