// One producer: the settlement that is open, with what is entered by hand and the button to agree; and those that were agreed.

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { dateTime, money, number } from "./format.js";
import { command, get } from "./http.js";
import { failureWords, say } from "./page.js";
import { Charges } from "./settlement_charges.js";
import { Lines } from "./settlement_lines.js";
import { Payout } from "./settlement_payout.js";
import { choiceQuery, Sessions } from "./settlement_sessions.js";
import { SureButton } from "./sure_button.js";

/**
 * @typedef {import("./settlement_types.js").SettlementView} SettlementView
 * @typedef {import("./settlement_types.js").ProducerSettlements} ProducerSettlements
 * @typedef {import("./settlement_types.js").SessionChoice} SessionChoice
 * @typedef {import("./settlement_sessions.js").LeftOut} LeftOut
 */

const SUMS = /** @type {const} */ ([
  ...["opening", "goods", "shipping", "carrier_fee", "direct", "vat", "pit"],
  ...["by_hand_carrier_fee", "by_hand_deduction", "by_hand_addition"],
]);
const BY_RULES = /** @type {const} */ (["shipping", "carrier_fee", "vat", "pit"]);
const FIGURES = ["placed", "changed", "cancelled", "expired", "refused", "under_way", "delivered", "returned", "waiting", "let_off", "net"];
const LINES_AT_ONCE = 200;

/** @param {{id: string, settlement: number | null, maySettle: boolean}} props */
export function Producer({ id, settlement, maySettle }) {
  const path = `/api/v1/settlements/${encodeURIComponent(id)}`;
  const one = `${path}/${settlement ?? "next"}`;
  const [view, setView] = useState(/** @type {SettlementView | null} */ (null));
  const [all, setAll] = useState(/** @type {ProducerSettlements | null} */ (null));
  const [problem, setProblem] = useState("");
  const [choices, setChoices] = useState(/** @type {readonly SessionChoice[]} */ ([]));
  const [leftOut, setLeftOut] = useState(/** @type {LeftOut} */ (new Set()));
  const [isBusy, setIsBusy] = useState(false);
  // Of several readings that are under way, only the last is of what is chosen by now.
  const reading = useRef(0);
  const query = choiceQuery(choices, leftOut);
  /** @param {string} chosen @param {boolean} [withChoices] */
  const read = async (chosen, withChoices = true) => {
    const turn = (reading.current += 1);
    setIsBusy(true);
    /** @type {[import("./http.js").Answer<SettlementView>, import("./http.js").Answer<ProducerSettlements>]} */
    const [answer, list] = await Promise.all([get(`${one}?limit=${LINES_AT_ONCE}&${chosen}`), get(path)]);
    if (turn !== reading.current) return;
    if (answer.ok) setView(answer.value);
    else setProblem(failureWords(answer.failure));
    if (list.ok) setAll(list.value);
    const mayChoose = chosen !== "" || (answer.ok ? answer.value.sessions.length > 1 : answer.failure.code === "settlement_too_large");
    if (maySettle && settlement === null && mayChoose && withChoices) {
      /** @type {import("./http.js").Answer<import("./settlement_types.js").SessionChoices>} */
      const found = await get(`${path}/next/sessions`);
      if (turn !== reading.current) return;
      if (found.ok) setChoices(found.value.items);
    } else if (withChoices) setChoices([]);
    setIsBusy(false);
  };
  const load = () => read(query ?? "");
  useEffect(() => {
    setView(null);
    setProblem("");
    setLeftOut(new Set());
    void read("");
  }, [one]);
  /** @param {LeftOut} next */
  const choose = (next) => {
    const chosen = choiceQuery(choices, next);
    setLeftOut(next);
    setProblem("");
    if (chosen !== null) return void read(chosen, false);
    // nothing that could be agreed on: a reading that is under way is of another choice
    reading.current += 1;
    setIsBusy(false);
    setView(null);
    setProblem(say(choices.every((each) => next.has(each.session_id)) ? "settlement.choose_one" : "settlement.choose_fewer"));
  };
  const more = async () => {
    if (view === null || view.next_line === null) return;
    /** @type {import("./http.js").Answer<SettlementView>} */
    const answer = await get(`${one}?after=${view.next_line}&limit=${LINES_AT_ONCE}&${query ?? ""}`);
    if (!answer.ok) return setProblem(failureWords(answer.failure));
    // other figures by now: what is on the screen would no longer be what one agrees on
    if (answer.value.digest !== view.digest) return setView(answer.value.digest === null ? view : null), void load();
    setView({ ...view, lines: [...view.lines, ...answer.value.lines], next_line: answer.value.next_line });
  };
  const agree = async () => {
    if (view === null) return;
    setIsBusy(true);
    const sessions = view.sessions.map(({ session_id, to_seq }) => ({ session_id, to_seq }));
    /** @type {import("./http.js").Answer<SettlementView>} */
    const answer = await command("POST", `${path}/agreements`, { sessions, digest: view.digest });
    if (answer.ok) return void location.assign(`#${id}/${answer.value.number}`);
    setProblem(failureWords(answer.failure));
    await load();
  };
  return html`<p><a href="#">${say("settlement.all_producers")}</a></p>
    ${all !== null && !all.chain_fits && html`<p class="notice notice-danger" role="alert"><span>${say("settlement.chain_broken")}</span></p>`}
    ${all !== null && html`<${Settlements} all=${all} chosen=${settlement} />`}
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    ${choices.length > 0 && html`<section class="card card-roomy"><${Sessions} all=${choices} leftOut=${leftOut} mustChoose=${view === null} onChange=${choose} /></section>`}
    ${view === null && problem === "" && html`<p class="soft">${say("app.loading")}</p>`}
    ${view !== null && html`<section class="card card-roomy stack" aria-labelledby="settlement" aria-busy=${isBusy}>
        <div>
          <h2 class="heading-20" id="settlement">${view.producer_name} · ${say("settlement.number", { number: number(view.number) })}</h2>
          <p class="small soft">${say(`settlement.state_${view.state}`)}${view.agreed_at_ms !== null && ` · ${dateTime(view.agreed_at_ms)} · ${view.agreed_by ?? ""}`}</p>
        </div>
        <${Sums} view=${view} />
        <div class="row">
          ${["pdf", "xlsx"].map((form) => html`<a key=${form} class="button button-secondary" href=${`${one}/settlement.${form}${query ? `?${query}` : ""}`} download>${say(`settlement.file_${form}`)}</a>`)}
          ${maySettle && view.state === "open" && html`<${SureButton} key=${view.digest} isGood words=${say("settlement.agree")} sureWords=${say("settlement.agree_sure", { amount: money(view.sums.payable_vnd) })} disabled=${isBusy || view.line_count === 0 && view.charges.length === 0 && view.sums.opening_vnd <= 0} onSure=${() => void agree()} />`}
        </div>
        ${view.paid !== null && html`<p class="notice notice-good"><span>${say("settlement.paid_words", { amount: money(view.paid.amount_vnd), day: dayOf(view.paid.paid_on), reference: view.paid.reference })}</span></p>`}
        ${view.paid !== null && view.state === "part_paid" && html`<p class="notice"><span>${say("settlement.rest_words", { amount: money(view.sums.payable_vnd - view.paid.amount_vnd) })}</span></p>`}
        ${maySettle && view.state === "agreed" && html`<${Payout} path=${path} view=${view} onPaid=${load} />`}
        ${view.fact_hash !== null && html`<p class="small soft settlement-hash">${say("settlement.hash")} ${view.fact_hash}</p>`}
      </section>
      <${Charges} path=${path} charges=${view.charges} mayChange=${maySettle && view.state === "open"} onChanged=${load} />
      <${Lines} path=${path} view=${view} onMore=${more} />`}`;
}

