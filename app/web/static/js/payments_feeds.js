// Notices of SePay and Casso: the address to enter there, and the secret, shown once.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { ago } from "./format.js";
import { Field } from "./goods_parts.js";
import { get, remove, send } from "./http.js";
import { failureWords, say } from "./page.js";
import { SureButton } from "./sure_button.js";

/**
 * @typedef {import("./payments_types.js").BankFeed} BankFeed
 * @typedef {import("./payments_types.js").OpenedFeed} OpenedFeed
 * @typedef {BankFeed["provider"]} Provider
 */

const PATH = "/api/v1/bank-feeds";
/** @type {readonly Provider[]} */
const PROVIDERS = ["sepay", "casso"];
const NAMES = { sepay: "SePay", casso: "Casso" };
const SHORTEST = 16;

export function Feeds() {
  const [feeds, setFeeds] = useState(/** @type {readonly BankFeed[] | null} */ (null));
  const [problem, setProblem] = useState("");
  /** @param {import("./http.js").Answer<{items: BankFeed[]}>} answer */
  const take = (answer) => {
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (answer.ok) setFeeds(answer.value.items);
  };
  const load = async () => take(await get(PATH));
  useEffect(() => void load(), []);
  return html`<section class="card card-roomy stack" aria-labelledby="feeds">
    <h2 id="feeds">${say("payments.feeds")}</h2>
    <p class="small soft">${say("payments.feeds_lead")}</p>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    ${feeds !== null &&
    PROVIDERS.map(
      (provider) => html`<${Feed} key=${provider} provider=${provider} feed=${feeds.find((each) => each.provider === provider) ?? null} onChange=${load}
        onEnd=${async () => take(await remove(`${PATH}/${provider}`))} />`,
    )}
  </section>`;
}

/** @param {{provider: Provider, feed: BankFeed | null, onChange: () => Promise<void>, onEnd: () => void}} props */
function Feed({ provider, feed, onChange, onEnd }) {
  const [secret, setSecret] = useState("");
  const [opened, setOpened] = useState(/** @type {OpenedFeed | null} */ (null));
  const [problem, setProblem] = useState("");
  const open = async () => {
    /** @type {import("./http.js").Answer<OpenedFeed>} */
    const answer = await send("PUT", `${PATH}/${provider}`, { secret: secret.trim() || null });
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (!answer.ok) return;
    setOpened(answer.value);
    setSecret("");
    await onChange();
  };
  const path = opened?.path ?? feed?.path ?? null;
  return html`<div class="stack stack-tight payments-account">
    <p class="row row-between"><strong>${NAMES[provider]}</strong>
      <span class=${feed?.heard_at_ms ? "badge badge-good" : "badge"}>${feed === null ? say("payments.feed_off") : feed.heard_at_ms === null ? say("payments.feed_silent") : say("payments.feed_heard", { time: ago((Date.now() - feed.heard_at_ms) / 1000) })}</span></p>
    ${path !== null && html`<div><p class="small soft">${say("payments.feed_address")}</p><p><code class="payments-code">${`${location.origin}${path}`}</code></p></div>`}
    ${opened !== null &&
    opened.secret !== null &&
    html`<div class="notice notice-warning"><span>${say("payments.feed_secret")}<br /><code class="payments-code">${opened.secret}</code></span></div>`}
    ${opened !== null && opened.secret === null && html`<p class="notice notice-good">${say("payments.feed_kept")}</p>`}
    <details><summary>${say(feed === null ? "payments.feed_open" : "payments.feed_renew")}</summary>
      <div class="stack stack-tight payments-name">
        <${Field} id=${`secret-${provider}`} label=${say("payments.feed_own_secret")} hint=${say("payments.feed_own_secret_hint")} value=${secret} most=${200} onInput=${setSecret} />
        <div class="row"><button class="button button-secondary" type="button" disabled=${secret.trim() !== "" && secret.trim().length < SHORTEST} onClick=${open}>${say(secret.trim() === "" ? "payments.feed_make" : "payments.feed_use")}</button>
          ${feed !== null && html`<${SureButton} words=${say("payments.feed_end")} sureWords=${say("payments.feed_end_sure")} onSure=${onEnd} />`}</div>
      </div>
    </details>
    ${problem !== "" && html`<p class="small" role="alert">${problem}</p>`}
  </div>`;
}
