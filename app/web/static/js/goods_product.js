// One product, everything about it: pictures are saved as they arrive, words by the button; the score says what is missing.

import { html, render } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";

import "./staff.js";
import { vndOf, wholeOf } from "./amount_rules.js";
import { number } from "./format.js";
import { SellerPapers } from "./goods_papers.js";
import { amountProblem, Certificate, Score } from "./goods_parts.js";
import { command } from "./http.js";
import { failureWords, pageFacts, part, say } from "./page.js";
import { PictureField } from "./picture_field.js";
import { ProductFields } from "./product_fields.js";
import { noticeOnTop } from "./signed_out.js";

/** @typedef {import("./goods_types.js").ProductDetails} ProductDetails */
/** @typedef {import("./goods_types.js").PictureView} PictureView */
/** @typedef {import("./goods_types.js").ListingItem} ListingItem */
/** @typedef {import("./product_fields.js").Wish} Wish */
/** @typedef {import("./http.js").Answer<ProductDetails>} ProductAnswer */

/** @type {{product: ProductDetails, may_check_papers: boolean}} */
const facts = pageFacts();
const path = `/api/v1/products/${facts.product.id}`;

/** Where on this page an item of the list is filled in. @type {Readonly<Record<ListingItem, string>>} */
const FIELD_OF = {
  name: "product-name", producer: "", origin: "label-origin", ingredients: "label-ingredients", net_weight: "label-net_weight",
  shelf_life: "label-shelf_life", storage: "label-storage", usage: "label-usage", warning: "label-warning",
  responsible: "label-responsible_name", certificate: "certificate-number", pictures: "field-pictures", story: "product-story",
};

/** @param {ProductDetails} product @returns {Wish} */
function wishOf(product) {
  const { name, story, unit, category, is_alcohol, is_active, label } = product;
  return {
    name, story, unit, is_alcohol, is_active, label,
    category: category ?? "",
    price: number(product.price_vnd),
    weight: number(product.weight_grams),
    code: product.code ?? "",
    video: product.story_video_url ?? "",
    stars: product.ocop_stars === null ? "" : String(product.ocop_stars),
    certificate: product.certificate_number ?? "",
    certifiedOn: product.certified_on ?? "",
    expiresOn: product.certificate_expires_on ?? "",
  };
}

/** @param {Wish} wish */
function contentOf(wish) {
  return {
    name: wish.name.trim(), story: wish.story, unit: wish.unit.trim(), is_alcohol: wish.is_alcohol, is_active: wish.is_active, label: wish.label,
    category: wish.category || null,
    price_vnd: vndOf(wish.price),
    weight_grams: wholeOf(wish.weight),
    code: wish.code.trim() || null,
    story_video_url: wish.video.trim() || null,
    ocop_stars: wish.stars === "" ? null : Number(wish.stars),
    certificate_number: wish.certificate.trim() || null,
    certified_on: wish.certifiedOn || null,
    certificate_expires_on: wish.expiresOn || null,
  };
}

/** @param {Wish} wish */
function missingOf(wish) {
  /** @type {Record<string, string>} */
  const problems = {};
  if (wish.name.trim() === "") problems["name"] = say("goods.name_missing");
  if (!vndOf(wish.price)) problems["price"] = amountProblem(wish.price) || say("goods.price_missing");
  if (wish.unit.trim() === "") problems["unit"] = say("goods.unit_missing");
  if (!wholeOf(wish.weight)) problems["weight"] = say("goods.weight_missing");
  if (wish.stars !== "" && (wish.certificate.trim() === "" || (wish.certifiedOn === "" && wish.expiresOn === ""))) problems["stars"] = say("goods.stars_need_certificate");
  return problems;
}

