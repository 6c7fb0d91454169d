// Zone "now": what is on air, the offers that run, and the form for the next one.

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { NumberField } from "./board_fields.js";
import { HalfPriceEvidence } from "./board_half_price.js";
import { PreparedOffers } from "./board_prepared.js";
import { countdown, money, number } from "./format.js";
import { say } from "./page.js";
import { Picture, Stars, isLow } from "./parts.js";
import { SureButton } from "./sure_button.js";

/**
 * @typedef {import("./board_actions.js").BoardActions} BoardActions
 * @typedef {import("./board_actions.js").FlashWish} FlashWish
 * @typedef {import("./board_half_price.js").Evidence} Evidence
 * @typedef {import("./protocol.js").OfferView} OfferView
 * @typedef {import("./protocol.js").ProductView} ProductView
 */

const EXTEND_SECONDS = 60;
const USUAL_SHARE = 0.7;
const HALF = 0.5;
/** @type {Omit<FlashWish, "price">} */
const USUAL = { quantity: 30, limit: 2, minutes: 2, below_half: null };

/** @param {{actions: BoardActions}} props */
export function NowZone({ actions }) {
  const { products, offers, pinnedProductId, session } = actions.room.state.value;
  const pinned = products.find((product) => product.id === pinnedProductId);
  const running = offers.filter((offer) => offer.state === "open");
  const target = products.find((product) => product.id === actions.productId);
  const isOpen = actions.runs && session.state !== "ended" && session.state !== "closed";
  return html`<section class="card zone zone-now stack" aria-labelledby="zone-now">
    <h2 id="zone-now">${say("host.zone_now")}</h2>
    ${pinned
      ? html`<div class="product">
          <${Picture} product=${pinned} />
          <div>
            <p class="product-name">${pinned.name}</p>
            <p class="row"><span class="small soft">${pinned.code} · ${money(pinned.price_vnd)}</span><${Stars} count=${pinned.ocop_stars} /></p>
          </div>
        </div>`
      : html`<p class="soft">${say("host.nothing_pinned")}</p>`}
    ${running.map((offer) => html`<${RunningOffer} key=${offer.id} actions=${actions} offer=${offer} product=${products.find((each) => each.id === offer.product_id)} />`)}
    ${isOpen && target && (actions.showsFlashForm.value || (session.state === "live" && running.length === 0)) && html`<${FlashForm} key=${target.id} actions=${actions} product=${target} />`}
    ${isOpen && !target && html`<p class="small soft">${say("host.flash_wait")}</p>`}
    ${isOpen && target && (running.length > 0 || session.state !== "live") && !actions.showsFlashForm.value &&
    html`<button class="button button-secondary" type="button" onClick=${() => (actions.showsFlashForm.value = true)}>${say(session.state === "live" ? "host.another_flash" : "host.prepare_flash", { product: target.name })}</button>`}
    ${actions.runs && html`<${PreparedOffers} actions=${actions} />`}
  </section>`;
}

/** @param {{actions: BoardActions, offer: OfferView, product: ProductView | undefined}} props */
function RunningOffer({ actions, offer, product }) {
  const seconds = actions.room.secondsUntil(offer.ends_at_ms);
  const left = say("host.offer_left", { left: number(offer.remaining), total: number(offer.total_quantity) });
  return html`<div class="running stack stack-tight">
    <div class="row row-between">
      <span class="badge badge-flash">${say("viewer.offer_open")}</span>
      ${offer.ends_at_ms !== null && html`<span class=${seconds <= 15 ? "countdown board-clock is-ending" : "countdown board-clock"} role="timer">${countdown(seconds)}</span>`}
    </div>
    <p><strong>${product?.name ?? ""}</strong> · <span class="price">${money(offer.flash_price_vnd)}</span></p>
    <div class="stock-line">
      <progress class=${isLow(offer) ? "stock-bar is-low" : "stock-bar"} max=${offer.total_quantity} value=${offer.remaining} aria-label=${left}></progress>
      <strong class="number">${offer.remaining > 0 ? left : say("viewer.sold_out")}</strong>
    </div>
    ${actions.runs && html`<div class="row">
      <button class="button button-secondary grow" type="button" onClick=${() => actions.extend(offer, EXTEND_SECONDS)}>
        ${say("host.extend_flash", { count: EXTEND_SECONDS / 60 })}
      </button>
      <${SureButton} class="grow" words=${say("host.stop_flash")} sureWords=${say("host.stop_flash_sure")} onSure=${() => actions.stop(offer)} />
    </div>`}
  </div>`;
}

/** @param {{actions: BoardActions, product: ProductView}} props */
function FlashForm({ actions, product }) {
  const usualPrice = Math.max(1_000, Math.round((product.price_vnd * USUAL_SHARE) / 1_000) * 1_000);
  const [wish, setWish] = useState(/** @type {FlashWish} */ ({ ...USUAL, price: Math.min(usualPrice, product.price_vnd) }));
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const isAsked = actions.showsFlashForm.value;
  const isLive = actions.room.state.value.session.state === "live";
  useEffect(() => {
    if (isAsked) form.current?.querySelector("input")?.focus();
  }, [isAsked]);
  const percent = Math.round((1 - wish.price / product.price_vnd) * 100);
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    if (form.current?.reportValidity()) void actions.openFlash(product.id, wish, isLive);
  };
  const prepare = () => {
    if (form.current?.reportValidity()) void actions.openFlash(product.id, wish, false);
  };
  /** @param {Partial<FlashWish>} change */
  const change = (change) => setWish({ ...wish, ...change });
  return html`<form class="stack stack-tight flash-form" ref=${form} onSubmit=${submit}>
    <p class="small"><strong>${say("host.flash_of", { product: product.name })}</strong></p>
    <div class="flash-fields">
      <${NumberField} id="flash-price" label=${`${say("host.offer_price")} (${say("unit.vnd")})`} value=${wish.price} most=${product.price_vnd} step=${1} onInput=${(/** @type {number} */ price) => change({ price })} />
      <${NumberField} id="flash-quantity" label=${say("host.offer_quantity")} value=${wish.quantity} most=${100_000} onInput=${(/** @type {number} */ quantity) => change({ quantity })} />
      <${NumberField} id="flash-limit" label=${say("host.offer_limit")} value=${wish.limit} most=${1_000} onInput=${(/** @type {number} */ limit) => change({ limit })} />
      <${NumberField} id="flash-minutes" label=${say("host.offer_minutes")} value=${wish.minutes} most=${360} step=${0.5} least=${0.5} onInput=${(/** @type {number} */ minutes) => change({ minutes })} />
    </div>
    <p class="small soft">${money(wish.price)} · ${say("host.discount", { percent })}</p>
    ${wish.price < product.price_vnd * HALF && html`<${HalfPriceEvidence} evidence=${wish.below_half} onChange=${(/** @type {Evidence} */ below_half) => change({ below_half })} />`}
    <div class="row">
      <button class="button button-primary grow" type="submit" disabled=${actions.isBusy.value}>${say(isLive ? "host.open_flash" : "host.prepare_offer")}</button>
      ${isLive && html`<button class="button button-secondary" type="button" disabled=${actions.isBusy.value} onClick=${prepare}>${say("host.prepare_offer")}</button>`}
    </div>
  </form>`;
}
