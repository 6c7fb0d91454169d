// Lists of places, as forms offer them.

import { useEffect, useState } from "preact/hooks";

import { get } from "./http.js";

/** @typedef {import("./place_choice.js").Place} Place */

/**
 * Places behind an address of the API; empty while they are on their way.
 * @param {string | null} path null = none yet
 */
export function usePlaces(path) {
  const [places, setPlaces] = useState(/** @type {readonly Place[]} */ ([]));
  useEffect(() => {
    let isCurrent = true;
    setPlaces([]);
    if (path === null) return undefined;
    void (async () => {
      /** @type {import("./http.js").Answer<{items: Place[]}>} */
      const answer = await get(path);
      if (isCurrent && answer.ok) setPlaces(answer.value.items);
    })();
    return () => {
      isCurrent = false;
    };
  }, [path]);
  return places;
}
