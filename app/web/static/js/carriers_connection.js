// GHTK's API: the token, where parcels are fetched, and the address with its secret that GHTK sends notices to, shown once.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { ago } from "./format.js";
import { Field } from "./goods_parts.js";
import { get, remove, send } from "./http.js";
import { failureWords, say } from "./page.js";
import { SureButton } from "./sure_button.js";

/**
 * @typedef {import("./carriers_types.js").CarrierAccount} CarrierAccount
 * @typedef {import("./carriers_types.js").ConnectedAccount} ConnectedAccount
 * @typedef {import("./carriers_types.js").Pickup} Pickup
 */

const PATH = "/api/v1/carrier-accounts";
/** @type {Pickup} */
const EMPTY = { name: "", phone: "", address: "", province: "", district: "", ward: "" };
const FIELDS = /** @type {const} */ (["name", "phone", "address", "ward", "district", "province"]);
const NEEDED = /** @type {const} */ (["name", "phone", "address", "province"]);

/** @param {{maySet: boolean}} props */
export function Connection({ maySet }) {
  const [account, setAccount] = useState(/** @type {CarrierAccount | null | undefined} */ (undefined));
  const [pickup, setPickup] = useState(EMPTY);
  const [token, setToken] = useState("");
  const [secret, setSecret] = useState(/** @type {string | null} */ (null));
  const [problem, setProblem] = useState("");
  const [done, setDone] = useState("");
  /** @param {import("./http.js").Answer<{items: CarrierAccount[]}>} answer */
  const take = (answer) => {
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (!answer.ok) return;
    const found = answer.value.items[0] ?? null;
    setAccount(found);
    if (found !== null) setPickup(found.pickup);
  };
  useEffect(() => void get(PATH).then((answer) => take(/** @type {import("./http.js").Answer<{items: CarrierAccount[]}>} */ (answer))), []);
  const save = async () => {
    /** @type {import("./http.js").Answer<ConnectedAccount>} */
    const answer = await send("PUT", `${PATH}/ghtk`, { token: token.trim() || null, pickup });
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    setDone(answer.ok ? say("carriers.connected") : "");
    if (!answer.ok) return;
    setAccount(answer.value.account);
    setSecret(answer.value.notice_secret);
    setToken("");
  };
  if (account === undefined) return html`<p class="soft" role="status">${problem || say("app.loading")}</p>`;
  const isReady = NEEDED.every((name) => pickup[name].trim() !== "") && (account !== null || token.trim() !== "");
  return html`<section class="card card-roomy stack" aria-labelledby="ghtk">
    <div class="row row-between"><h2 id="ghtk">Giao Hàng Tiết Kiệm (GHTK)</h2>
      <span class=${account?.heard_at_ms ? "badge badge-good" : "badge"}>${account === null ? say("payments.feed_off") : account.heard_at_ms === null ? say("payments.feed_silent") : say("payments.feed_heard", { time: ago((Date.now() - account.heard_at_ms) / 1000) })}</span></div>
    <p class="small soft">${say("carriers.connection_lead")}</p>
    ${account !== null && html`<div><p class="small soft">${say("carriers.notice_address")}</p><p><code class="payments-code">${`${location.origin}${account.notice_path}?hash=${secret ?? "•••"}`}</code></p></div>`}
    ${secret !== null && html`<p class="notice notice-warning"><span>${say("carriers.secret_once")}</span></p>`}
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    ${done !== "" && html`<p class="notice notice-good" role="status">${done}</p>`}
    ${maySet &&
    html`<${Field} id="token" label=${say("carriers.token")} hint=${say(account === null ? "carriers.token_hint" : "carriers.token_kept")} value=${token} most=${200} type="password" onInput=${setToken} />
      <h3>${say("carriers.pickup")}</h3>
      <div class="payments-columns">${FIELDS.map((name) => html`<${Field} key=${name} id=${`pickup-${name}`} label=${say(`carriers.pickup_${name}`)} value=${pickup[name]} most=${80} onInput=${(/** @type {string} */ text) => setPickup({ ...pickup, [name]: text })} />`)}</div>
      <div class="row"><button class="button button-primary" type="button" disabled=${!isReady} onClick=${save}>${say("carriers.connect")}</button>
        ${account !== null && html`<${SureButton} words=${say("carriers.disconnect")} sureWords=${say("carriers.disconnect_sure")} onSure=${async () => take(await remove(`${PATH}/ghtk`))} />`}</div>`}
  </section>`;
}
