// "Đơn của tôi" as a page of its own, which also works after every session is over.

import { html, render } from "htm/preact";

import { fetchFonts } from "./fonts.js";
import { get, send } from "./http.js";
import { MyOrders } from "./my_orders.js";
import { part } from "./page.js";
import { YourData } from "./personal_data.js";

const root = part("my-orders", HTMLElement);
root.replaceChildren();
/** @type {() => Promise<import("./http.js").Answer<import("./buyer_types.js").PersonalData>>} */
const copy = () => get("/api/v1/my-data");
/** @type {() => Promise<import("./http.js").Answer<import("./buyer_types.js").Erasure>>} */
const erase = () => send("POST", "/api/v1/my-data/erasure");
render(html`<div class="stack"><${MyOrders} /><${YourData} copy=${copy} erase=${erase} /></div>`, root);
fetchFonts();
