// Programs that send comments of other platforms into a session; what they sign with is shown once, to whoever made them.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { dateTime } from "./format.js";
import { Field } from "./goods_parts.js";
import { command, get, remove } from "./http.js";
import { failureWords, say } from "./page.js";
import { SureButton } from "./sure_button.js";

/** @typedef {"facebook" | "tiktok" | "youtube" | "other" | "social_stream"} Platform */
/** @typedef {{id: string, platform: Platform, label: string, created_at_ms: number}} Source */
/** @typedef {{id: string, secret: string, address: string, webhook: string}} Issued */

/** @type {readonly Platform[]} */
const PLATFORMS = ["social_stream", "facebook", "tiktok", "youtube", "other"];

/** @param {Platform} platform */
const nameOf = (platform) => say(platform === "social_stream" ? "claim.source_social_stream" : `host.platform_${platform}`);

/** @param {{path: string}} props */
export function Sources({ path }) {
  const [sources, setSources] = useState(/** @type {readonly Source[] | null} */ (null));
  const [issued, setIssued] = useState(/** @type {(Issued & {platform: Platform}) | null} */ (null));
  const [platform, setPlatform] = useState(/** @type {Platform} */ ("social_stream"));
  const [label, setLabel] = useState("");
  const [problem, setProblem] = useState("");
  const load = async () => {
    /** @type {import("./http.js").Answer<{sources: Source[]}>} */
    const answer = await get(path);
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (answer.ok) setSources(answer.value.sources);
  };
  useEffect(() => void load(), []);
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    /** @type {import("./http.js").Answer<Issued>} */
    const answer = await command("POST", path, { platform, label: label.trim() });
    if (!answer.ok) return void setProblem(failureWords(answer.failure));
    await load();
    setIssued({ ...answer.value, platform });
    setLabel("");
  };
  /** @param {string} id */
  const end = async (id) => {
    const answer = await remove(`${path}/${id}`);
    if (issued?.id === id) setIssued(null);
    await load();
    if (!answer.ok) setProblem(failureWords(answer.failure));
  };
  return html`<section class="card card-roomy stack" aria-labelledby="sources">
    <h2 id="sources">${say("claim.sources")}</h2>
    <p class="small soft">${say("claim.sources_lead")}</p>
    ${issued !== null && html`<${Shown} issued=${issued} />`}
    ${sources?.length === 0 && html`<p class="small soft">${say("claim.sources_none")}</p>`}
    <ul class="stack stack-tight" role="list">
      ${(sources ?? []).map(
        (source) => html`<li key=${source.id} class="row row-between">
          <span class="grow"><strong>${source.label}</strong> <span class="small soft">${nameOf(source.platform)} · <span class="number">${dateTime(source.created_at_ms)}</span></span></span>
          <${SureButton} words=${say("claim.source_end")} sureWords=${say("claim.source_end_sure")} onSure=${() => void end(source.id)} />
        </li>`,
      )}
    </ul>
    <form class="stack stack-tight" onSubmit=${submit}>
      <div class="field"><label class="field-label" for="platform">${say("claim.source_platform")}</label>
        <select class="input" id="platform" value=${platform} onChange=${(/** @type {Event} */ event) => setPlatform(/** @type {Platform} */ (/** @type {HTMLSelectElement} */ (event.currentTarget).value))}>
          ${PLATFORMS.map((each) => html`<option key=${each} value=${each}>${nameOf(each)}</option>`)}
        </select></div>
      <${Field} id="source-label" label=${say("claim.source_label")} hint=${say("claim.source_label_hint")} value=${label} most=${60} onInput=${setLabel} />
      <div class="row"><button class="button button-secondary" type="submit" disabled=${label.trim() === ""}>${say("claim.source_make")}</button></div>
    </form>
    ${problem !== "" && html`<p class="field-error" role="alert">${problem}</p>`}
  </section>`;
}

/** What must be copied now: it stands nowhere afterwards. @param {{issued: Issued & {platform: Platform}}} props */
function Shown({ issued }) {
  const origin = location.origin;
  const isStream = issued.platform === "social_stream";
  const start = `OCOP_SOURCE_SECRET=${issued.secret} ocop bridge social-stream --session … --address ${origin}${issued.address}`;
  return html`<div class="notice notice-warning claim-secret" role="status"><div class="stack stack-tight">
    <strong>${say("claim.source_once")}</strong>
    ${isStream
      ? html`<p class="small">${say("claim.source_webhook")}</p><p><code>${`${origin}${issued.webhook}`}</code></p>
          <p class="small">${say("claim.source_bridge")}</p><p><code>${start}</code></p>`
      : html`<p class="small">${say("claim.source_address")}</p><p><code>${`${origin}${issued.address}`}</code></p>
          <p class="small">${say("claim.source_secret")}</p><p><code>${issued.secret}</code></p>`}
  </div></div>`;
}
