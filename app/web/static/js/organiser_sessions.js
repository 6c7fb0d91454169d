// The organiser's list of sessions, the rules of the live sales, what delivery costs, and the phone number that stands on buyers' orders.

import { html, render } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import "./staff.js";
import { get, send } from "./http.js";
import { spelledPhone } from "./order_words.js";
import { failureWords, say } from "./page.js";
import { LivestreamRules } from "./rules_form.js";
import { OrganisationShipping } from "./shipping_form.js";
import { noticeOnTop } from "./signed_out.js";

/** @typedef {import("./http.js").Answer<{phone: string | null}>} ContactAnswer */

function SellerPhone() {
  // Null until it is known; what is typed meanwhile stays.
  const [phone, setPhone] = useState(/** @type {string | null} */ (null));
  const [words, setWords] = useState({ text: "", isGood: true });
  useEffect(() => {
    void (async () => {
      /** @type {ContactAnswer} */
      const answer = await get("/api/v1/seller-contact");
      if (answer.ok) setPhone((typed) => typed ?? spelledPhone(answer.value.phone ?? ""));
    })();
  }, []);
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    if (phone === null) return;
    /** @type {ContactAnswer} */
    const answer = await send("PUT", "/api/v1/seller-contact", { phone: phone.trim() === "" ? null : phone.trim() });
    if (answer.ok) setPhone(spelledPhone(answer.value.phone ?? ""));
    setWords(answer.ok ? { text: say("host.seller_phone_saved"), isGood: true } : { text: failureWords(answer.failure), isGood: false });
  };
  return html`<form class="card stack stack-tight" novalidate onSubmit=${submit}>
    <label class="field-label" for="seller-phone">${say("host.seller_phone")}</label>
    <p class="small soft" id="seller-phone-hint">${say("host.seller_phone_hint")}</p>
    <div class="row">
      <input class="input" id="seller-phone" inputmode="tel" autocomplete="tel" maxlength="20" aria-describedby="seller-phone-hint" value=${phone ?? ""}
        onInput=${(/** @type {Event} */ event) => setPhone(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />
      <button class="button button-secondary" type="submit">${say("host.seller_phone_save")}</button>
    </div>
    <div role="status">${words.text !== "" && html`<p class=${words.isGood ? "notice notice-good" : "notice notice-danger"}>${words.text}</p>`}</div>
  </form>`;
}

noticeOnTop();
const place = document.getElementById("selling-terms");
if (place) render(html`<${LivestreamRules} /><${OrganisationShipping} /><${SellerPhone} />`, place);
