// Parts that come after the order button. `import("./x.js")` travels in a pack of its own (app/web/packing.py).

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

const TRY_AGAIN_MS = 2_000;

/**
 * @template {object} Props
 * @typedef {(props: Props) => import("preact").ComponentChild} Part
 */

/**
 * A part whose module is fetched when it is first drawn, or before that by `fetch`. Until then `Meanwhile` stands for it.
 * A fetch that failed is tried again as long as the part is wanted.
 * @template {object} Props
 * @param {() => Promise<Part<Props>>} load
 * @param {Part<Props>} [Meanwhile]
 * @returns {Part<Props> & {fetch: () => Promise<void>}}
 */
export function later(load, Meanwhile = () => null) {
  /** @type {Part<Props> | null} */
  let found = null;
  /** @type {Promise<void> | null} */
  let coming = null;
  const fetch = () => {
    coming ??= load().then(
      (part) => {
        found = part;
      },
      () => {
        coming = null;
      },
    );
    return coming;
  };
  /** @param {Props} props */
  function Later(props) {
    const [tries, setTries] = useState(0);
    useEffect(() => {
      if (found !== null && tries > 0) return undefined;
      let timer = 0;
      void fetch().then(() => {
        timer = setTimeout(() => setTries(tries + 1), found === null ? TRY_AGAIN_MS : 0);
      });
      return () => clearTimeout(timer);
    }, [tries]);
    return html`<${found ?? Meanwhile} ...${props} />`;
  }
  return Object.assign(Later, { fetch });
}
