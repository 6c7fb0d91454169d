// Title, time, video and run-down of a session, as one form for a new session and for changes to one.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { command, get } from "./http.js";
import { failureWords, say } from "./page.js";
import { RunDownChoice } from "./run_down_choice.js";
import { WardChoice } from "./ward_choice.js";

/** @typedef {{id: string, name: string, price_vnd: number, unit: string, producer_name: string, is_active: boolean}} CatalogueProduct */
/** @typedef {Readonly<Record<string, number>>} Stock units of a product on the shelf, by its id; without one it is not sold there */
/** @typedef {Pick<import("./place_choice.js").Place, "code" | "name">} Ward */
/** @typedef {{title: string, time: string, video: string, ward: Ward | null, products: readonly string[], stock: Stock}} SessionWish `time` as typed, in Vietnam's time */

/** Products that may be put on a shelf; null while they are on their way. */
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
 * What is typed is meant in Vietnam, wherever this browser stands.
 * @param {SessionWish} wish
 * @param {boolean} asksWard whether the form has asked for the commune
 */
export function contentOf({ title, time, video, ward }, asksWard) {
  const content = { title: title.trim(), planned_start_at: time === "" ? null : `${time}:00+07:00`, video_url: video.trim() || null };
  return asksWard ? { ...content, ward_code: ward?.code ?? null } : content;
}

/**
 * Set the run-down of a session and the stock that was changed.
 * @param {string} path of the session in the API
 * @param {SessionWish} wish
 * @param {Stock} before
 * @returns {Promise<string>} what went wrong, in words
 */
export async function saveRunDown(path, wish, before) {
  const shelf = await command("PUT", `${path}/products`, { product_ids: wish.products });
  if (!shelf.ok) return failureWords(shelf.failure);
  for (const id of wish.products) {
    const [units, had] = [wish.stock[id], before[id]];
    if (units === had) continue;
    // An empty field takes the product off the shelf; its units stay for flash offers.
    const set = await command("PUT", `${path}/stock/${id}`, units === undefined ? { units: had, on_shelf: false } : { units });
    if (!set.ok) return failureWords(set.failure);
  }
  return "";
}

/**
 * @param {object} props
 * @param {string} props.title heading of the form
 * @param {string} props.submitWords
 * @param {SessionWish} props.first
 * @param {boolean} props.asksWard whether this person may say which commune holds the session
 * @param {string} [props.firstProblem] what was wrong before this form was opened
 * @param {(wish: SessionWish) => Promise<string>} props.onSubmit resolves to what went wrong, in words, or never when the page is left
 */
export function SessionForm({ title: heading, submitWords, first, asksWard, firstProblem = "", onSubmit }) {
  const catalogue = useCatalogue();
  const [wish, setWish] = useState(first);
  const [problem, setProblem] = useState(firstProblem);
  const [isBusy, setIsBusy] = useState(false);
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    if (isBusy) return;
    if (wish.title.trim() === "") return setProblem(say("host.title_missing"));
    setIsBusy(true);
    setProblem(await onSubmit(wish));
    setIsBusy(false);
  };
  /** @param {"title" | "time" | "video"} field */
  const taking = (field) => (/** @type {Event} */ event) => setWish({ ...wish, [field]: /** @type {HTMLInputElement} */ (event.currentTarget).value });
  return html`<form class="stack" novalidate onSubmit=${submit}>
    <h2>${heading}</h2>
    <div class="field">
      <label class="field-label" for="session-title">${say("host.field_title")}</label>
      <input class="input" id="session-title" maxlength="160" value=${wish.title} onInput=${taking("title")} />
    </div>
    <div class="field">
      <label class="field-label" for="session-time">${say("host.field_time")}</label>
      <input class="input" id="session-time" type="datetime-local" value=${wish.time} onInput=${taking("time")} />
    </div>
    <div class="field">
      <label class="field-label" for="session-video">${say("host.field_video")}</label>
      <input class="input" id="session-video" type="url" inputmode="url" maxlength="500" value=${wish.video} onInput=${taking("video")} />
      <p class="field-hint">${say("host.field_video_hint")}</p>
    </div>
    ${asksWard && html`<fieldset class="field stack stack-tight">
      <legend class="field-label">${say("host.field_ward_lead")}</legend>
      <p class="field-hint">${say("host.field_ward_hint")}</p>
      ${wish.ward !== null
        ? html`<p class="row row-between"><strong class="grow">${wish.ward.name}</strong>
            <button class="button button-quiet" type="button" onClick=${() => setWish({ ...wish, ward: null })}>${say("host.field_ward_none")}</button></p>`
        : html`<${WardChoice} id="session" ward=${null} onChoose=${(/** @type {Ward | null} */ ward) => setWish({ ...wish, ward })} />`}
    </fieldset>`}
    <${RunDownChoice} catalogue=${catalogue} chosen=${wish.products} onChange=${(/** @type {readonly string[]} */ products) => setWish({ ...wish, products })}
      stock=${wish.stock} onStock=${(/** @type {Stock} */ stock) => setWish({ ...wish, stock })} />
    ${problem !== "" && html`<p class="notice notice-danger" role="alert">${problem}</p>`}
    <button class="button button-primary" type="submit" disabled=${isBusy}>${submitWords}</button>
  </form>`;
}
