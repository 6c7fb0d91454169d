// The pictures of a product: taken with the camera or chosen, in order, each with the words for those who cannot see it.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { GoodsPicture } from "./goods_parts.js";
import { say } from "./page.js";
import { ACCEPTED, sendPictures, uploadsOf } from "./picture_upload.js";

/** @typedef {import("./goods_types.js").PictureView} PictureView */
/** @typedef {import("./picture_upload.js").Upload} Upload */

const MOST = 10;

/**
 * Two ways to a photo: the camera, and the pictures that are there already.
 * @param {{onFiles: (files: File[]) => void, isPrimary?: boolean}} props
 */
export function PhotoButtons({ onFiles, isPrimary = false }) {
  /** @param {Event} event */
  const take = (event) => {
    const input = /** @type {HTMLInputElement} */ (event.currentTarget);
    const files = [...(input.files ?? [])];
    // The same file may be chosen again.
    input.value = "";
    if (files.length > 0) onFiles(files);
  };
  return html`<div class="row photo-buttons">
    <label class=${`button ${isPrimary ? "button-primary" : "button-secondary"} photo-button`}>
      ${say("goods.choose_photos")}<input class="visually-hidden" type="file" accept=${ACCEPTED} multiple onChange=${take} />
    </label>
    <label class="button button-secondary photo-button">
      ${say("goods.take_photo")}<input class="visually-hidden" type="file" accept="image/*" capture="environment" onChange=${take} />
    </label>
  </div>`;
}

/** How far each file is, and what was wrong with it. @param {{uploads: readonly Upload[], onDismiss: (id: string) => void}} props */
export function UploadList({ uploads, onDismiss }) {
  const shown = uploads.filter((upload) => upload.picture === null);
  if (shown.length === 0) return null;
  return html`<ul class="stack stack-tight" role="list" aria-live="polite">
    ${shown.map(
      (upload) => html`<li key=${upload.id} class=${upload.problem ? "notice notice-danger" : "notice"}>
        <span class="grow"><strong>${upload.name}</strong><br />${upload.problem || say("goods.uploading", { percent: upload.progress })}
          ${!upload.problem && html`<progress class="goods-bar" max="100" value=${upload.progress} aria-label=${upload.name}></progress>`}
        </span>
        ${upload.problem && html`<button class="button button-quiet" type="button" onClick=${() => onDismiss(upload.id)}>${say("goods.dismiss")}</button>`}
      </li>`,
    )}
  </ul>`;
}

/**
 * @param {object} props
 * @param {string} props.producerId
 * @param {readonly PictureView[]} props.pictures
 * @param {string} props.productName
 * @param {(change: (pictures: readonly PictureView[]) => readonly PictureView[]) => void} props.onChange
 */
export function PictureField({ producerId, pictures, productName, onChange }) {
  const [uploads, setUploads] = useState(/** @type {readonly Upload[]} */ ([]));
  /** @param {File[]} files */
  const add = (files) => {
    const fitting = files.slice(0, Math.max(0, MOST - pictures.length));
    const fresh = uploadsOf(fitting);
    setUploads((before) => [...before, ...fresh]);
    void sendPictures(producerId, fitting, fresh, (moved) => {
      setUploads((before) => before.map((upload) => (upload.id === moved.id ? moved : upload)));
      const { picture } = moved;
      if (picture !== null) onChange((before) => [...before, { ...picture, alt: productName }]);
    });
  };
  /** @param {number} place @param {Partial<PictureView>} change */
  const edit = (place, change) => onChange((before) => before.map((picture, index) => (index === place ? { ...picture, ...change } : picture)));
  /** @param {number} place */
  const first = (place) => onChange((before) => [...before.slice(place, place + 1), ...before.slice(0, place), ...before.slice(place + 1)]);
  return html`<div class="stack" id="field-pictures" tabindex="-1">
    ${pictures.length > 0 &&
    html`<ol class="picture-grid" role="list">
      ${pictures.map(
        (picture, place) => html`<li key=${picture.picture_id ?? picture.path} class="picture-item">
          <${GoodsPicture} picture=${picture} class="goods-picture goods-picture-large" wanted=${640} />
          ${place === 0 && html`<span class="badge badge-good picture-main">${say("goods.main_picture")}</span>`}
          <input class="input" maxlength="300" aria-label=${say("goods.picture_alt", { place: place + 1 })} placeholder=${say("goods.picture_alt_hint")}
            value=${picture.alt} onChange=${(/** @type {Event} */ event) => edit(place, { alt: /** @type {HTMLInputElement} */ (event.currentTarget).value })} />
          <div class="row">
            <button class="button button-quiet" type="button" disabled=${place === 0} onClick=${() => first(place)}>${say("goods.make_main")}</button>
            <button class="button button-quiet" type="button" aria-label=${say("goods.remove_picture", { place: place + 1 })}
              onClick=${() => onChange((before) => before.filter((_, index) => index !== place))}>${say("goods.remove")}</button>
          </div>
        </li>`,
      )}
    </ol>`}
    <${UploadList} uploads=${uploads} onDismiss=${(/** @type {string} */ id) => setUploads(uploads.filter((upload) => upload.id !== id))} />
    ${pictures.length < MOST ? html`<${PhotoButtons} onFiles=${add} />` : html`<p class="field-hint">${say("goods.pictures_full", { most: MOST })}</p>`}
  </div>`;
}
