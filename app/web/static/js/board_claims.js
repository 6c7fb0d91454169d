// "Chốt đơn": what comments ask for, how long their units are held, and one tap for each way on.

import { html } from "htm/preact";
import { useLayoutEffect, useState } from "preact/hooks";

import { AddressFields, useAddress } from "./address_fields.js";
import { buyerOf, draft, emptyDraft } from "./buyer.js";
import { heldLines, linesWords, refusedWords, sumOf } from "./claim_words.js";
import { countdown, money, number } from "./format.js";
import { say } from "./page.js";

/**
 * @typedef {import("./claim_hands.js").ClaimHands} ClaimHands
 * @typedef {import("./protocol.js").ClaimView} ClaimView
 */

/** @param {{claims: ClaimHands}} props */
export function ClaimsPanel({ claims }) {
  const waiting = claims.waiting.value;
  const others = claims.others.value;
  if (waiting.length + others.length === 0) return null;
  return html`<section class="card claims stack stack-tight" aria-labelledby="claims-title">
    <h2 id="claims-title">${say("claim.title")} <span class="badge badge-flash number">${number(waiting.length)}</span></h2>
    ${claims.problem.value !== "" && html`<p class="field-error" role="alert">${claims.problem.value}</p>`}
    ${waiting.length === 0 && html`<p class="small soft">${say("claim.none")}</p>`}
    <ol class="claim-list" role="list">
      ${waiting.map((claim) => html`<${Claim} key=${claim.id} claims=${claims} claim=${claim} isChosen=${claim.id === claims.chosen?.id} />`)}
    </ol>
    ${others.length > 0 && html`<details><summary class="small soft">${say("claim.others", { count: number(others.length) })}</summary>
      <ul class="claim-list" role="list">${others.map((claim) => html`<li key=${claim.id} class="claim-row claim-done">
        <p class="grow"><strong>${claim.author}</strong> · ${linesWords(claim.lines)} <span class="badge">${say(`claim.state_${claim.state}`)}</span>${claim.order_code !== null && html` <span class="number">${claim.order_code}</span>`}</p>
        ${claims.mayWork && (claim.state === "expired" || claim.state === "sold_out") && html`<button class="button button-quiet" type="button" disabled=${claims.isBusy.value} onClick=${() => claims.mend(claim, claim.lines.map(({ product_id, quantity }) => ({ product_id, quantity })))}>${say("claim.hold_again")}</button>`}
      </li>`)}</ul></details>`}
  </section>`;
}

/** @param {{claims: ClaimHands, claim: ClaimView, isChosen: boolean}} props */
function Claim({ claims, claim, isChosen }) {
  const seconds = claims.secondsUntil(claim.until_ms);
  const title = claims.titleOf(claim);
  const receiver = claims.receivers.value[claim.id] ?? null;
  const phone = claims.phones.value[claim.id];
  const refused = refusedWords(claim);
  const goods = linesWords(heldLines(claim));
  const face = isChosen ? claims.face.value : "";
  return html`<li class=${isChosen ? "claim-row is-chosen stack stack-tight" : "claim-row stack stack-tight"} aria-current=${isChosen ? "true" : undefined}>
    <div class="row row-between">
      <p class="grow"><strong>${claim.author}</strong>${claim.source !== "page" && html` <span class="badge">${say(`source.${claim.source}`)}</span>`}: ${claim.words}</p>
      <span class=${seconds <= 60 ? "countdown is-ending" : "countdown"} role="timer" aria-label=${say("claim.hold_left", { time: countdown(seconds) })}>${countdown(seconds)}</span>
    </div>
    <p class="row"><strong class="claim-goods">${goods}</strong> <span class="number">${money(sumOf(heldLines(claim)))}</span>
      ${claim.is_change && html`<span class="badge badge-flash">${say("claim.reconfirm")}</span>`}
      ${claims.opensOrder !== null && (claim.follows_order_id ?? null) !== null && html`<button class="button button-quiet" type="button" onClick=${() => claims.opensOrder?.(claim, claim.follows_order_id ?? "")}>${say("claim.order_before")}</button>`}
      ${(claim.asked_at_ms ?? null) !== null && html`<span class="badge">${say("claim.asked")}</span>`}
      ${refused !== "" && html`<span class="small field-error">${refused}</span>`}</p>
    <p class="small soft row">
      ${claim.phone_masked !== null && (phone === undefined
        ? html`<button class="button button-quiet" type="button" disabled=${!claims.mayWork} onClick=${() => claims.showPhone(claim)}>☎ ${claim.phone_masked}</button>`
        : html`<a class="number" href=${`tel:${phone}`}>${phone.replace("+84", "0")}</a>`)}
      ${title !== "" && html`<span>${title}</span>`}
      <span>${receiver === null ? say("claim.no_receiver") : say("claim.receiver", { name: receiver.name, ward: receiver.ward_name })}</span>
    </p>
    ${claims.mayWork && html`<div class="row claim-keys">
      <button class="button button-primary grow" type="button" aria-label=${`${say("claim.confirm")}: ${claim.author}, ${goods}`} disabled=${claims.isBusy.value} onClick=${() => claims.confirm(claim)}>${say("claim.confirm")}</button>
      <button class="button button-secondary" type="button" aria-expanded=${face === "lines" ? "true" : "false"} onClick=${() => {
        claims.chosenId.value = claim.id;
        claims.face.value = face === "lines" ? "" : "lines";
      }}>${say("claim.mend")}</button>
      <button class="button button-quiet" type="button" disabled=${claims.isBusy.value} aria-label=${`${say("claim.ask_again")}: ${claim.author}`} onClick=${() => claims.askAgain(claim)}>${say("claim.ask_again")}</button>
      <button class="button button-quiet" type="button" disabled=${claims.isBusy.value} aria-label=${`${say("claim.reject")}: ${claim.author}`} onClick=${() => claims.reject(claim)}>${say("claim.reject")}</button>
    </div>`}
    ${face === "lines" && html`<${Lines} claims=${claims} claim=${claim} />`}
    ${face === "receiver" && html`<${Receiver} key=${claim.id} claims=${claims} claim=${claim} />`}
  </li>`;
}

