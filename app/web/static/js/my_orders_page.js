// "Đơn của tôi" as a page of its own, which also works after every session is over.

import { html, render } from "htm/preact";

import { fetchFonts } from "./fonts.js";
import { MyOrders } from "./my_orders.js";
import { part } from "./page.js";

const root = part("my-orders", HTMLElement);
root.replaceChildren();
render(html`<${MyOrders} />`, root);
fetchFonts();
