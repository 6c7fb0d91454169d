// What a page behind the login says when the sign-in ended under it, and the way back to the same page.

import { signal } from "@preact/signals";
import { html, render } from "htm/preact";

import { SIGNED_OUT } from "./http.js";
import { part, say } from "./page.js";

/** Whether the last word of the server was that nobody is signed in here; set to false by whoever hears otherwise. */
export const isSignedOut = signal(false);
addEventListener(SIGNED_OUT, () => (isSignedOut.value = true));

export function SignedOut() {
  if (!isSignedOut.value) return null;
  const back = `/login?next=${encodeURIComponent(location.pathname)}`;
  return html`<p class="notice notice-danger" role="alert">${say("host.signed_out")} <a href=${back}>${say("host.sign_in_again")}</a></p>`;
}

/** The notice above everything else, for pages that have no place of their own for it. */
export function noticeOnTop() {
  const place = document.createElement("div");
  part("content", HTMLElement).prepend(place);
  render(html`<${SignedOut} />`, place);
}
