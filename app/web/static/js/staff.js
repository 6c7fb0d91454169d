// What every page behind the login can do: sign out.

import { send } from "./http.js";
import { part } from "./page.js";

const button = part("sign-out", HTMLButtonElement);

button.addEventListener("click", async () => {
  button.disabled = true;
  await send("POST", "/api/v1/logout");
  location.assign("/login");
});
