// How far an order is, by phone and code, for whoever has lost its link.

import { html, render } from "htm/preact";
import { useState } from "preact/hooks";

import { fetchFonts } from "./fonts.js";
import { send } from "./http.js";
import { StateBadge, sayIfKnown } from "./order_words.js";
import { failureWords, part, say } from "./page.js";
import { Field } from "./text_field.js";

/** @typedef {import("./ledger_kinds.js").Kind} Kind */

function Lookup() {
  const [phone, setPhone] = useState("");
  const [code, setCode] = useState("");
  const [problem, setProblem] = useState("");
  const [found, setFound] = useState(/** @type {Kind | null} */ (null));
  const [isBusy, setIsBusy] = useState(false);

  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    setFound(null);
    if (phone.replace(/\D/g, "").length < 8 || code.trim() === "") return setProblem(say("order.lookup_missing"));
    setIsBusy(true);
    /** @type {import("./http.js").Answer<{state: Kind}>} */
    const answer = await send("POST", "/api/v1/order-lookup", { phone: phone.trim(), code: code.trim() });
    setIsBusy(false);
    setProblem(answer.ok ? "" : answer.failure.code === "order_not_found" ? say("order.lookup_nothing") : refusalWords(answer.failure));
    if (answer.ok) setFound(answer.value.state);
  };

  return html`<form class="card stack" novalidate onSubmit=${submit}>
    <${Field} id="lookup-phone" label=${say("form.phone")} value=${phone} most=${20} inputMode="tel" autocomplete="tel" onInput=${setPhone} />
    <${Field} id="lookup-code" label=${say("order.code")} hint=${say("order.code_hint")} value=${code} most=${40} autocomplete="off" onInput=${setCode} />
    <div role="status" class="stack stack-tight">
      ${problem !== "" && html`<p class="notice notice-warning">${problem}</p>`}
      ${found !== null && html`<p class="row"><span>${say("order.lookup_state")}</span><${StateBadge} state=${found} /></p><p class="small soft">${found === "placed" ? say("order.lookup_placed") : sayIfKnown(`order.next_${found}`)}</p>`}
    </div>
    <button class="button button-primary button-block" type="submit" disabled=${isBusy}>${say("order.lookup_ask")}</button>
  </form>`;
}

/** @param {import("./http.js").Failure} failure */
function refusalWords(failure) {
  const seconds = failure.retry_after_seconds;
  if (failure.code !== "rate_limited" || typeof seconds !== "number") return failureWords(failure);
  return say("order.lookup_wait", { minutes: Math.max(1, Math.ceil(seconds / 60)) });
}

const root = part("lookup", HTMLElement);
render(html`<${Lookup} />`, root);
fetchFonts();
