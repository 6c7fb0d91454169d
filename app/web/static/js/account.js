// One's own account: password, browsers that are signed in, one-time codes, tokens for scripts.

import { html, render } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import "./staff.js";
import { SecondFactor } from "./account_factor.js";
import { Tokens } from "./account_tokens.js";
import { dateTime } from "./format.js";
import { Field } from "./goods_parts.js";
import { get, remove, send } from "./http.js";
import { failureWords, part, say } from "./page.js";
import { noticeOnTop } from "./signed_out.js";
import { SureButton } from "./sure_button.js";

/** @typedef {import("./people_types.js").Account} Account */

const PASSWORD_LEAST = 10;

function Page() {
  const [account, setAccount] = useState(/** @type {Account | null} */ (null));
  const [problem, setProblem] = useState("");
  const load = async () => {
    /** @type {import("./http.js").Answer<Account>} */
    const answer = await get("/api/v1/account");
    if (answer.ok) setAccount(answer.value);
    setProblem(answer.ok ? "" : failureWords(answer.failure));
  };
  useEffect(() => void load(), []);
  if (problem !== "") return html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`;
  if (account === null) return html`<p class="soft">${say("app.loading")}</p>`;
  return html`<div class="stack">
    <${Password} onChange=${load} />
    <${SignIns} account=${account} onChange=${load} />
    <${SecondFactor} isOn=${account.has_second_factor} onChange=${load} />
    ${account.token_actions.length > 0 && html`<${Tokens} actions=${account.token_actions} />`}
  </div>`;
}

/** @param {{onChange: () => Promise<void>}} props */
function Password({ onChange }) {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [words, setWords] = useState({ text: "", isGood: true });
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    if (next.length < PASSWORD_LEAST) return setWords({ text: say("account.password_short", { count: PASSWORD_LEAST }), isGood: false });
    const answer = await send("PUT", "/api/v1/account/password", { password: current, new_password: next });
    if (!answer.ok) return setWords({ text: failureWords(answer.failure), isGood: false });
    setCurrent("");
    setNext("");
    setWords({ text: say("account.password_changed"), isGood: true });
    await onChange();
  };
  return html`<form class="card card-roomy stack" novalidate onSubmit=${submit}>
    <div><h2>${say("account.password")}</h2><p class="small soft">${say("account.password_lead")}</p></div>
    <${Field} id="password-now" type="password" label=${say("account.password_now")} value=${current} most=${256} onInput=${setCurrent} />
    <${Field} id="password-new" type="password" label=${say("account.password_new")} value=${next} most=${256} hint=${say("account.password_hint", { count: PASSWORD_LEAST })} onInput=${setNext} />
    <div class="row"><button class="button button-secondary" type="submit" disabled=${current === "" || next === ""}>${say("account.change_password")}</button></div>
    <div role="status">${words.text !== "" && html`<p class=${words.isGood ? "notice notice-good" : "notice notice-danger"}><span>${words.text}</span></p>`}</div>
  </form>`;
}

/** @param {{account: Account, onChange: () => Promise<void>}} props */
function SignIns({ account, onChange }) {
  const [problem, setProblem] = useState("");
  /** @param {string} path */
  const end = async (path) => {
    const answer = await remove(path);
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    await onChange();
  };
  return html`<section class="card card-roomy stack" aria-labelledby="sign-ins">
    <h2 id="sign-ins">${say("account.sign_ins")}</h2>
    <ul class="stack stack-tight" role="list">
      ${account.sign_ins.map(
        (each) => html`<li key=${each.id} class="row row-between">
          <span class="grow"><strong>${each.browser || say("account.some_browser")}</strong>
            <span class="small soft person-login">${dateTime(Date.parse(each.created_at))}${each.network !== "" && ` · ${each.network}`}</span></span>
          ${each.is_current
            ? html`<span class="badge badge-good">${say("account.this_browser")}</span>`
            : html`<${SureButton} words=${say("account.end_sign_in")} sureWords=${say("account.end_sign_in_sure")} onSure=${() => end(`/api/v1/account/sign-ins/${each.id}`)} />`}
        </li>`,
      )}
    </ul>
    ${account.sign_ins.length > 2 && html`<div class="row"><${SureButton} words=${say("account.end_others")} sureWords=${say("account.end_others_sure")} onSure=${() => end("/api/v1/account/sign-ins")} /></div>`}
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
  </section>`;
}

const root = part("account", HTMLElement);
root.replaceChildren();
noticeOnTop();
render(html`<${Page} />`, root);
