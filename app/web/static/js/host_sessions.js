// The form for a new session: title, time, video, products; afterwards straight to its board.

import { html, render } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import "./staff.js";
import { money, number, plain } from "./format.js";
import { get, send } from "./http.js";
import { part, problemAdvice, problemSentence, say } from "./page.js";

/** @typedef {{id: string, name: string, price_vnd: number, unit: string, producer_name: string, is_active: boolean}} CatalogueProduct */

function NewSession() {
  const [isOpen, setIsOpen] = useState(false);
  if (!isOpen) return html`<button class="button button-primary" type="button" onClick=${() => setIsOpen(true)}>${say("host.new_session")}</button>`;
  return html`<${SessionForm} />`;
}

function useCatalogue() {
  const [products, setProducts] = useState(/** @type {readonly CatalogueProduct[] | null} */ (null));
  useEffect(() => {
    void (async () => {
      /** @type {import("./http.js").Answer<{items: CatalogueProduct[]}>} */
      const answer = await get("/api/v1/products");
      setProducts(answer.ok ? answer.value.items.filter((product) => product.is_active) : []);
    })();
  }, []);
  return products;
}

/**
 * @param {{title: string, time: string, video: string, products: readonly string[]}} wish
 * @returns {Promise<{id: string} | {problem: string}>}
 */
async function create({ title, time, video, products }) {
  // What is typed is meant in Vietnam, wherever this browser stands.
  const planned = time === "" ? null : `${time}:00+07:00`;
  /** @type {import("./http.js").Answer<{id: string}>} */
  const made = await send("POST", "/api/v1/sessions", { title: title.trim(), planned_start_at: planned, video_url: video.trim() || null });
  if (!made.ok) return { problem: wordsOf(made.failure) };
  if (products.length > 0) {
    const shelf = await send("PUT", `/api/v1/sessions/${made.value.id}/products`, { product_ids: products });
    if (!shelf.ok) return { problem: wordsOf(shelf.failure) };
  }
  return { id: made.value.id };
}

/** @param {import("./http.js").Failure} failure */
function wordsOf({ code, title_vi: words }) {
  return `${problemSentence(code, words)} ${problemAdvice(code)}`;
}

function SessionForm() {
  const catalogue = useCatalogue();
  const [title, setTitle] = useState("");
  const [time, setTime] = useState("");
  const [video, setVideo] = useState("");
  const [products, setProducts] = useState(/** @type {readonly string[]} */ ([]));
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    if (isBusy) return;
    if (title.trim() === "") return setProblem(say("host.title_missing"));
    setIsBusy(true);
    const answer = await create({ title, time, video, products });
    if ("id" in answer) return location.assign(`/host/${answer.id}`);
    setProblem(answer.problem);
    setIsBusy(false);
  };
  /** @param {(text: string) => void} take */
  const taking = (take) => (/** @type {Event} */ event) => take(/** @type {HTMLInputElement} */ (event.currentTarget).value);
  return html`<form class="stack" novalidate onSubmit=${submit}>
    <h2>${say("host.new_session")}</h2>
    <div class="field">
      <label class="field-label" for="session-title">${say("host.field_title")}</label>
      <input class="input" id="session-title" maxlength="160" value=${title} onInput=${taking(setTitle)} />
    </div>
    <div class="field">
      <label class="field-label" for="session-time">${say("host.field_time")}</label>
      <input class="input" id="session-time" type="datetime-local" value=${time} onInput=${taking(setTime)} />
    </div>
    <div class="field">
      <label class="field-label" for="session-video">${say("host.field_video")}</label>
      <input class="input" id="session-video" type="url" inputmode="url" maxlength="500" value=${video} onInput=${taking(setVideo)} />
      <p class="field-hint">${say("host.field_video_hint")}</p>
    </div>
    <${ProductChoice} catalogue=${catalogue} chosen=${products} onChange=${setProducts} />
    ${problem !== "" && html`<p class="notice notice-danger" role="alert">${problem}</p>`}
    <button class="button button-primary" type="submit" disabled=${isBusy}>${say("host.create")}</button>
  </form>`;
}

/** @param {{catalogue: readonly CatalogueProduct[] | null, chosen: readonly string[], onChange: (ids: readonly string[]) => void}} props */
function ProductChoice({ catalogue, chosen, onChange }) {
  const [search, setSearch] = useState("");
  const shown = (catalogue ?? []).filter((product) => plain(`${product.name} ${product.producer_name}`).includes(plain(search)));
  /** @param {string} id */
  const toggle = (id) => onChange(chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id]);
  return html`<fieldset class="product-choice stack stack-tight">
    <legend class="field-label">${say("host.field_products")} · ${say("host.products_chosen", { count: number(chosen.length) })}</legend>
    <input class="input" type="search" aria-label=${say("host.product_search")} placeholder=${say("host.product_search")} value=${search}
      onInput=${(/** @type {Event} */ event) => setSearch(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />
    <div class="product-choices">
      ${catalogue !== null && catalogue.length === 0 && html`<p class="soft">${say("host.products_none")}</p>`}
      ${shown.map(
        (product) => html`<label key=${product.id} class="product-option">
          <input type="checkbox" checked=${chosen.includes(product.id)} onChange=${() => toggle(product.id)} />
          <span class="grow"><span>${product.name}</span><span class="unit">${product.producer_name} · ${product.unit}</span></span>
          <span class="number small">${money(product.price_vnd)}</span>
        </label>`,
      )}
    </div>
  </fieldset>`;
}

render(html`<${NewSession} />`, part("new-session", HTMLElement));
