// Logins of a producer, for organisers: made with a first password to hand over, closed again.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { Field } from "./goods_parts.js";
import { command, get } from "./http.js";
import { randomUuid } from "./memory.js";
import { failureWords, say } from "./page.js";
import { SureButton } from "./sure_button.js";

/** @typedef {import("./goods_types.js").LoginView} LoginView */

/** A password that can be read out: four groups of four. */
function somePassword() {
  const signs = randomUuid().replaceAll("-", "").slice(0, 16);
  return signs.match(/.{4}/g)?.join("-") ?? signs;
}

/** @param {{producerId: string}} props */
export function ProducerLogins({ producerId }) {
  const path = `/api/v1/producers/${producerId}/logins`;
  const [logins, setLogins] = useState(/** @type {readonly LoginView[]} */ ([]));
  const [login, setLogin] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState(somePassword);
  const [problem, setProblem] = useState("");
  const [made, setMade] = useState(/** @type {{login: string, password: string} | null} */ (null));
  const load = async () => {
    /** @type {import("./http.js").Answer<{items: LoginView[]}>} */
    const answer = await get(path);
    if (answer.ok) setLogins(answer.value.items);
  };
  useEffect(() => void load(), []);
  /** @param {Event} event */
  const create = async (event) => {
    event.preventDefault();
    const answer = await command("POST", path, { login: login.trim(), display_name: name.trim(), password });
    if (!answer.ok) return setProblem(failureWords(answer.failure));
    setProblem("");
    setMade({ login: login.trim(), password });
    setLogin("");
    setName("");
    setPassword(somePassword());
    await load();
  };
  /** @param {string} id */
  const close = async (id) => {
    const answer = await command("POST", `${path}/${id}/close`);
    if (!answer.ok) setProblem(failureWords(answer.failure));
    await load();
  };
  return html`<section class="card card-roomy stack">
    <div><h2>${say("goods.logins")}</h2><p class="soft small">${say("goods.logins_lead")}</p></div>
    ${logins.length > 0 &&
    html`<ul class="stack stack-tight" role="list">
      ${logins.map(
        (each) => html`<li key=${each.user_id} class="row row-between">
          <span><strong>${each.login}</strong> <span class="soft">${each.display_name}</span></span>
          ${each.is_active
            ? html`<${SureButton} words=${say("goods.close_login")} sureWords=${say("goods.close_login_sure")} onSure=${() => close(each.user_id)} />`
            : html`<span class="badge">${say("goods.login_closed")}</span>`}
        </li>`,
      )}
    </ul>`}
    ${made && html`<p class="notice notice-good" role="status"><span>${say("goods.login_made", made)}</span></p>`}
    <form class="stack" novalidate onSubmit=${create}>
      <${Field} id="login-name" label=${say("login.username")} value=${login} most=${120} onInput=${setLogin} hint=${say("goods.login_hint")} />
      <${Field} id="login-person" label=${say("goods.login_person")} value=${name} most=${80} onInput=${setName} />
      <${Field} id="login-password" label=${say("goods.first_password")} value=${password} most=${256} onInput=${setPassword} />
      ${problem && html`<p class="notice notice-danger" role="alert">${problem}</p>`}
      <button class="button button-secondary" type="submit">${say("goods.make_login")}</button>
    </form>
  </section>`;
}
