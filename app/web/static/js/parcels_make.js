// Which boxes would be made of the orders that wait, and making them.

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { money, number } from "./format.js";
import { command, send } from "./http.js";
import { failureWords, say } from "./page.js";
import { Papers } from "./parcels_papers.js";
import { goodsWords, receiverWords, weightWords } from "./parcels_words.js";

/**
 * @typedef {import("./parcels_types.js").MadeParcels} MadeParcels
 * @typedef {import("./parcels_types.js").OrderLeft} OrderLeft
 * @typedef {import("./parcels_types.js").ParcelPreview} ParcelPreview
 * @typedef {import("./parcels_types.js").ProposedGroup} ProposedGroup
 */

const SHOWN = 100;

/** @param {ProposedGroup} group */
const nameOf = (group) => group.orders.map((order) => order.order_id).join();

/** @param {{waiting: number, onMade: () => Promise<void>}} props waiting: how many orders wait; another number, another proposal */
export function Making({ waiting, onMade }) {
  const [merges, setMerges] = useState(true);
  const [preview, setPreview] = useState(/** @type {ParcelPreview | null} */ (null));
  const [left, setLeft] = useState(/** @type {ReadonlySet<string>} */ (new Set()));
  const [made, setMade] = useState(/** @type {MadeParcels | null} */ (null));
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const papers = useRef(/** @type {HTMLDivElement | null} */ (null));
  const look = async () => {
    /** @type {import("./http.js").Answer<ParcelPreview>} */
    const answer = await send("POST", "/api/v1/parcels/preview", { merge: merges });
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (answer.ok) setPreview(answer.value);
  };
  useEffect(() => void look(), [merges, waiting]);
  // The button that was pressed may be gone by now: whoever works by keys goes on with the papers.
  useEffect(() => {
    if (made !== null && made.parcel_ids.length > 0) papers.current?.focus();
  }, [made]);
  const chosen = preview?.groups.filter((group) => !left.has(nameOf(group))) ?? [];
  const boxes = chosen.reduce((sum, group) => sum + group.parcels.length, 0);
  const make = async () => {
    setIsBusy(true);
    /** @type {import("./http.js").Answer<MadeParcels>} */
    const answer = await command("POST", "/api/v1/parcels", { groups: chosen.map((group) => group.orders.map((order) => order.order_id)) });
    setIsBusy(false);
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (answer.ok) setMade(answer.value);
    await Promise.all([look(), onMade()]);
  };
  /** @param {ProposedGroup} group */
  const toggle = (group) => {
    const name = nameOf(group);
    setLeft(new Set(left.has(name) ? [...left].filter((each) => each !== name) : [...left, name]));
  };
  return html`<section class="card card-roomy stack" aria-labelledby="make">
    <h2 class="heading-20" id="make">${say("parcels.make")}</h2>
    ${made !== null && made.parcel_ids.length > 0 && html`<div class="notice notice-good parcels-made" role="status" tabindex="-1" ref=${papers}><p>${say("parcels.made", { count: number(made.parcel_ids.length) })}</p><${Papers} printed=${{ batch_id: made.batch_id }} mayPrint /></div>`}
    ${made !== null && html`<${Left} orders=${made.left} />`}
    <label class="switch"><input type="checkbox" role="switch" checked=${merges} onChange=${() => setMerges(!merges)} /><span>${say("parcels.merge")}</span></label>
    ${preview === null && html`<p class="soft">${say("app.loading")}</p>`}
    ${preview !== null && preview.groups.length === 0 && html`<p class="soft">${say("parcels.none_wait")}</p>`}
    ${preview !== null && preview.groups.length > 0 && html`<div class="row parcels-make-bar">
      <button class="button button-primary" type="button" aria-busy=${isBusy ? "true" : undefined} disabled=${isBusy || boxes === 0} onClick=${make}>${say("parcels.make_count", { count: number(boxes) })}</button>
      <button class="button button-quiet" type="button" onClick=${() => setLeft(new Set(left.size === 0 ? preview.groups.map(nameOf) : []))}>${say(left.size === 0 ? "parcels.choose_none" : "parcels.choose_all")}</button>
    </div>`}
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    <ul class="parcels-rows" role="list">
      ${preview?.groups.slice(0, SHOWN).map((group) => html`<${Group} key=${nameOf(group)} group=${group} isChosen=${!left.has(nameOf(group))} onToggle=${() => toggle(group)} />`)}
    </ul>
    ${preview !== null && preview.groups.length > SHOWN && html`<p class="small soft">${say("parcels.and_more", { count: number(preview.groups.length - SHOWN) })}</p>`}
    ${preview?.more === true && html`<p class="small soft">${say("parcels.more_wait")}</p>`}
    ${preview !== null && html`<${Left} orders=${preview.left} />`}
  </section>`;
}

/** @param {{group: ProposedGroup, isChosen: boolean, onToggle: () => void}} props */
function Group({ group, isChosen, onToggle }) {
  return html`<li class="parcels-row">
    <label class="parcels-tick"><input type="checkbox" checked=${isChosen} onChange=${onToggle} /><span class="visually-hidden">${say("parcels.choose", { code: group.orders.map((order) => order.code).join(", ") })}</span></label>
    <div class="stack stack-tight grow">
      <p><strong>${group.orders.map((order) => order.code).join(" + ")}</strong>${group.orders.length > 1 && html` <span class="badge badge-good">${say("parcels.together", { count: group.orders.length })}</span>`}</p>
      <p class="small soft">${receiverWords(group.receiver)}</p>
      ${group.parcels.map(
        (box, place) => html`<p key=${place} class="small">${box.producer_name !== null && html`<strong>${box.producer_name}: </strong>`}${goodsWords(box.goods)} · ${weightWords(box.weight_grams)} · ${box.cod_vnd > 0 ? say("parcels.cod", { amount: money(box.cod_vnd) }) : say("parcels.no_cod")}</p>`,
      )}
    </div>
  </li>`;
}

/** @param {{orders: readonly OrderLeft[]}} props */
function Left({ orders }) {
  if (orders.length === 0) return null;
  return html`<details class="small"><summary>${say("parcels.left", { count: number(orders.length) })}</summary>
    <ul>${orders.map((order) => html`<li key=${order.order_id}><strong>${order.code}</strong> ${say(`parcels.left_${order.problem}`)}</li>`)}</ul></details>`;
}
