// Small pieces that every page draws: pictures, stars, numbers that count up, stock and its bar.

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { number } from "./format.js";
import { say } from "./page.js";

/** @typedef {import("./protocol.js").ProductView} ProductView */
/** @typedef {import("./protocol.js").OfferView} OfferView */

const PLACEHOLDER = "/static/pictures/placeholder.svg";
const LOW_SHARE = 0.2;
const COUNT_UP_MS = 200;

/** @param {{product: Pick<ProductView, "picture_url" | "picture_alt">, class?: string}} props */
export function Picture({ product, class: name = "product-picture" }) {
  const [source, setSource] = useState(product.picture_url || PLACEHOLDER);
  useEffect(() => setSource(product.picture_url || PLACEHOLDER), [product.picture_url]);
  return html`<img
    class=${name}
    src=${source}
    alt=${product.picture_alt}
    width="64"
    height="64"
    decoding="async"
    onError=${() => setSource(PLACEHOLDER)}
  />`;
}

/** @param {{count: number | null}} props */
export function Stars({ count }) {
  if (count === null) return null;
  const label = say("product.stars", { count });
  return html`<span class="stars" role="img" aria-label=${label} title=${label}>
    ${[1, 2, 3, 4, 5].map((place) => html`<span class=${place <= count ? "star" : "star star-off"}></span>`)}
  </span>`;
}

/**
 * A number that runs to its new value; at once where motion is unwelcome or the page is not seen.
 * @param {{value: number, format?: (value: number) => string}} props
 */
export function Counting({ value, format = number }) {
  const [shown, setShown] = useState(value);
  const shownRef = useRef(value);
  useEffect(() => {
    const from = shownRef.current;
    if (from === value) return undefined;
    if (document.hidden || matchMedia("(prefers-reduced-motion: reduce)").matches) {
      shownRef.current = value;
      setShown(value);
      return undefined;
    }
    const startedAt = performance.now();
    /** @param {number} now */
    const step = (now) => {
      const share = Math.min(1, Math.max(0, (now - startedAt) / COUNT_UP_MS));
      shownRef.current = Math.round(from + (value - from) * share);
      setShown(shownRef.current);
      if (share < 1) frame = requestAnimationFrame(step);
    };
    let frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [value]);
  return html`<span class="number">${format(shown)}</span>`;
}

/** @param {OfferView} offer */
export function isLow(offer) {
  return offer.remaining > 0 && offer.remaining <= Math.max(3, offer.total_quantity * LOW_SHARE);
}

/** @param {OfferView} offer */
export function stockWords(offer) {
  if (offer.remaining <= 0) return say("viewer.sold_out");
  return say(isLow(offer) ? "viewer.stock_low" : "viewer.stock_left", { count: number(offer.remaining) });
}

/** @param {{offer: OfferView, isKept?: boolean}} props isKept: what is left is set aside for others */
export function Stock({ offer, isKept = false }) {
  const words = isKept ? say("viewer.kept_for_others") : stockWords(offer);
  return html`<div class="stock-line">
    <progress class=${isLow(offer) ? "stock-bar is-low" : "stock-bar"} max=${offer.total_quantity} value=${isKept ? 0 : offer.remaining} aria-label=${words}></progress>
    <span>${words}</span>
  </div>`;
}

/**
 * Old and new price, read aloud with their names.
 * @param {{product: ProductView, offer: OfferView | null, format: (vnd: number) => string}} props
 */
export function Prices({ product, offer, format }) {
  if (offer === null || offer.state === "ended") return html`<p class="prices"><span class="price">${format(product.price_vnd)}</span></p>`;
  return html`<p class="prices">
    <span class="visually-hidden">${say("viewer.price_flash")}</span><span class="price price-flash">${format(offer.flash_price_vnd)}</span>
    ${offer.flash_price_vnd < offer.regular_price_vnd &&
    html`<span class="visually-hidden">${say("viewer.price_old")}</span><s class="price-old">${format(offer.regular_price_vnd)}</s>`}
  </p>`;
}
