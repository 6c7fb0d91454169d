// Parcels: what waits to be packed, boxes by their state with their papers, and the packing table.

import { html, render } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import "./staff.js";
import { number } from "./format.js";
import { command, get } from "./http.js";
import { failureWords, pageFacts, part, say } from "./page.js";
import { LeavingTable } from "./parcels_leave.js";
import { ParcelList } from "./parcels_list.js";
import { Making } from "./parcels_make.js";
import { PackingTable } from "./parcels_pack.js";
import { noticeOnTop } from "./signed_out.js";
import { whileSeen } from "./while_seen.js";

/** @typedef {import("./parcels_types.js").ParcelCounts} ParcelCounts */

/** @type {{may_make: boolean, may_print: boolean, may_set: boolean, may_send: boolean}} */
const facts = pageFacts();
const READ_EVERY_MS = 15_000;
const VIEWS = /** @type {const} */ (["make", "pack", "open", "packed", "leave", "looks", "handed_over"]);
/** @typedef {(typeof VIEWS)[number]} View */

/** Views that not everybody has. @param {View} view */
const isShown = (view) => (view !== "make" || facts.may_make) && (view !== "leave" || facts.may_send);

/** `#pack/P-K7M2PA` opens that box. @returns {{view: View, code: string}} */
function ofAddress() {
  const [name = "", code = ""] = location.hash.slice(1).split("/");
  const views = VIEWS.filter(isShown);
  return { view: views.find((view) => view === name) ?? views[0] ?? "pack", code: decodeURIComponent(code) };
}

/** @param {View} view @param {ParcelCounts | null} counts */
function countOf(view, counts) {
  if (counts === null || view === "pack" || view === "leave" || view === "handed_over") return 0;
  return view === "make" ? counts.waiting_orders : counts[view];
}

function Page() {
  const [{ view, code }, setPlace] = useState(ofAddress);
  const [counts, setCounts] = useState(/** @type {ParcelCounts | null} */ (null));
  const [problem, setProblem] = useState("");
  const load = async () => {
    /** @type {import("./http.js").Answer<ParcelCounts>} */
    const answer = await get("/api/v1/parcels/counts");
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (answer.ok) setCounts(answer.value);
  };
  useEffect(() => {
    void load();
    const follow = () => setPlace(ofAddress());
    addEventListener("hashchange", follow);
    const stop = whileSeen(() => void load(), READ_EVERY_MS);
    return () => {
      removeEventListener("hashchange", follow);
      stop();
    };
  }, []);
  return html`<div class="stack">
    <div><h1>${say("parcels.title")}</h1><p class="soft">${say("parcels.lead")}${facts.may_send && html` <a href="/organiser/carriers">${say("parcels.to_carriers")}</a>`}</p></div>
    <nav class="parcels-views" aria-label=${say("parcels.title")}>
      ${VIEWS.filter(isShown).map((each) => {
        const count = countOf(each, counts);
        return html`<a key=${each} href=${`#${each}`} class=${each === view ? "button button-secondary" : "button button-quiet"} aria-current=${each === view ? "page" : undefined}
          >${say(`parcels.view_${each}`)}${count > 0 && html` <span class=${each === "looks" ? "badge badge-loss" : "badge badge-flash"}>${number(count)}</span>`}</a>`;
      })}
    </nav>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    ${view === "make" && html`<${Making} waiting=${counts?.waiting_orders ?? 0} onMade=${load} />`}
    ${view === "make" && facts.may_set && counts !== null && html`<${Rules} packedBy=${counts.packed_by} onSet=${load} />`}
    ${view === "pack" && html`<${PackingTable} code=${code} mayMake=${facts.may_make} onStep=${load} />`}
    ${view === "leave" && html`<${LeavingTable} onStep=${load} />`}
    ${view !== "make" && view !== "pack" && view !== "leave" && html`<${ParcelList} key=${view} state=${view} mayPrint=${facts.may_print} mayMake=${facts.may_make} maySend=${facts.may_send} onStep=${load} />`}
  </div>`;
}

/** Who packs. @param {{packedBy: ParcelCounts["packed_by"], onSet: () => Promise<void>}} props */
function Rules({ packedBy, onSet }) {
  const [problem, setProblem] = useState("");
  /** @param {ParcelCounts["packed_by"]} packed_by */
  const set = async (packed_by) => {
    const answer = await command("PUT", "/api/v1/parcels/rules", { packed_by });
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    await onSet();
  };
  return html`<fieldset class="card parcels-rules">
    <legend><strong>${say("parcels.who_packs")}</strong></legend>
    ${/** @type {const} */ (["organisation", "producer"]).map(
      (each) => html`<label key=${each} class="product-option"><input type="radio" name="packed-by" checked=${packedBy === each} onChange=${() => void set(each)} /><span>${say(`parcels.packed_by_${each}`)}</span></label>`,
    )}
    ${problem !== "" && html`<p class="small" role="alert">${problem}</p>`}
  </fieldset>`;
}

const root = part("parcels", HTMLElement);
root.replaceChildren();
noticeOnTop();
render(html`<${Page} />`, root);
