// All goods at a glance: producers with their products, how complete each description is, what lapses, search.

import { html, render } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import "./staff.js";
import { money, number } from "./format.js";
import { GateForm } from "./goods_gate.js";
import { Certificate, GoodsPicture, Score } from "./goods_parts.js";
import { get } from "./http.js";
import { failureWords, pageFacts, part, say } from "./page.js";
import { folded } from "./place_search.js";
import { noticeOnTop } from "./signed_out.js";

/** @typedef {import("./goods_types.js").ProductDetails} ProductDetails */
/** @typedef {import("./goods_types.js").ProducerView} ProducerView */

/** @type {{role: "organiser" | "host" | "producer"}} */
const facts = pageFacts();
const isStaff = facts.role !== "producer";
const MOST = 500;

function Goods() {
  const [producers, setProducers] = useState(/** @type {readonly ProducerView[] | null} */ (null));
  const [products, setProducts] = useState(/** @type {readonly ProductDetails[]} */ ([]));
  const [problem, setProblem] = useState("");
  const [search, setSearch] = useState("");
  useEffect(() => {
    void (async () => {
      /** @type {[import("./http.js").Answer<{items: ProducerView[]}>, import("./http.js").Answer<{items: ProductDetails[]}>]} */
      const [one, two] = await Promise.all([get(`/api/v1/producers?limit=${MOST}`), get(`/api/v1/products?limit=${MOST}&include_inactive=true`)]);
      if (!one.ok) return setProblem(failureWords(one.failure));
      if (!two.ok) return setProblem(failureWords(two.failure));
      setProducers(one.value.items);
      setProducts(two.value.items);
    })();
  }, []);
  if (problem !== "") return html`<p class="notice notice-danger" role="alert">${problem}</p>`;
  if (producers === null) return html`<p class="soft">${say("app.loading")}</p>`;
  const wanted = folded(search);
  /** @param {ProducerView} producer */
  const shownOf = (producer) => {
    const own = products.filter((product) => product.producer_id === producer.id);
    if (wanted === "" || folded(producer.name).includes(wanted)) return own;
    return own.filter((product) => folded(`${product.name} ${product.code ?? ""}`).includes(wanted));
  };
  const shown = producers.map((producer) => ({ producer, products: shownOf(producer) }));
  const found = shown.filter((each) => wanted === "" || each.products.length > 0 || folded(each.producer.name).includes(wanted));
  return html`<div class="stack">
    <div class="row row-between">
      <h1>${say("goods.title")}</h1>
      ${producers.length > 0 &&
      html`<p class="row">
        <a class="button button-quiet" href="/organiser/goods/import">${say("goods.import_short")}</a>
        ${isStaff && html`<a class="button button-secondary" href="/organiser/goods/producers/new">${say("goods.new_producer")}</a>`}
      </p>`}
    </div>
    ${producers.length > 0 && html`<${Summary} products=${products} />`}
    ${products.length > 4 &&
    html`<input class="input" type="search" aria-label=${say("goods.search")} placeholder=${say("goods.search")} value=${search}
      onInput=${(/** @type {Event} */ event) => setSearch(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />`}
    ${producers.length === 0 && html`<${FirstSteps} />`}
    ${found.map((each) => html`<${ProducerGoods} key=${each.producer.id} ...${each} />`)}
    ${facts.role === "organiser" && producers.length > 0 && html`<${GateForm} />`}
    ${found.length === 0 && producers.length > 0 && html`<p class="card empty">${say("goods.nothing_found")}</p>`}
  </div>`;
}

/** What wants doing, in one line each. @param {{products: readonly ProductDetails[]}} props */
function Summary({ products }) {
  const lapsing = products.filter((product) => product.certificate_state === "lapsing");
  const lapsed = products.filter((product) => product.certificate_state === "lapsed");
  return html`${lapsing.length > 0 && html`<p class="notice notice-warning"><span>${say("goods.lapsing_notice", { count: lapsing.length, names: names(lapsing) })}</span></p>`}
    ${lapsed.length > 0 && html`<p class="notice notice-danger"><span>${say("goods.lapsed_notice", { count: lapsed.length, names: names(lapsed) })}</span></p>`}`;
}

/** @param {readonly ProductDetails[]} products */
function names(products) {
  const shown = products.slice(0, 3).map((product) => product.name);
  return products.length > shown.length ? `${shown.join(", ")}…` : shown.join(", ");
}

function FirstSteps() {
  return html`<section class="card card-roomy empty">
    <p class="empty-title">${say("goods.empty_title")}</p>
    <p>${say(isStaff ? "goods.empty_lead" : "goods.empty_producer")}</p>
    ${isStaff && html`<a class="button button-primary" href="/organiser/goods/producers/new">${say("goods.new_producer")}</a>`}
  </section>`;
}

/** @param {{producer: ProducerView, products: readonly ProductDetails[]}} props */
function ProducerGoods({ producer, products }) {
  return html`<section class="card stack stack-tight">
    <div class="row row-between">
      <div class="grow">
        <h2><a class="goods-producer" href=${`/organiser/goods/producers/${producer.id}`}>${producer.name}</a></h2>
        <p class="small soft">${say(`producer.${producer.kind}`)} · ${producer.commune_name} · ${say("goods.product_count", { count: number(products.length) })}</p>
      </div>
      <a class="button button-secondary" href=${`/organiser/goods/producers/${producer.id}/add`}>${say("goods.add_products")}</a>
    </div>
    ${products.length > 0 &&
    html`<ul class="goods-list" role="list">
      ${products.map(
        (product) => html`<li key=${product.id}><a class="goods-line" href=${`/organiser/goods/products/${product.id}`}>
          <${GoodsPicture} picture=${product.pictures[0]} />
          <span class="grow goods-line-words">
            <span class="goods-name">${product.name}</span>
            <span class="small soft">${money(product.price_vnd)} · ${product.unit} · ${product.code}</span>
            <span class="row goods-marks">
              <${Score} score=${product.completeness.score} />
              <${Certificate} product=${product} />
              ${product.is_alcohol && html`<span class="badge badge-loss">${say("goods.alcohol")}</span>`}
              ${!product.is_active && html`<span class="badge">${say("goods.inactive")}</span>`}
            </span>
          </span>
        </a></li>`,
      )}
    </ul>`}
  </section>`;
}

noticeOnTop();
render(html`<${Goods} />`, part("goods", HTMLElement));