/** @param {string} iso */
const dayOf = (iso) => iso.split("-").reverse().join("/");

/** What adds up, and what was sold. @param {{view: SettlementView}} props */
function Sums({ view }) {
  return html`<table class="settlement-sums">
      <tbody>
        ${SUMS.filter((name) => view.sums[`${name}_vnd`] !== 0).map(
          (name) => html`<tr key=${name}><th scope="row">${say(`settlement.part_${name}`)}</th><td>${money(view.sums[`${name}_vnd`])}</td></tr>`,
        )}
        <tr class="settlement-payable"><th scope="row">${say("settlement.payable")}</th><td>${money(view.sums.payable_vnd)}</td></tr>
      </tbody>
    </table>
    ${view.older_rules.map(
      (older) => html`<p class="small soft" key=${older.settlements.join()}>${say("settlement.older_rules", { numbers: older.settlements.join(", "), amount: money(older.taxed_vnd) })} ${BY_RULES.filter((name) => older[`${name}_vnd`] !== 0)
        .map((name) => `${say(`settlement.part_${name}`)} ${money(older[`${name}_vnd`])}`)
        .join("; ")}</p>`,
    )}
    ${view.rules.withholds && view.tax_code === "" && html`<p class="notice"><span>${say("settlement.no_tax_code")}</span></p>`}
    <dl class="settlement-figures">
      ${FIGURES.filter((name) => view.vnd[name]).map(
        (name) => html`<div key=${name}><dt class="small soft">${say(`settlement.figure_${name}`)}${name in view.units && ` (${number(view.units[name] ?? 0)})`}</dt><dd>${money(view.vnd[name] ?? 0)}</dd></div>`,
      )}
    </dl>
    ${view.sessions.length > 0 && html`<p class="small soft">${view.sessions.map((each) => say("settlement.range", { title: each.title, first: number(each.after_seq + 1), last: number(each.to_seq) })).join(" · ")}</p>`}`;
}

/** @param {{all: ProducerSettlements, chosen: number | null}} props */
function Settlements({ all, chosen }) {
  return html`<nav class="row" aria-label=${say("settlement.title")}>
    <a class=${chosen === null ? "button button-secondary" : "button button-quiet"} aria-current=${chosen === null ? "page" : undefined} href=${`#${all.producer_id}`}>${say("settlement.open")}</a>
    ${all.items.map(
      (each) => html`<a key=${each.number} class=${chosen === each.number ? "button button-secondary" : "button button-quiet"} aria-current=${chosen === each.number ? "page" : undefined} href=${`#${all.producer_id}/${each.number}`}
        >${say("settlement.number", { number: number(each.number) })} · ${money(each.payable_vnd)} · ${say(`settlement.state_${each.state}`)}</a>`,
    )}
  </nav>`;
}
