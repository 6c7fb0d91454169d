// A producer: who they are, where, their story; and the logins by which they keep their goods themselves.

import { html, render } from "htm/preact";
import { useState } from "preact/hooks";

import "./staff.js";
import { Choice, Field } from "./goods_parts.js";
import { ProducerBooth } from "./goods_booth.js";
import { ProducerLogins } from "./goods_logins.js";
import { command } from "./http.js";
import { failureWords, pageFacts, part, say } from "./page.js";
import { PlaceChoice } from "./place_choice.js";
import { usePlaces } from "./places.js";
import { noticeOnTop } from "./signed_out.js";

/** @typedef {import("./goods_types.js").ProducerView} ProducerView */
/** @typedef {import("./place_choice.js").Place} Place */

/** @type {{producer: ProducerView | null, booth: import("./goods_booth.js").Booth, role: "organiser" | "host" | "producer"}} */
const facts = pageFacts();
const KINDS = ["household", "cooperative", "cooperative_group", "company"];

function Producer() {
  const first = facts.producer;
  const [name, setName] = useState(first?.name ?? "");
  const [kind, setKind] = useState(first?.kind ?? "household");
  const [taxCode, setTaxCode] = useState(first?.tax_code ?? "");
  const [story, setStory] = useState(first?.story ?? "");
  const [province, setProvince] = useState({ code: first?.province_code ?? null, name: first?.province_name ?? "" });
  const [commune, setCommune] = useState({ code: first?.commune_code ?? null, name: first?.commune_name ?? "" });
  const [problems, setProblems] = useState(/** @type {Record<string, string>} */ ({}));
  const [outcome, setOutcome] = useState({ isGood: true, words: "" });
  const [isBusy, setIsBusy] = useState(false);
  const provinces = usePlaces("/api/v1/addresses/provinces");
  const communes = usePlaces(province.code === null ? null : `/api/v1/addresses/provinces/${province.code}/wards`);

  /** @param {{code: number | null, name: string}} place */
  const placeProblem = (place) => (place.code !== null ? "" : place.name === "" ? (problems["place"] ?? "") : say("form.place_unclear"));
  /** @param {Event} event */
  const save = async (event) => {
    event.preventDefault();
    /** @type {Record<string, string>} */
    const missing = {};
    if (name.trim() === "") missing["name"] = say("goods.name_missing");
    if (province.code === null || commune.code === null) missing["place"] = say("goods.place_missing");
    setProblems(missing);
    if (Object.keys(missing).length > 0 || isBusy) return;
    setIsBusy(true);
    const content = { name: name.trim(), kind, tax_code: taxCode.trim() || null, story, province_code: province.code, commune_code: commune.code };
    /** @type {import("./http.js").Answer<ProducerView>} */
    const answer = first === null ? await command("POST", "/api/v1/producers", content) : await command("PATCH", `/api/v1/producers/${first.id}`, content);
    setIsBusy(false);
    if (!answer.ok && answer.failure.code === "malformed") return setProblems({ tax_code: say("goods.tax_code_wrong") });
    if (!answer.ok) return setOutcome({ isGood: false, words: failureWords(answer.failure) });
    // A new producer has no goods yet: that comes next.
    if (first === null) location.assign(`/organiser/goods/producers/${answer.value.id}/add`);
    else setOutcome({ isGood: true, words: say("goods.saved") });
  };
  return html`<div class="stack goods-reading">
    <div>
      <p><a href="/organiser/goods">← ${say("goods.title")}</a></p>
      <h1>${first === null ? say("goods.new_producer") : first.name}</h1>
    </div>
    <form class="card card-roomy stack" novalidate onSubmit=${save}>
      <${Field} id="producer-name" label=${say("goods.producer_name")} value=${name} problem=${problems["name"]} most=${160} onInput=${setName} />
      <${Choice} id="producer-kind" label=${say("goods.producer_kind")} value=${kind} options=${KINDS.map((each) => [each, say(`producer.${each}`)])} onChange=${setKind} />
      <${PlaceChoice} id="producer-province" label=${say("goods.province")} placeholder=${say("goods.province_hint")} places=${provinces} name=${province.name} isChosen=${province.code !== null}
        problem=${placeProblem(province)}
        onChoose=${(/** @type {Place} */ place) => {
          if (place.code !== province.code) setCommune({ code: null, name: "" });
          setProvince({ code: place.code, name: place.name });
        }}
        onLeave=${(/** @type {string} */ text) => {
          setProvince({ code: null, name: text });
          setCommune({ code: null, name: "" });
        }} />
      <${PlaceChoice} id="producer-commune" label=${say("goods.commune")} placeholder=${say("goods.commune_hint")} places=${communes} name=${commune.name} isChosen=${commune.code !== null}
        disabled=${province.code === null} problem=${province.code === null ? "" : placeProblem(commune)}
        onChoose=${(/** @type {Place} */ place) => setCommune({ code: place.code, name: place.name })}
        onLeave=${(/** @type {string} */ text) => setCommune({ code: null, name: text })} />
      <${Field} id="producer-tax-code" label=${say("goods.tax_code")} hint=${say("goods.tax_code_hint")} value=${taxCode} problem=${problems["tax_code"]} most=${14} inputmode="numeric" onInput=${setTaxCode} />
      <${Field} id="producer-story" label=${say("goods.producer_story")} hint=${say("goods.producer_story_hint")} value=${story} most=${4000} rows=${4} onInput=${setStory} />
      ${outcome.words && html`<p class=${outcome.isGood ? "notice notice-good" : "notice notice-danger"} role="status">${outcome.words}</p>`}
      <button class="button button-primary" type="submit" disabled=${isBusy}>${first === null ? say("goods.create_producer") : say("app.save")}</button>
    </form>
    ${first !== null && html`<a class="button button-secondary" href=${`/organiser/goods/producers/${first.id}/add`}>${say("goods.add_products")}</a>`}
    ${first !== null && facts.role === "organiser" && html`<${ProducerBooth} producerId=${first.id} first=${facts.booth} />`}
    ${first !== null && facts.role === "organiser" && html`<${ProducerLogins} producerId=${first.id} />`}
  </div>`;
}

noticeOnTop();
render(html`<${Producer} />`, part("goods", HTMLElement));
// A link may name a part that was not there yet when the browser looked for it.
document.getElementById(location.hash.slice(1))?.scrollIntoView();
