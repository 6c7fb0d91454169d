// One order as its buyer sees it: how far it is, what was bought, where it goes, and what can still be done about it.

import { signal } from "@preact/signals";
import { html, render } from "htm/preact";

import { NewsSwitch, changeNews } from "./consent.js";
import { fetchFonts } from "./fonts.js";
import { dateTime, money, number } from "./format.js";
import { Cancelling, Receiver } from "./order_change.js";
import { Complaints } from "./order_complaints.js";
import { OrderLink } from "./order_link.js";
import { Transfer, waitsForMoney } from "./order_transfer.js";
import { YourData } from "./personal_data.js";
import { StateBadge, factWords, sayIfKnown, spelledPhone } from "./order_words.js";
import { KINDS } from "./ledger_kinds.js";
import { failureWords, pageFacts, part, say } from "./page.js";
import { whileSeen } from "./while_seen.js";

/** @typedef {import("./buyer_types.js").OrderPage} OrderPage */
/** @typedef {import("./http.js").Answer<OrderPage>} PageAnswer */

const READ_EVERY_MS = 20_000;
const MONEY_EVERY_MS = 5_000;

/** @type {{code: string}} */
const facts = pageFacts();
const link = new OrderLink(facts.code, location.hash.slice(1));
const order = signal(/** @type {OrderPage | null} */ (null));
const problem = signal("");
const done = signal("");

let asked = 0;

/** Keep what was answered unless something asked later has been answered. @param {Promise<PageAnswer>} asking */
async function learn(asking) {
  const turn = (asked += 1);
  const answer = await asking;
  if (turn !== asked) return answer;
  if (answer.ok) {
    if (waitsForMoney(order.value) && answer.value.is_paid) done.value = say("order.money_came");
    order.value = answer.value;
  }
  return answer;
}

async function read() {
  const answer = await learn(link.read());
  if (answer.ok) problem.value = "";
  else if (order.value === null || answer.failure.code === "order_not_found") problem.value = answer.failure.code === "order_not_found" ? say("order.not_found") : failureWords(answer.failure);
}

/**
 * Change something: resolves to what went wrong, in words; the page shows the order as it is then.
 * @param {Promise<PageAnswer>} asking
 * @param {string} words what to say when it is done
 */
async function change(asking, words) {
  done.value = "";
  const answer = await learn(asking);
  if (answer.ok) {
    done.value = words;
    // What it has become is said at the top.
    scrollTo(0, 0);
    return "";
  }
  if (answer.failure.code === "order_no_longer_yours") void read();
  return failureWords(answer.failure);
}

function Page() {
  const shown = order.value;
  if (shown === null) {
    return html`<h1>${say("order.title")}</h1>
      ${problem.value === "" ? html`<p class="soft">${say("app.loading")}</p>` : html`<p class="notice notice-warning" role="alert">${problem.value}</p>
        <p><a class="button button-secondary" href="/lookup">${say("order.lookup")}</a></p>`}`;
  }
  return html`<header class="stack stack-tight">
      <p class="row row-between">
        <span class="small soft">${shown.seller.session_title}</span>
        <${StateBadge} state=${shown.state} />
      </p>
      <h1>${say("order.name", { code: "" })}<span class="order-code">${shown.code}</span></h1>
      <p>${nextWords(shown)}</p>
      <div role="status">${done.value !== "" && html`<p class="notice notice-good">${done.value}</p>`}</div>
      ${problem.value !== "" && html`<p class="notice notice-warning" role="alert">${problem.value}</p>`}
    </header>
    ${shown.payment === "transfer" && html`<${Transfer} order=${shown} link=${link} />`}
    <${Course} order=${shown} />
    <${Goods} order=${shown} />
    ${shown.payment !== "transfer" && html`<${Transfer} order=${shown} link=${link} />`}
    <${Receiver} order=${shown} onMend=${(/** @type {import("./buyer_types.js").ReceiverChange} */ wanted) => change(link.mend(wanted), say("order.mended"))} />
    <${SellerCard} order=${shown} />
    <${Complaints} order=${shown} onComplain=${(/** @type {string} */ key, /** @type {string} */ words) => change(link.complain(key, words), say("order.complained"))} />
    <${YourData} copy=${() => link.copy()} erase=${() => link.erase()} onErased=${() => void read()}
      agreements=${html`<${NewsSwitch} order=${shown} onChange=${(/** @type {boolean} */ isGiven) => void change(changeNews(link, isGiven), say("consent.changed"))} />`} />
    ${shown.may_change && html`<${Cancelling} onCancel=${(/** @type {string} */ reason) => change(link.cancel(reason), "")} />`}`;
}

