// The one field that a hand scanner types into, and the camera beside it where the browser reads codes by itself.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { say } from "./page.js";
import { Camera, readsCodes } from "./parcels_camera.js";

/** What a parcel's label says, however it is spelt. */
export const LABEL = /^P[\s.\-_#]*[2-9A-HJKMNP-Z]{6}$/i;

/** @param {{label: string, input: import("preact").RefObject<HTMLInputElement>, onCode: (text: string) => void, onFailed: (words: string) => void}} props */
export function ScanField({ label, input, onCode, onFailed }) {
  const [typed, setTyped] = useState("");
  const [isFilming, setIsFilming] = useState(false);
  /** @param {SubmitEvent} event */
  const entered = (event) => {
    event.preventDefault();
    if (typed.trim() !== "") onCode(typed.trim());
    setTyped("");
    input.current?.focus();
  };
  const failed = () => {
    setIsFilming(false);
    onFailed(say("parcels.camera_failed"));
  };
  return html`<form class="row parcels-scan" onSubmit=${entered}>
      <div class="field grow"><label class="field-label" for="scan">${label}</label>
        <input class="input" id="scan" ref=${input} value=${typed} maxlength="64" autocomplete="off" autocapitalize="characters" spellcheck="false" enterkeyhint="send" onInput=${(/** @type {Event} */ event) => event.target instanceof HTMLInputElement && setTyped(event.target.value)} /></div>
      <button class="button button-secondary" type="submit">${say("parcels.scan_enter")}</button>
      ${readsCodes() && html`<button class="button button-secondary" type="button" aria-pressed=${isFilming ? "true" : "false"} onClick=${() => setIsFilming(!isFilming)}>${say(isFilming ? "parcels.camera_off" : "parcels.camera_on")}</button>`}
    </form>
    ${!readsCodes() && html`<p class="tiny soft">${say("parcels.camera_none")}</p>`}
    ${isFilming && html`<${Camera} onCode=${onCode} onFailed=${failed} />`}`;
}