/** @param {{claims: ClaimHands, claim: ClaimView}} props */
function Lines({ claims, claim }) {
  const products = claims.productsOf(claim);
  const [units, setUnits] = useState(/** @type {Readonly<Record<string, number>>} */ (Object.fromEntries(claim.lines.map((line) => [line.product_id, line.quantity]))));
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    const lines = Object.entries(units).filter(([, quantity]) => quantity > 0).map(([product_id, quantity]) => ({ product_id, quantity }));
    if (lines.length > 0) void claims.mend(claim, lines);
  };
  const shown = products.filter((product) => product.id in units);
  const others = products.filter((product) => !(product.id in units));
  return html`<form class="stack stack-tight" onSubmit=${submit}>
    ${shown.map((product) => html`<label key=${product.id} class="row"><span class="grow"><strong>${product.code}</strong> ${product.name}</span>
      <input class="input number claim-units" type="number" inputmode="numeric" min="0" max="1000" step="1" value=${units[product.id]}
        onInput=${(/** @type {Event} */ event) => setUnits({ ...units, [product.id]: /** @type {HTMLInputElement} */ (event.currentTarget).valueAsNumber || 0 })} /></label>`)}
    ${others.length > 0 && html`<select class="input" aria-label=${say("claim.add_product")} value="" onChange=${(/** @type {Event} */ event) => {
      const { value } = /** @type {HTMLSelectElement} */ (event.currentTarget);
      if (value !== "") setUnits({ ...units, [value]: 1 });
    }}><option value="">${say("claim.add_product")}</option>${others.map((product) => html`<option value=${product.id}>${product.code} · ${product.name}</option>`)}</select>`}
    <button class="button button-secondary" type="submit" disabled=${claims.isBusy.value}>${say("claim.hold_these")}</button>
  </form>`;
}

/** Where it goes, as the buyer says it. @param {{claims: ClaimHands, claim: ClaimView}} props */
function Receiver({ claims, claim }) {
  const address = useAddress({});
  // The form of the buyer before must not become this one's.
  useLayoutEffect(emptyDraft, [claim.id]);
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    const buyer = address.isComplete() ? buyerOf(draft.peek()) : null;
    if (buyer !== null) void claims.confirm(claim, buyer);
  };
  return html`<form class="stack stack-tight" novalidate onSubmit=${submit}>
    <p class="small soft">${say("claim.ask_receiver")}</p>
    <${AddressFields} ...${address} />
    <button class="button button-primary" type="submit" disabled=${claims.isBusy.value}>${say("claim.confirm")}</button>
  </form>`;
}
