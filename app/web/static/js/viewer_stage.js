// The picture of the market: the video where its platform lets us show it, else a scene with the product on air.

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { say } from "./page.js";
import { Picture } from "./parts.js";

/**
 * @typedef {import("./protocol.js").VideoView} VideoView
 * @typedef {import("./protocol.js").ProductView} ProductView
 */

const HLS_TYPE = "application/vnd.apple.mpegurl";
/** @type {Readonly<Record<string, string>>} */
const PLATFORMS = { youtube: "YouTube", facebook: "Facebook", tiktok: "TikTok", hls: "HLS" };
/** @type {Readonly<Record<string, string>>} */
const PLAY_BY_ITSELF = { youtube: "autoplay=1&mute=1&playsinline=1&rel=0", facebook: "autoplay=true&mute=true", tiktok: "autoplay=1&muted=1" };

/** @param {{video: VideoView | null, title: string, product: ProductView | null}} props */
export function Stage({ video, title, product }) {
  const embed = video?.embed_url ?? null;
  if (video === null || embed === null) return html`<${Scene} product=${product} video=${video} />`;
  if (video.kind === "hls") return html`<${HlsVideo} key=${embed} address=${embed} title=${title} />`;
  return html`<iframe
    class=${`stage-frame stage-frame-${video.kind}`}
    src=${withAutoplay(embed, PLAY_BY_ITSELF[video.kind] ?? "")}
    title=${title}
    allow="autoplay; encrypted-media; fullscreen; picture-in-picture"
    referrerpolicy="strict-origin-when-cross-origin"
    allowfullscreen
  ></iframe>`;
}

/**
 * @param {string} address
 * @param {string} wish
 */
function withAutoplay(address, wish) {
  return wish === "" ? address : `${address}${address.includes("?") ? "&" : "?"}${wish}`;
}

/** @param {{product: ProductView | null, video: VideoView | null}} props */
function Scene({ product, video }) {
  return html`<div class="scene">
    <div class="scene-plate">
      ${product === null
        ? html`<img class="scene-picture scene-logo" src="/static/pictures/logo.svg" alt="" width="64" height="64" />`
        : html`<${Picture} key=${product.id} product=${product} class="scene-picture" />`}
    </div>
    ${product !== null && html`<p class="scene-name">${product.name}</p>`}
    ${video !== null
      ? html`<a class="button button-secondary" href=${video.url} target="_blank" rel="noopener">${say("viewer.watch_on", { platform: PLATFORMS[video.kind] ?? "" })}</a>`
      : html`<p class="scene-note">${say("viewer.video_missing")}</p>`}
  </div>`;
}

/** @param {{address: string, title: string}} props */
function HlsVideo({ address, title }) {
  const box = useRef(/** @type {HTMLVideoElement | null} */ (null));
  const [isMuted, setIsMuted] = useState(true);
  const [hasFailed, setHasFailed] = useState(false);
  useEffect(() => {
    const video = box.current;
    if (video === null) return undefined;
    if (video.canPlayType(HLS_TYPE) !== "") {
      video.src = address;
      return undefined;
    }
    /** @type {{destroy: () => void} | null} */
    let player = null;
    let isGone = false;
    void (async () => {
      const { default: Hls } = await import("hls.js");
      if (isGone) return;
      if (!Hls.isSupported()) return setHasFailed(true);
      // A worker from a blob would need a wider policy than the page has.
      const hls = new Hls({ enableWorker: false, lowLatencyMode: true });
      player = hls;
      hls.on(Hls.Events.ERROR, (_, problem) => problem.fatal && setHasFailed(true));
      hls.loadSource(address);
      hls.attachMedia(video);
    })();
    return () => {
      isGone = true;
      player?.destroy();
    };
  }, [address]);
  if (hasFailed) return html`<${Scene} product=${null} video=${null} />`;
  return html`<video class="stage-frame stage-frame-hls" ref=${box} autoplay playsinline muted=${isMuted} aria-label=${title} onError=${() => setHasFailed(true)}></video>
    ${isMuted && html`<button class="button button-secondary stage-sound" type="button" onClick=${() => setIsMuted(false)}>${say("viewer.video_play")}</button>`}`;
}
