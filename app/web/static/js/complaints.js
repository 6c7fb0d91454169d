// The organiser's work list: complaints about orders and sessions, the longest waiting first, each with its deadline and its answer.

import { signal } from "@preact/signals";
import { html, render } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import "./staff.js";
import { dateTime, number } from "./format.js";
import { command, get, send } from "./http.js";
import { failureWords, part, say } from "./page.js";
import { SignedOut } from "./signed_out.js";
import { whileSeen } from "./while_seen.js";

/**
 * @typedef {import("./complaint_types.js").ComplaintItem} Item
 * @typedef {import("./complaint_types.js").ComplaintList} List
 */

/** @typedef {"open" | "answered"} Part */
const READ_EVERY_MS = 20_000;
const PAGE = 50;
const MOST = 1_000;
const PATH = "/api/v1/complaints";

const shown = signal(/** @type {Part} */ ("open"));
const list = signal(/** @type {List | null} */ (null));
const problem = signal("");

async function read() {
  const asked = shown.value;
  /** @type {import("./http.js").Answer<List>} */
  const answer = await get(`${PATH}?part=${asked}&limit=${PAGE}`);
  if (shown.value !== asked) return;
  problem.value = answer.ok ? "" : failureWords(answer.failure);
  if (answer.ok) list.value = answer.value;
}

async function readMore() {
  const items = list.value?.items ?? [];
  /** @type {import("./http.js").Answer<List>} */
  const answer = await get(`${PATH}?part=answered&limit=${PAGE}&before_ms=${items.at(-1)?.answered_at_ms ?? 0}`);
  problem.value = answer.ok ? "" : failureWords(answer.failure);
  if (answer.ok) list.value = { ...answer.value, items: [...items, ...answer.value.items] };
}

/** @param {Item} changed */
function put(changed) {
  if (list.value === null) return;
  list.value = { ...list.value, items: list.value.items.map((item) => (item.complaint_id === changed.complaint_id ? changed : item)) };
}

/** @param {Part} part */
function choose(part) {
  shown.value = part;
  list.value = null;
  void read();
}

function Page() {
  const found = list.value;
  return html`<div class="stack">
    <header>
      <h1>${say("complaints.title")}</h1>
      ${found !== null && html`<p class="soft">${say("complaints.lead", { days: found.answer_working_days })}</p>`}
    </header>
    <div class="row" role="group" aria-label=${say("complaints.title")}>
      <button class="chip" type="button" aria-pressed=${shown.value === "open" ? "true" : "false"} onClick=${() => choose("open")}>${say("complaints.open")}${found !== null && html` <strong class="number">${number(found.waiting)}</strong>`}</button>
      <button class="chip" type="button" aria-pressed=${shown.value === "answered" ? "true" : "false"} onClick=${() => choose("answered")}>${say("complaints.answered")}</button>
      ${found !== null && found.overdue > 0 && html`<span class="badge badge-loss">${say("complaints.overdue", { count: number(found.overdue) })}</span>`}
    </div>
    <div role="status"><${SignedOut} />${problem.value !== "" && html`<p class="notice notice-danger">${problem.value}</p>`}</div>
    ${found === null
      ? html`<p class="soft">${say("app.loading")}</p>`
      : found.items.length === 0
        ? html`<p class="card soft">${say(shown.value === "open" ? "complaints.none_open" : "complaints.none_answered")}</p>`
        : html`<ul class="stack" role="list">${found.items.map((item) => html`<${Complaint} key=${item.complaint_id} item=${item} />`)}</ul>`}
    ${shown.value === "answered" && found !== null && found.items.length > 0 && found.items.length % PAGE === 0 && html`<button class="button button-secondary" type="button" onClick=${() => void readMore()}>${say("complaints.more")}</button>`}
  </div>`;
}

