// What a page behind the login says when the sign-in ended under it, and the way back to the same page.

import { signal } from "@preact/signals";
import { html, render } from "htm/preact";

import { SIGNED_OUT } from "./http.js";
import { failureWords, part, say } from "./page.js";

/** Whether the last word of the server was that nobody is signed in here; set to false by whoever hears otherwise. */
export const isSignedOut = signal(false);
addEventListener(SIGNED_OUT, () => (isSignedOut.value = true));

/** What a part of the page says of an answer; nothing when the page as a whole says that nobody is signed in. @param {import("./http.js").Answer<unknown>} answer */
export function problemOf(answer) {
  return answer.ok || isSignedOut.peek() ? "" : failureWords(answer.failure);
}

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
