// Settlements: how things stand with every producer; `#<producer>` opens one, `#<producer>/2` its second settlement.

import { html, render } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import "./staff.js";
import { money, number } from "./format.js";
import { get } from "./http.js";
import { failureWords, pageFacts, part, say } from "./page.js";
import { Producer } from "./settlement_producer.js";
import { Rules } from "./settlement_rules.js";
import { noticeOnTop } from "./signed_out.js";

/** @typedef {import("./settlement_types.js").ProducerRows} ProducerRows */

/** @type {{may_settle: boolean}} */
const facts = pageFacts();

/** @returns {{producer: string, settlement: number | null}} */
function ofAddress() {
  const [producer = "", settlement = ""] = location.hash.slice(1).split("/");
  return { producer, settlement: /^\d{1,6}$/.test(settlement) ? Number(settlement) : null };
}

function Page() {
  const [place, setPlace] = useState(ofAddress);
  useEffect(() => {
    const follow = () => setPlace(ofAddress());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return html`<div class="stack">
    <div><h1>${say("settlement.title")}</h1><p class="soft">${say("settlement.lead")}</p></div>
    ${place.producer === ""
      ? html`<${Producers} />${facts.may_settle && html`<${Rules} />`}`
      : html`<${Producer} key=${place.producer} id=${place.producer} settlement=${place.settlement} maySettle=${facts.may_settle} />`}
  </div>`;
}

function Producers() {
  const [rows, setRows] = useState(/** @type {ProducerRows | null} */ (null));
  const [problem, setProblem] = useState("");
  useEffect(() => {
    const load = async () => {
      /** @type {import("./http.js").Answer<ProducerRows>} */
      const answer = await get("/api/v1/settlements");
      setProblem(answer.ok ? "" : failureWords(answer.failure));
      if (answer.ok) setRows(answer.value);
      else if (answer.failure.code === "settlements_being_summed") setTimeout(load, 3000);
    };
    void load();
  }, []);
  if (problem !== "") return html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`;
  if (rows === null) return html`<p class="soft">${say("app.loading")}</p>`;
  if (rows.items.length === 0) return html`<p class="soft">${say("settlement.nobody")}</p>`;
  return html`<ul class="stack stack-tight settlement-producers" role="list">
    ${rows.items.map(
      (row) => html`<li key=${row.producer_id}><a class="card settlement-producer" href=${`#${row.producer_id}`}>
        <strong>${row.producer_name}</strong>
        ${row.agreed_vnd > 0 && html`<span class="row"><span class="badge badge-flash">${say(row.rest_vnd > 0 ? "settlement.part_paid" : "settlement.owed")}</span></span>`}
        <dl class="settlement-figures">
          ${/** @type {const} */ (["unsettled", "waiting", "agreed", "paid"]).map(
            (name) => html`<div key=${name}><dt class="small soft">${say(`settlement.sum_${name}`)}</dt><dd>${money(row[`${name}_vnd`])}</dd></div>`,
          )}
        </dl>
        <span class="small soft">${say("settlement.so_many", { count: number(row.settlements) })}</span>
      </a></li>`,
    )}
  </ul>`;
}

const root = part("settlements", HTMLElement);
root.replaceChildren();
noticeOnTop();
render(html`<${Page} />`, root);
