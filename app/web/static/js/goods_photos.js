// Several products at once: twelve photos become twelve cards to fill in; what was uploaded waits here until it has its product.

import { html, render } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import "./staff.js";
import { vndOf, wholeOf } from "./amount_rules.js";
import { amountProblem, Field, GoodsPicture } from "./goods_parts.js";
import { command, get, remove } from "./http.js";
import { randomUuid } from "./memory.js";
import { failureWords, pageFacts, part, say } from "./page.js";
import { PhotoButtons, UploadList } from "./picture_field.js";
import { sendPictures, uploadsOf } from "./picture_upload.js";
import { noticeOnTop } from "./signed_out.js";
import { SureButton } from "./sure_button.js";

/** @typedef {import("./goods_types.js").PictureView} PictureView */
/** @typedef {import("./goods_types.js").ProducerView} ProducerView */
/** @typedef {import("./goods_types.js").ProductDetails} ProductDetails */
/** @typedef {import("./picture_upload.js").Upload} Upload */
/** @typedef {{name: string, price: string, unit: string, weight: string}} Typed */
/** @typedef {{id: string, picture: PictureView | null, typed: Typed, problems: Partial<Record<keyof Typed, string>>, problem: string, isBusy: boolean, made: ProductDetails | null}} Card */

/** @type {{producer: ProducerView, role: "organiser" | "host" | "producer"}} */
const { producer, role } = pageFacts();
const WAITING = `/api/v1/producers/${producer.id}/pictures`;

/** @param {PictureView | null} picture @returns {Card} */
function cardOf(picture) {
  const typed = { name: "", price: "", unit: "", weight: "" };
  return { id: picture?.picture_id ?? randomUuid(), picture, typed, problems: {}, problem: "", isBusy: false, made: null };
}

/** @param {Typed} typed */
function missingOf(typed) {
  /** @type {Card["problems"]} */
  const problems = {};
  if (typed.name.trim() === "") problems.name = say("goods.name_missing");
  if (!vndOf(typed.price)) problems.price = amountProblem(typed.price) || say("goods.price_missing");
  if (typed.unit.trim() === "") problems.unit = say("goods.unit_missing");
  if (!wholeOf(typed.weight)) problems.weight = say("goods.weight_missing");
  return problems;
}

