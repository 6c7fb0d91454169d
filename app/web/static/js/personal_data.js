// "Dữ liệu của bạn": a copy to keep, and to be forgotten. On the page of one order by its link, on "Đơn của tôi" for all orders of the device.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { failureWords, say } from "./page.js";
import { SureButton } from "./sure_button.js";

/**
 * @typedef {import("./buyer_types.js").PersonalData} PersonalData
 * @typedef {import("./buyer_types.js").Erasure} Erasure
 */
/**
 * @template T
 * @typedef {import("./http.js").Answer<T>} Answer
 */

/** @param {{copy: () => Promise<Answer<PersonalData>>, erase: () => Promise<Answer<Erasure>>, onErased?: () => void, agreements?: unknown}} props */
export function YourData({ copy, erase, onErased, agreements }) {
  const [problem, setProblem] = useState("");
  const [done, setDone] = useState("");
  const [isBusy, setIsBusy] = useState(false);

  /**
   * @template T
   * @param {() => Promise<Answer<T>>} ask
   * @param {(value: T) => string} use resolves to what to say when it is done
   */
  const run = async (ask, use) => {
    setIsBusy(true);
    const answer = await ask();
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    setDone(answer.ok ? use(answer.value) : "");
    setIsBusy(false);
  };
  const onCopy = () =>
    run(copy, (data) => {
      save(data);
      return say("order.data_copied");
    });
  const onErase = () =>
    run(erase, ({ erased, still_needed: stillNeeded, claims, session_complaints: complaints }) => {
      onErased?.();
      if (stillNeeded.length > 0) return say("order.data_still_needed", { codes: stillNeeded.join(", ") });
      return say(erased.length + claims + complaints > 0 ? "order.data_erased" : "order.data_nothing");
    });

  return html`<section class="card stack stack-tight" aria-labelledby="your-data">
    <h2 id="your-data">${say("order.data")}</h2>
    ${agreements}
    <details>
      <summary>${say("order.data_what")}</summary>
      <div class="stack stack-tight">
        <p class="small soft">${say("order.data_words")}</p>
        <button class="button button-secondary button-block" type="button" disabled=${isBusy} onClick=${() => void onCopy()}>${say("order.data_copy")}</button>
        <${SureButton} words=${say("order.data_erase")} sureWords=${say("order.data_erase_sure")} class="button-block" disabled=${isBusy} onSure=${() => void onErase()} />
      </div>
    </details>
    <div role="status">${done !== "" && html`<p class="notice notice-good">${done}</p>`}</div>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert">${problem}</p>`}
  </section>`;
}

/** Hand the copy to the browser as a file. @param {PersonalData} data */
function save(data) {
  const file = new Blob([`${JSON.stringify(data, null, 2)}\n`], { type: "application/json" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `ocop-${new Date(data.made_at_ms).toISOString().slice(0, 10)}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
