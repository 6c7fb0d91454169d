// Papers as PDF files: made by the server, saved by the browser.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { failureWords, say } from "./page.js";

/** @typedef {{parcel_ids: readonly string[]} | {batch_id: string} | {state: string}} Printed */

const PATIENCE_MS = 60_000;
const KINDS = /** @type {const} */ ([
  ["labels", "tem-kien-hang", true],
  ["slips", "phieu-dong-goi", true],
  ["pick-list", "phieu-lay-hang", false],
  ["packing-list", "bang-ke-kien-hang", false],
]);

/**
 * @param {string} kind
 * @param {Printed} printed
 * @param {string} name
 * @returns {Promise<string>} what went wrong; empty when the browser has the file
 */
async function save(kind, printed, name) {
  try {
    const response = await fetch(`/api/v1/parcels/${kind}`, {
      method: "POST",
      credentials: "same-origin",
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: { "Content-Type": "application/json", Accept: "application/pdf" },
      body: JSON.stringify(printed),
    });
    if (!response.ok) return failureWords(await response.json());
    const address = URL.createObjectURL(await response.blob());
    const link = document.createElement("a");
    link.href = address;
    link.download = `${name}.pdf`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), PATIENCE_MS);
    return "";
  } catch {
    return failureWords({ code: "offline" });
  }
}

/** @param {{printed: Printed, mayPrint: boolean}} props mayPrint: receivers in the clear */
export function Papers({ printed, mayPrint }) {
  const [busy, setBusy] = useState("");
  const [problem, setProblem] = useState("");
  /** @param {string} kind @param {string} name */
  const print = async (kind, name) => {
    setBusy(kind);
    setProblem(await save(kind, printed, name));
    setBusy("");
  };
  return html`<div class="stack stack-tight">
    <div class="row parcels-papers" role="group" aria-label=${say("parcels.papers")}>
      ${KINDS.filter(([, , reveals]) => mayPrint || !reveals).map(
        ([kind, name]) => html`<button key=${kind} class="button button-secondary" type="button" aria-busy=${busy === kind ? "true" : undefined} disabled=${busy !== ""} onClick=${() => print(kind, name)}>${say(`parcels.paper_${kind}`)}</button>`,
      )}
    </div>
    ${mayPrint && html`<p class="tiny soft">${say("parcels.papers_logged")}</p>`}
    ${problem !== "" && html`<p class="small" role="alert">${problem}</p>`}
  </div>`;
}