/** @param {{item: Item}} props */
function Complaint({ item }) {
  const where = item.order_id === null ? `/s/${item.session_id}` : `/organiser/${item.session_id}/orders`;
  const [failure, setFailure] = useState("");
  /** @param {Promise<import("./http.js").Answer<Item>>} asking */
  const learn = async (asking) => {
    const answer = await asking;
    setFailure(answer.ok ? "" : failureWords(answer.failure));
    if (answer.ok) put(answer.value);
    return answer.ok;
  };
  const state = item.state === "in_work" ? say("complaints.state_in_work", { name: item.taken_by ?? "" }) : say(`complaints.state_${item.state}`);
  return html`<li class=${item.is_overdue ? "card stack stack-tight is-overdue" : "card stack stack-tight"}>
    <p class="row small">
      <span class="badge badge-outline">${say(`complaints.kind_${item.kind}`)}</span>
      <span class=${item.state === "answered" ? "badge badge-good" : "badge"}>${state}</span>
      ${item.state !== "answered" && html`<span class=${item.is_overdue ? "badge badge-loss" : "soft number"}>${say(item.is_overdue ? "complaints.late" : "complaints.due", { time: dateTime(item.due_at_ms) })}</span>`}
    </p>
    <p class="desk-words">${item.words ?? say("complaints.erased")}</p>
    <p class="small soft"><a href=${where}>${item.order_code === null ? item.session_title : `${item.order_code} · ${item.session_title}`}</a> · <span class="number">${say("complaints.made", { time: dateTime(item.made_at_ms) })}</span></p>
    ${item.has_contact && html`<${Contact} item=${item} />`}
    ${item.state === "answered"
      ? html`<div class="desk-answer"><p class="desk-words">${item.answer ?? say("complaints.erased")}</p>
          <p class="tiny soft">${say("complaints.answered_by", { name: item.answered_by ?? "", time: dateTime(item.answered_at_ms ?? 0) })}</p></div>`
      : html`<${Answer} item=${item} learn=${learn} />`}
    ${failure !== "" && html`<p class="notice notice-danger" role="alert">${failure}</p>`}
  </li>`;
}

/** @param {{item: Item, learn: (asking: Promise<import("./http.js").Answer<Item>>) => Promise<boolean>}} props */
function Answer({ item, learn }) {
  const [words, setWords] = useState("");
  const [missing, setMissing] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const id = `answer-${item.complaint_id}`;
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    setMissing(words.trim() === "" ? say("complaints.answer_missing") : "");
    if (words.trim() === "") return;
    setIsBusy(true);
    await learn(command("POST", `${PATH}/${item.complaint_id}/answer`, { words: words.trim() }));
    setIsBusy(false);
  };
  return html`<form class="stack stack-tight" novalidate onSubmit=${submit}>
    <label class="field-label" for=${id}>${say("complaints.answer")}</label>
    <textarea class="input" id=${id} rows="2" maxlength=${MOST} value=${words} onInput=${(/** @type {Event} */ event) => setWords(/** @type {HTMLTextAreaElement} */ (event.currentTarget).value)}></textarea>
    ${missing !== "" && html`<p class="small" role="alert">${missing}</p>`}
    <div class="row">
      <button class="button button-secondary" type="submit" disabled=${isBusy}>${say("complaints.answer_send")}</button>
      ${item.state === "new" && html`<button class="button button-quiet" type="button" onClick=${() => void learn(command("POST", `${PATH}/${item.complaint_id}/work`))}>${say("complaints.take")}</button>`}
    </div>
  </form>`;
}

/** @param {{item: Item}} props */
function Contact({ item }) {
  const [contact, setContact] = useState(/** @type {string | null} */ (null));
  const [failure, setFailure] = useState("");
  const show = async () => {
    /** @type {import("./http.js").Answer<{contact: string | null}>} */
    const answer = await send("POST", `${PATH}/${item.complaint_id}/contact`, { reason: "complaint" });
    setFailure(answer.ok ? "" : failureWords(answer.failure));
    if (answer.ok) setContact(answer.value.contact ?? say("complaints.contact_gone"));
  };
  if (contact !== null) return html`<p class="notice" role="status">${contact}</p>`;
  return html`<p class="row small"><button class="button button-quiet" type="button" onClick=${() => void show()}>${say("complaints.contact_show")}</button><span class="soft">${say("complaints.contact_hint")}</span></p>
    ${failure !== "" && html`<p class="notice notice-danger" role="alert">${failure}</p>`}`;
}

function Followed() {
  useEffect(() => {
    void read();
    // What is being written stays: rows are kept by their ids. Answered ones would jump back to the first page.
    return whileSeen(() => shown.value === "open" && void read(), READ_EVERY_MS);
  }, []);
  return html`<${Page} />`;
}

const root = part("complaints", HTMLElement);
root.replaceChildren();
render(html`<${Followed} />`, root);
