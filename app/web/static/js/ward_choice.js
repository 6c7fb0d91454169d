// A commune, chosen by its province and then its name.

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { say } from "./page.js";
import { PlaceChoice } from "./place_choice.js";
import { usePlaces } from "./places.js";

/** @param {{id: string, ward: import("./place_choice.js").Place | null, onChoose: (ward: import("./place_choice.js").Place | null) => void}} props */
export function WardChoice({ id, ward, onChoose }) {
  const [province, setProvince] = useState({ code: /** @type {number | null} */ (null), name: "" });
  const provinces = usePlaces("/api/v1/addresses/provinces");
  const wards = usePlaces(province.code === null ? null : `/api/v1/addresses/provinces/${province.code}/wards`);
  return html`
    <${PlaceChoice} id=${`${id}-province`} label=${say("goods.province")} placeholder=${say("goods.province_hint")} places=${provinces} name=${province.name} isChosen=${province.code !== null}
      onChoose=${(/** @type {import("./place_choice.js").Place} */ place) => (setProvince(place), onChoose(null))} onLeave=${(/** @type {string} */ text) => setProvince({ code: null, name: text })} />
    <${PlaceChoice} id=${`${id}-ward`} label=${say("goods.commune")} placeholder=${say("goods.commune_hint")} places=${wards} name=${ward?.name ?? ""} isChosen=${ward !== null} disabled=${province.code === null}
      onChoose=${onChoose} onLeave=${() => onChoose(null)} />`;
}
