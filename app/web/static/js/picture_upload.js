// Sends photos from a phone: made smaller here first, with progress, one after the other; every file has its own outcome.

import { problemSentence, problemAdvice } from "./page.js";
import { randomUuid } from "./memory.js";

/** @typedef {import("./goods_types.js").PictureView} PictureView */
/** @typedef {{id: string, name: string, progress: number, problem: string, picture: PictureView | null}} Upload progress in per cent */

const LONGEST_SIDE = 2_048;
const SMALL_ENOUGH_BYTES = 400_000;
const QUALITY = 0.88;
const PATIENCE_MS = 90_000;
const REPEATS = 4;
const REPEAT_AFTER_MS = 3_000;

// iPhones' own format, too: Safari makes it smaller here, other browsers send it as it is.
export const ACCEPTED = "image/jpeg,image/png,image/webp,image/heic,image/heif";

/**
 * A photo of a few megabytes becomes one of a few hundred kilobytes, upright and without metadata. What the browser cannot read
 * is sent as it is: the server says what is wrong with it.
 * @param {File} file
 * @returns {Promise<Blob>}
 */
async function smaller(file) {
  if (file.size <= SMALL_ENOUGH_BYTES) return file;
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    const share = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(bitmap.width * share);
    canvas.height = Math.round(bitmap.height * share);
    const context = canvas.getContext("2d");
    if (context === null) return file;
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    /** @type {Blob | null} */
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
    return blob !== null && blob.size < file.size ? blob : file;
  } catch {
    return file;
  }
}

/**
 * @param {string} producerId
 * @param {Blob} content
 * @param {string} key made once per file
 * @param {(share: number) => void} onProgress
 * @returns {Promise<{picture: PictureView | null, code: string, words: string}>}
 */
function post(producerId, content, key, onProgress) {
  return new Promise((resolve) => {
    // fetch() tells nothing of how far an upload is.
    const request = new XMLHttpRequest();
    request.open("POST", `/api/v1/producers/${producerId}/pictures`);
    request.setRequestHeader("Idempotency-Key", key);
    request.responseType = "json";
    request.timeout = PATIENCE_MS;
    request.upload.onprogress = (event) => onProgress(event.lengthComputable ? event.loaded / event.total : 0.5);
    request.onload = () => {
      const body = request.response;
      if (request.status === 201) resolve({ picture: body, code: "", words: "" });
      else resolve({ picture: null, code: body?.code ?? "unavailable", words: body?.title_vi ?? "" });
    };
    request.onerror = request.ontimeout = () => resolve({ picture: null, code: "offline", words: "" });
    request.send(content);
  });
}

/**
 * The same again under the same key while the way or the server is busy: what has arrived is not taken in twice.
 * @type {typeof post}
 */
async function persistently(producerId, content, key, onProgress) {
  for (let repeat = 0; ; repeat += 1) {
    const answer = await post(producerId, content, key, onProgress);
    if (repeat === REPEATS || (answer.code !== "offline" && answer.code !== "unavailable")) return answer;
    await new Promise((resolve) => setTimeout(resolve, REPEAT_AFTER_MS));
  }
}

/** @param {Iterable<File>} files @returns {Upload[]} */
export function uploadsOf(files) {
  return [...files].map((file) => ({ id: randomUuid(), name: file.name, progress: 0, problem: "", picture: null }));
}

/**
 * Send these files one after the other; `onChange` is called with each upload as it moves on.
 * @param {string} producerId
 * @param {readonly File[]} files
 * @param {readonly Upload[]} uploads one per file, see `uploadsOf`
 * @param {(upload: Upload) => void} onChange
 */
export async function sendPictures(producerId, files, uploads, onChange) {
  for (const [place, upload] of uploads.entries()) {
    const file = files[place];
    if (file === undefined) continue;
    onChange({ ...upload, progress: 1 });
    const content = await smaller(file);
    const { picture, code, words } = await persistently(producerId, content, upload.id, (share) => onChange({ ...upload, progress: Math.max(1, Math.round(share * 95)) }));
    const problem = picture === null ? `${problemSentence(code, words)} ${problemAdvice(code)}`.trim() : "";
    onChange({ ...upload, progress: 100, problem, picture });
  }
}
