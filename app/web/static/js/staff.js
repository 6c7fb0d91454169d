// What every page behind the login can do: go to another, sign out.

import { send } from "./http.js";
import { part } from "./page.js";

const button = part("sign-out", HTMLButtonElement);
const menu = part("menu", HTMLButtonElement);
const rest = part("menu-rest", HTMLElement);

/** @param {boolean} isOpen */
const show = (isOpen) => menu.setAttribute("aria-expanded", String(isOpen));

menu.addEventListener("click", () => show(menu.getAttribute("aria-expanded") !== "true"));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || menu.getAttribute("aria-expanded") !== "true") return;
  const wasInside = rest.contains(document.activeElement);
  show(false);
  if (wasInside) menu.focus();
});
// A tap or the focus elsewhere closes it: it lies over the page.
for (const kind of /** @type {const} */ (["pointerdown", "focusin"])) {
  document.addEventListener(kind, ({ target }) => {
    if (target instanceof Node && !rest.contains(target) && !menu.contains(target)) show(false);
  });
}
for (const link of document.querySelectorAll(".top-bar nav a")) {
  if (link instanceof HTMLAnchorElement && link.hreflang === "" && link.pathname === location.pathname) link.setAttribute("aria-current", "page");
}

button.addEventListener("click", async () => {
  button.disabled = true;
  await send("POST", "/api/v1/logout");
  location.assign("/login");
});