/** What comes next, in one sentence. @param {OrderPage} order */
function nextWords(order) {
  const phone = spelledPhone(order.receiver.phone ?? "");
  return sayIfKnown(order.state === "placed" ? `order.next_placed_${order.payment}` : `order.next_${order.state}`, { phone, until: dateTime(order.due_at_ms) });
}

/** @param {{order: OrderPage}} props */
function Course({ order: { entries, receiver_changed_at_ms: changedAt } }) {
  const facts = entries.map((entry) => ({ words: factWords(entry), atMs: entry.happened_at_ms, isLoss: KINDS[entry.kind].isLoss }));
  if (changedAt !== null) facts.push({ words: say("order.fact_mended"), atMs: changedAt, isLoss: false });
  facts.sort((one, other) => one.atMs - other.atMs);
  return html`<section class="card" aria-labelledby="course">
    <h2 id="course">${say("order.course")}</h2>
    <ol class="order-course" role="list">
      ${facts.map(
        ({ words, atMs, isLoss }) => html`<li key=${`${atMs} ${words}`} class=${isLoss ? "is-loss" : ""}>
          <strong>${words}</strong><br /><span class="small soft number">${dateTime(atMs)}</span>
        </li>`,
      )}
    </ol>
  </section>`;
}

/** @param {{order: OrderPage}} props */
function Goods({ order: { lines, shipping_vnd: fee, total_vnd: total, owed_vnd: owed, payment, is_paid: isPaid, state } }) {
  const pays = isPaid ? "order.is_paid" : KINDS[state].ends ? "order.nothing_to_pay" : payment === "cod" ? "order.pay_on_delivery" : "order.pay_by_transfer";
  return html`<section class="card stack stack-tight" aria-labelledby="goods">
    <h2 id="goods">${say("order.goods")}</h2>
    <ul class="stack stack-tight" role="list">
      ${lines.map(
        (line) => html`<li class="row row-between">
          <span class="grow">${line.product_name} <span class="small soft">× ${number(line.quantity)} ${line.unit}</span></span>
          <span class="number">${money(line.amount_vnd)}</span>
        </li>`,
      )}
      ${fee > 0 &&
      html`<li class="row row-between"><span class="grow">${say("order.shipping")}</span><span class="number">${money(fee)}</span></li>`}
    </ul>
    <p class="row row-between"><span>${say("form.total")}</span><strong class="price">${money(total)}</strong></p>
    ${owed > 0 && owed !== total && html`<p class="notice">${say("order.owes", { amount: money(owed) })}</p>`}
    <p class="small soft">${say(pays)}</p>
  </section>`;
}

/** @param {{order: OrderPage}} props */
function SellerCard({ order: { seller, code } }) {
  return html`<section class="card stack stack-tight" aria-labelledby="seller">
    <h2 id="seller">${say("order.seller")}</h2>
    <p>${seller.organisation_name}${seller.host_name !== "" && html`<br /><span class="small soft">${say("order.host", { host: seller.host_name })}</span>`}</p>
    ${seller.phone === null
      ? html`<p class="small soft">${say("order.no_phone")}</p>`
      : html`<p><a class="button button-secondary number" href=${`tel:${seller.phone}`}>${say("order.call", { phone: spelledPhone(seller.phone) })}</a></p>
          <p class="small soft">${say("order.say_code", { code })}</p>`}
    <p class="small"><a href=${`/s/${seller.session_id}`}>${seller.session_title}</a></p>
  </section>`;
}

const root = part("order", HTMLElement);
root.replaceChildren();
render(html`<${Page} />`, root);
void read();
whileSeen(() => void read(), READ_EVERY_MS);
// Who transfers looks whether it has come.
whileSeen(() => order.value?.payment === "transfer" && waitsForMoney(order.value) && void read(), MONEY_EVERY_MS);
// Another language is the same order.
for (const other of document.querySelectorAll("a.language-link[hreflang]")) {
  if (other instanceof HTMLAnchorElement) other.hash = location.hash;
}
// A link to another order in the same tab changes only what stands behind the #.
addEventListener("hashchange", () => location.reload());
fetchFonts();