function Product() {
  const [product, setProduct] = useState(facts.product);
  const [pictures, setPictures] = useState(/** @type {readonly PictureView[]} */ (facts.product.pictures));
  const [wish, setWish] = useState(() => wishOf(facts.product));
  const [problems, setProblems] = useState(/** @type {Record<string, string>} */ ({}));
  const [outcome, setOutcome] = useState({ isGood: true, words: "" });
  const [isBusy, setIsBusy] = useState(false);
  const kept = useRef(pictures);
  const isChanged = JSON.stringify(wish) !== JSON.stringify(wishOf(product));
  useEffect(() => {
    /** @param {Event} event */
    const ask = (event) => event.preventDefault();
    if (isChanged) addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [isChanged]);

  /** @param {(pictures: readonly PictureView[]) => readonly PictureView[]} change */
  const changePictures = async (change) => {
    // Several uploads may end before one of them is saved: each change builds on the one before.
    kept.current = change(kept.current);
    setPictures(kept.current);
    const shown = kept.current.map(({ picture_id: id, path: address, alt }) => (id === null ? { path: address, alt } : { picture_id: id, alt }));
    /** @type {ProductAnswer} */
    const answer = await command("PATCH", path, { pictures: shown });
    if (answer.ok) setProduct((before) => ({ ...before, completeness: answer.value.completeness, pictures: answer.value.pictures }));
    else setOutcome({ isGood: false, words: failureWords(answer.failure) });
  };
  /** @param {Event} event */
  const save = async (event) => {
    event.preventDefault();
    const found = missingOf(wish);
    setProblems(found);
    setOutcome({ isGood: true, words: "" });
    const first = Object.keys(found)[0];
    if (first) document.getElementById(first === "stars" ? "certificate-number" : `product-${first}`)?.focus();
    if (first || isBusy) return;
    setIsBusy(true);
    /** @type {ProductAnswer} */
    const answer = await command("PATCH", path, contentOf(wish));
    setIsBusy(false);
    if (!answer.ok) return setOutcome({ isGood: false, words: failureWords(answer.failure) });
    setProduct(answer.value);
    setWish(wishOf(answer.value));
    setOutcome({ isGood: true, words: say("goods.saved") });
  };
  return html`<form class="product-page" novalidate onSubmit=${save}>
    <div class="product-main stack">
      <div>
        <p><a href="/organiser/goods">← ${say("goods.title")}</a></p>
        <h1>${product.name}</h1>
        <p class="row soft small"><a href=${`/organiser/goods/producers/${product.producer_id}`}>${product.producer_name}</a><${Certificate} product=${product} /></p>
      </div>
      <section class="card card-roomy"><h2>${say("goods.pictures")}</h2>
        <${PictureField} producerId=${product.producer_id} pictures=${pictures} productName=${product.name} onChange=${changePictures} /></section>
      <${ProductFields} wish=${wish} problems=${problems} onChange=${(/** @type {Partial<Wish>} */ change) => setWish({ ...wish, ...change })} />
    </div>
    <aside class="product-side">
      <div class="card stack stack-tight product-score" aria-live="polite">
        <div class="row row-between"><h2>${say("goods.description_score")}</h2><${Score} score=${product.completeness.score} /></div>
        ${product.completeness.missing.length === 0 ? html`<p class="notice notice-good">${say("goods.complete")}</p>` : html`<${Missing} items=${product.completeness.missing} producerId=${product.producer_id} />`}
      </div>
      <${SellerPapers} productId=${product.id} mayCheck=${facts.may_check_papers} />
      <div class="product-save">
        ${outcome.words && html`<p class=${outcome.isGood ? "notice notice-good" : "notice notice-danger"} role="status">${outcome.words}</p>`}
        <button class="button button-primary button-block" type="submit" disabled=${isBusy || !isChanged}>${isChanged || isBusy ? say("app.save") : say("goods.all_saved")}</button>
      </div>
    </aside>
  </form>`;
}

/** What is missing, each on a button that leads to its field. @param {{items: readonly ListingItem[], producerId: string}} props */
function Missing({ items, producerId }) {
  /** @param {ListingItem} item */
  const go = (item) => {
    if (item === "producer") return location.assign(`/organiser/goods/producers/${producerId}`);
    const field = document.getElementById(FIELD_OF[item]);
    field?.scrollIntoView({ block: "center" });
    field?.focus({ preventScroll: true });
  };
  return html`<p class="small soft">${say("goods.missing")}</p>
    <ul class="row missing-items" role="list">
      ${items.map((item) => html`<li key=${item}><button class="chip" type="button" onClick=${() => go(item)}>${say(`goods.item_${item}`)}</button></li>`)}
    </ul>`;
}

noticeOnTop();
render(html`<${Product} />`, part("goods", HTMLElement));