function AddProducts() {
  const [cards, setCards] = useState(/** @type {readonly Card[]} */ ([]));
  const [uploads, setUploads] = useState(/** @type {readonly Upload[]} */ ([]));
  useEffect(() => {
    void (async () => {
      /** @type {import("./http.js").Answer<{items: PictureView[]}>} */
      const answer = await get(WAITING);
      if (answer.ok) setCards((before) => [...answer.value.items.map(cardOf), ...before]);
    })();
  }, []);
  useEffect(() => {
    const isTyped = cards.some((card) => card.made === null && Object.values(card.typed).some((text) => text !== ""));
    /** @param {Event} event */
    const ask = (event) => event.preventDefault();
    if (isTyped) addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [cards]);
  /** @param {string} id @param {Partial<Card>} change */
  const change = (id, change) => setCards((before) => before.map((card) => (card.id === id ? { ...card, ...change } : card)));
  /** @param {File[]} files */
  const add = (files) => {
    const fresh = uploadsOf(files);
    setUploads((before) => [...before, ...fresh]);
    void sendPictures(producer.id, files, fresh, (moved) => {
      setUploads((before) => before.map((upload) => (upload.id === moved.id ? moved : upload)));
      if (moved.picture !== null) setCards((before) => [...before, cardOf(moved.picture)]);
    });
  };
  /** @param {Card} card */
  const save = async (card) => {
    const problems = missingOf(card.typed);
    change(card.id, { problems, problem: "" });
    if (Object.keys(problems).length > 0) return;
    change(card.id, { isBusy: true, problems });
    const { name, price, unit, weight } = card.typed;
    const pictures = card.picture === null ? [] : [{ picture_id: card.picture.picture_id, alt: name.trim() }];
    const content = { producer_id: producer.id, name: name.trim(), price_vnd: vndOf(price), unit: unit.trim(), weight_grams: wholeOf(weight), pictures };
    /** @type {import("./http.js").Answer<ProductDetails>} */
    const answer = await command("POST", "/api/v1/products", content);
    change(card.id, answer.ok ? { isBusy: false, made: answer.value } : { isBusy: false, problem: failureWords(answer.failure) });
  };
  const open = cards.filter((card) => card.made === null);
  const made = cards.flatMap((card) => (card.made === null ? [] : [card.made]));
  return html`<div class="stack goods-reading">
    <div>
      <p><a href="/organiser/goods">← ${say("goods.title")}</a></p>
      <h1>${say("goods.add_products")}</h1>
      <p class="soft">${producer.name}</p>
    </div>
    <section class="card card-roomy stack">
      <p>${say("goods.photos_lead")}</p>
      <${PhotoButtons} onFiles=${add} isPrimary=${true} />
      <button class="button button-quiet" type="button" onClick=${() => setCards([...cards, cardOf(null)])}>${say("goods.without_photo")}</button>
      <${UploadList} uploads=${uploads} onDismiss=${(/** @type {string} */ id) => setUploads(uploads.filter((upload) => upload.id !== id))} />
    </section>
    ${made.length > 0 &&
    html`<section class="card stack stack-tight" aria-live="polite">
      <p class="notice notice-good">${say("goods.made_count", { count: made.length })}</p>
      <ul class="goods-list" role="list">${made.map(
        (product) => html`<li key=${product.id}><a class="goods-line" href=${`/organiser/goods/products/${product.id}`}>
          <${GoodsPicture} picture=${product.pictures[0]} /><span class="grow">${product.name}</span><span class="small">${say("goods.go_on")}</span></a></li>`,
      )}</ul>
      ${role !== "producer" && open.length === 0 && html`<${NextSteps} />`}
    </section>`}
    ${open.length > 0 && html`<h2>${say("goods.to_fill_in", { count: open.length })}</h2>`}
    ${open.map(
      (card) => html`<${DraftCard} key=${card.id} card=${card} onTyped=${(/** @type {Partial<Typed>} */ typed) => change(card.id, { typed: { ...card.typed, ...typed } })}
        onSave=${() => save(card)} onDrop=${() => drop(card)} />`,
    )}
    ${open.length > 1 && html`<button class="button button-secondary button-block" type="button" onClick=${() => open.forEach((card) => void save(card))}>${say("goods.save_all")}</button>`}
  </div>`;

  /** @param {Card} card */
  async function drop(card) {
    if (card.picture !== null) {
      const answer = await remove(`/api/v1/pictures/${card.picture.picture_id}`);
      if (!answer.ok) return change(card.id, { problem: failureWords(answer.failure) });
    }
    setCards((before) => before.filter((each) => each.id !== card.id));
  }
}

/** Goods are not sold by being there: the two ways to sell them. */
function NextSteps() {
  return html`<p class="small soft">${say("goods.next_title")}</p>
    <div class="row">
      ${role === "organiser" && html`<a class="button button-primary" href=${`/organiser/goods/producers/${producer.id}#booth`}>${say("goods.next_booth")}</a>`}
      <a class="button button-secondary" href="/host">${say("goods.next_session")}</a>
    </div>`;
}

/** @param {{card: Card, onTyped: (typed: Partial<Typed>) => void, onSave: () => void, onDrop: () => void}} props */
function DraftCard({ card, onTyped, onSave, onDrop }) {
  const { typed, problems } = card;
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    if (!card.isBusy) onSave();
  };
  /** @param {keyof Typed} field */
  const field = (field) => ({
    id: `${card.id}-${field}`,
    label: say(`goods.field_${field}`),
    value: typed[field],
    problem: problems[field] ?? "",
    onInput: (/** @type {string} */ value) => onTyped({ [field]: value }),
  });
  return html`<form class="card draft-card" novalidate onSubmit=${submit}>
    <${GoodsPicture} picture=${card.picture ?? undefined} class="goods-picture goods-picture-large" />
    <div class="stack stack-tight grow">
      <${Field} ...${field("name")} most=${160} />
      <div class="draft-numbers">
        <${Field} ...${field("price")} inputmode="numeric" most=${20} />
        <${Field} ...${field("unit")} most=${40} hint=${say("goods.field_unit_hint")} />
        <${Field} ...${field("weight")} inputmode="numeric" most=${9} />
      </div>
      ${card.problem && html`<p class="notice notice-danger" role="alert">${card.problem}</p>`}
      <div class="row row-between">
        <button class="button button-primary" type="submit" disabled=${card.isBusy}>${say("app.save")}</button>
        <${SureButton} words=${say("goods.drop_photo")} sureWords=${say("goods.drop_photo_sure")} onSure=${onDrop} />
      </div>
    </div>
  </form>`;
}

noticeOnTop();
render(html`<${AddProducts} />`, part("goods", HTMLElement));
