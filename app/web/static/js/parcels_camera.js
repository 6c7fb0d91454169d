// Codes before the camera, where the browser reads them by itself.

import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";

import { say } from "./page.js";

/** @typedef {import("./parcels_types.js").CodeReader} CodeReader */

const LOOK_EVERY_MS = 250;
/** So long a code has to be away before it counts again: held before the camera it is one scan. */
const GONE_AFTER_MS = 1_500;

/** @type {(new (options: {formats: string[]}) => CodeReader) | undefined} */
const Reader = /** @type {any} */ (globalThis).BarcodeDetector;

export function readsCodes() {
  return Reader !== undefined && navigator.mediaDevices !== undefined;
}

/** @param {{onCode: (text: string) => void, onFailed: () => void}} props */
export function Camera({ onCode, onFailed }) {
  const video = useRef(/** @type {HTMLVideoElement | null} */ (null));
  const tell = useRef(onCode);
  tell.current = onCode;
  useEffect(() => {
    /** @type {MediaStream | null} */
    let stream = null;
    let isOver = false;
    /** @type {Map<string, number>} */
    const seen = new Map();
    const look = async () => {
      if (Reader === undefined || video.current === null) return;
      const reader = new Reader({ formats: ["qr_code", "code_128", "ean_13"] });
      while (!isOver && video.current !== null) {
        const found = video.current.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA ? await reader.detect(video.current) : [];
        for (const { rawValue } of found) {
          const isNew = performance.now() - (seen.get(rawValue) ?? -GONE_AFTER_MS) >= GONE_AFTER_MS;
          seen.set(rawValue, performance.now());
          if (isNew && rawValue.length <= 64) tell.current(rawValue);
        }
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
    };
    const begin = async () => {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
      if (isOver || video.current === null) return stop();
      video.current.srcObject = stream;
      await video.current.play();
      await look();
    };
    const stop = () => stream?.getTracks().forEach((track) => track.stop());
    begin().catch(() => isOver || onFailed());
    return () => {
      isOver = true;
      stop();
    };
  }, []);
  return html`<video class="parcels-camera" ref=${video} muted playsinline aria-label=${say("parcels.camera")}></video>`;
}
