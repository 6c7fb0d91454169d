// Offers made beforehand that wait for the host's hand or for their time: opened, changed or dropped in one place.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { NumberField } from "./board_fields.js";
import { countdown, money, number } from "./format.js";
import { say } from "./page.js";
import { SureButton } from "./sure_button.js";

/**
 * @typedef {import("./board_actions.js").BoardActions} BoardActions
 * @typedef {import("./protocol.js").OfferView} OfferView
 */

/** @param {{actions: BoardActions}} props */
export function PreparedOffers({ actions }) {
  const { offers } = actions.room.state.value;
  const known = new Set(offers.map((offer) => offer.id));
  const prepared = [...actions.prepared.value.filter((offer) => !known.has(offer.id)), ...offers.filter((offer) => offer.state === "scheduled")];
  if (prepared.length === 0) return null;
  return html`<div class="stack stack-tight prepared">
    <h3>${say("host.prepared")}</h3>
    ${prepared.map((offer) => html`<${Prepared} key=${offer.id} actions=${actions} offer=${offer} />`)}
  </div>`;
}

/** @param {{actions: BoardActions, offer: OfferView}} props */
function Prepared({ actions, offer }) {
  const { products, session } = actions.room.state.value;
  const [isChanging, setIsChanging] = useState(false);
  const name = products.find((product) => product.id === offer.product_id)?.name ?? "";
  const when = offer.starts_at_ms === null ? "" : ` · ${say("viewer.offer_soon", { time: countdown(actions.room.secondsUntil(offer.starts_at_ms)) })}`;
  return html`<div class="stack stack-tight prepared-offer">
    <p><span class="run-name">${name}</span><span class="tiny soft">${money(offer.flash_price_vnd)} · ${number(offer.total_quantity)} ${say("unit.pieces")}${when}</span></p>
    <div class="row prepared-row">
      <button class="button button-secondary grow" type="button" aria-label=${`${say("host.open_now")}: ${name}`}
        disabled=${actions.isBusy.value || session.state !== "live"} onClick=${() => actions.openPrepared(offer)}>${say("host.open_now")}</button>
      <button class="button button-quiet" type="button" aria-expanded=${isChanging ? "true" : "false"} aria-label=${`${say("host.change_offer")}: ${name}`} onClick=${() => setIsChanging(!isChanging)}>${say("host.change_offer")}</button>
      <${SureButton} words=${say("host.drop_offer")} sureWords=${say("host.drop_offer_sure")} disabled=${actions.isBusy.value} onSure=${() => actions.dropPrepared(offer)} />
    </div>
    ${isChanging && html`<${ChangeForm} actions=${actions} offer=${offer} onDone=${() => setIsChanging(false)} />`}
  </div>`;
}

/** @param {{actions: BoardActions, offer: OfferView, onDone: () => void}} props */
function ChangeForm({ actions, offer, onDone }) {
  const [wish, setWish] = useState({ price: offer.flash_price_vnd, quantity: offer.total_quantity, limit: offer.per_viewer_limit });
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    if (await actions.changePrepared(offer, wish)) onDone();
  };
  return html`<form class="stack stack-tight" onSubmit=${submit}>
    <div class="flash-fields">
      <${NumberField} id=${`price-${offer.id}`} label=${`${say("host.offer_price")} (${say("unit.vnd")})`} value=${wish.price} most=${offer.regular_price_vnd} onInput=${(/** @type {number} */ price) => setWish({ ...wish, price })} />
      <${NumberField} id=${`quantity-${offer.id}`} label=${say("host.offer_quantity")} value=${wish.quantity} most=${100_000} onInput=${(/** @type {number} */ quantity) => setWish({ ...wish, quantity })} />
      <${NumberField} id=${`limit-${offer.id}`} label=${say("host.offer_limit")} value=${wish.limit} most=${1_000} onInput=${(/** @type {number} */ limit) => setWish({ ...wish, limit })} />
    </div>
    <button class="button button-primary" type="submit" disabled=${actions.isBusy.value}>${say("app.save")}</button>
  </form>`;
}
