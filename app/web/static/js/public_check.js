// "Check it yourself": the export is read and gone through on the reader's own machine; nothing of it is sent anywhere.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { money, number } from "./format.js";
import { say } from "./page.js";
import { verdictOn } from "./verify_export.js";

/** @typedef {import("./verify_export.js").Verdict} Verdict */

const PATIENCE_MS = 600_000;

/** @param {{address: string, publicKey: string}} props */
export function CheckYourself({ address, publicKey }) {
  const [verdict, setVerdict] = useState(/** @type {Verdict | null} */ (null));
  const [isBusy, setIsBusy] = useState(false);
  /** @param {() => Promise<ArrayBuffer>} read */
  const check = async (read) => {
    setIsBusy(true);
    setVerdict(null);
    try {
      setVerdict(await verdictOn(await read(), publicKey));
    } catch {
      setVerdict({ code: 2, said: say("public.check_unread") });
    }
    setIsBusy(false);
  };
  const fetched = async () => {
    const response = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!response.ok) throw new Error(String(response.status));
    return response.arrayBuffer();
  };
  /** @param {Event} event */
  const chosen = (event) => {
    const file = /** @type {HTMLInputElement} */ (event.currentTarget).files?.[0];
    if (file !== undefined) void check(() => file.arrayBuffer());
  };
  return html`<p>${say("public.check_lead")}</p>
    <div class="row">
      <button type="button" class="button button-primary" disabled=${isBusy} onClick=${() => void check(fetched)}>${say("public.check_here")}</button>
      <a class="button button-secondary" href=${address} download>${say("report.export")}</a>
    </div>
    <label class="field"><span class="field-label">${say("public.check_file")}</span>
      <input class="input" type="file" accept=".zip,application/zip" disabled=${isBusy} onChange=${chosen} /></label>
    <div aria-live="polite" class="stack stack-tight">
      ${isBusy && html`<p class="soft">${say("public.checking")}</p>`}
      ${verdict !== null && html`<${Said} verdict=${verdict} />`}
    </div>
    <p class="small soft">${say("public.check_elsewhere")}</p>`;
}

/** @param {{verdict: Verdict}} props */
function Said({ verdict }) {
  if (verdict.code === 0) {
    const { entries = 0, placed = 0, net = 0 } = verdict;
    return html`<p class="notice notice-good" data-verdict="0">${say("public.fits", { count: number(entries), placed: money(placed), net: money(net) })}</p>
      <p class="small soft"><code>${verdict.said}</code></p>`;
  }
  if (verdict.code === 3) return html`<p class="notice notice-warning" data-verdict="3">${say("public.cannot_check", { what: verdict.said })}</p>`;
  const words = verdict.code === 1 ? "public.does_not_fit" : "public.no_export";
  return html`<p class="notice notice-danger" role="alert" data-verdict=${verdict.code}>${say(words)}</p><p class="small soft"><code>${verdict.said}</code></p>`;
}
