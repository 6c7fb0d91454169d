// One-time codes of a phone: switched on with a QR code and a first code, off with the password.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { Field } from "./goods_parts.js";
import { send } from "./http.js";
import { failureWords, say } from "./page.js";

const PATH = "/api/v1/account/second-factor";

/** @typedef {{secret: string, uri: string, qr: string}} Enrolment */

/** @param {{isOn: boolean, onChange: () => Promise<void>}} props */
export function SecondFactor({ isOn, onChange }) {
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [enrolment, setEnrolment] = useState(/** @type {Enrolment | null} */ (null));
  const [problem, setProblem] = useState("");
  /** @param {Event} event */
  const begin = async (event) => {
    event.preventDefault();
    /** @type {import("./http.js").Answer<Enrolment>} */
    const answer = await send("POST", isOn ? `${PATH}/drop` : PATH, { password });
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (!answer.ok) return;
    setPassword("");
    if (isOn) await onChange();
    else setEnrolment(answer.value);
  };
  /** @param {Event} event */
  const confirm = async (event) => {
    event.preventDefault();
    const answer = await send("POST", `${PATH}/confirm`, { code: code.trim() });
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    setCode("");
    if (!answer.ok) return;
    setEnrolment(null);
    await onChange();
  };
  return html`<section class="card card-roomy stack" aria-labelledby="second-factor">
    <div class="row row-between"><h2 id="second-factor">${say("account.factor")}</h2><span class=${isOn ? "badge badge-good" : "badge"}>${say(isOn ? "account.factor_on" : "account.factor_off")}</span></div>
    <p class="small soft">${say("account.factor_lead")}</p>
    ${enrolment === null
      ? html`<form class="stack stack-tight" novalidate onSubmit=${begin}>
          <${Field} id="factor-password" type="password" label=${say("account.password_now")} value=${password} most=${256} onInput=${setPassword} />
          <div class="row"><button class=${isOn ? "button button-danger" : "button button-secondary"} type="submit" disabled=${password === ""}>${say(isOn ? "account.factor_drop" : "account.factor_begin")}</button></div>
        </form>`
      : html`<form class="stack stack-tight" novalidate onSubmit=${confirm}>
          <p>${say("account.factor_scan")}</p>
          <img class="factor-picture" src=${enrolment.qr} alt=${say("account.factor_picture")} width="220" height="220" />
          <p class="small soft">${say("account.factor_type")} <code class="factor-secret">${enrolment.secret.match(/.{4}/g)?.join(" ") ?? enrolment.secret}</code></p>
          <${Field} id="factor-code" label=${say("account.factor_code")} inputmode="numeric" value=${code} most=${7} onInput=${setCode} />
          <div class="row"><button class="button button-primary" type="submit" disabled=${code.trim().length < 6}>${say("account.factor_confirm")}</button></div>
        </form>`}
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
  </section>`;
}
