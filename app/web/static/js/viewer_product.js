// A product from near: pictures, story, who made it, what its certificate and its label say. Fetched when somebody taps on a product.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { day, money } from "./format.js";
import { get } from "./http.js";
import { say } from "./page.js";
import { Picture, Stars } from "./parts.js";
import { offerOf } from "./state.js";
import { ProductToOrder } from "./viewer_order.js";

/**
 * @typedef {import("./protocol.js").ProductView} ProductView
 * @typedef {import("./viewer_actions.js").Market} Market
 */

/**
 * As in app/sessions/product_sheet.py.
 * @typedef {object} ProductSheetView
 * @property {string} story
 * @property {ReadonlyArray<{url: string, alt: string}>} pictures
 * @property {{name: string, kind: string, story: string, commune_name: string, province_name: string}} producer
 * @property {{number: string | null, stars: number | null, valid_from: string | null, valid_until: string | null} | null} certificate
 * @property {Readonly<Record<string, string>>} label what `LabelFacts` in app/catalog/label.py names; empty where nobody wrote it down
 */

/** @param {{market: Market, product: ProductView}} props */
export function ProductSheet({ market, product }) {
  const [sheet, setSheet] = useState(/** @type {ProductSheetView | null} */ (null));
  const { sessionId } = market.room;
  useEffect(() => market.room.showInterest("opened", product.id), [product.id]);
  useEffect(() => {
    let isCurrent = true;
    void (async () => {
      /** @type {import("./http.js").Answer<ProductSheetView>} */
      const answer = await get(`/api/v1/sessions/${sessionId}/products/${product.id}`);
      // Without it the sheet shows what the room knows.
      if (isCurrent && answer.ok) setSheet(answer.value);
    })();
    return () => {
      isCurrent = false;
    };
  }, [sessionId, product.id]);
  const offer = offerOf(market.room.state.value.offers, product.id);
  const makerStory = sheet?.producer.story ?? "";
  const label = labelOf(sheet);
  return html`<div class="stack product-sheet">
    <${Pictures} product=${product} pictures=${sheet?.pictures ?? []} />
    ${product.ocop_stars !== null && html`<p><${Stars} count=${product.ocop_stars} /></p>`}
    <${Facts} facts=${factsOf(product, sheet)} />
    ${product.story !== "" && html`<section><h3>${say("product.story")}</h3><p class="product-story">${product.story}</p></section>`}
    ${makerStory !== "" && html`<section><h3>${product.producer_name}</h3><p class="product-story">${makerStory}</p></section>`}
    ${label.length > 0 && html`<section><h3>${say("goods.label")}</h3><${Facts} facts=${label} /></section>`}
    <div class="card"><${ProductToOrder} market=${market} product=${product} offer=${offer} /></div>
  </div>`;
}

/** @param {{facts: ReadonlyArray<[string, string]>}} props */
function Facts({ facts }) {
  return html`<dl class="product-facts">${facts.map(([name, value]) => html`<div key=${name}><dt>${say(name)}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** All pictures side by side, moved by the finger or the arrow keys. @param {{product: ProductView, pictures: ProductSheetView["pictures"]}} props */
function Pictures({ product, pictures }) {
  if (pictures.length < 2) return html`<${Picture} product=${product} class="product-sheet-picture" />`;
  return html`<div class="product-gallery" role="group" tabindex="0" aria-label=${say("product.pictures", { count: pictures.length })}>
    ${pictures.map(
      (picture) => html`<${Picture} key=${picture.url} product=${{ picture_url: picture.url, picture_alt: picture.alt || product.name }} class="product-sheet-picture" />`,
    )}
  </div>`;
}

/**
 * What is known of a product, each with the key of its name; what nobody wrote down is left out.
 * @param {ProductView} product
 * @param {ProductSheetView | null} sheet
 * @returns {Array<[string, string]>}
 */
function factsOf(product, sheet) {
  const place = sheet === null ? product.commune_name : `${sheet.producer.commune_name}, ${sheet.producer.province_name}`;
  const until = sheet?.certificate?.valid_until ?? null;
  const certificate = product.ocop_certificate_number ?? say("product.no_certificate");
  /** @type {Array<[string, string]>} */
  const facts = [
    ["product.made_by", product.producer_name],
    ["product.kind", sheet === null ? "" : say(`producer.${sheet.producer.kind}`)],
    ["product.from", place],
    ["product.weight", weightWords(product.weight_grams)],
    ["product.certificate", until === null ? certificate : say("product.certificate_until", { number: certificate, day: day(Date.parse(until)) })],
    ["product.price", `${money(product.price_vnd)} / ${product.unit}`],
  ];
  return facts.filter(([, value]) => value !== "");
}

/**
 * What the label says, in the order of the form that asks for it.
 * @param {ProductSheetView | null} sheet
 * @returns {Array<[string, string]>}
 */
function labelOf(sheet) {
  /** @type {Array<[string, string]>} */
  const facts = Object.entries(sheet?.label ?? {}).map(([name, value]) => [`goods.label_${name}`, value]);
  return facts.filter(([, value]) => value !== "");
}

/** @param {number} grams */
function weightWords(grams) {
  return grams >= 1_000 && grams % 100 === 0 ? `${String(grams / 1_000).replace(".", ",")} kg` : `${grams} g`;
}
