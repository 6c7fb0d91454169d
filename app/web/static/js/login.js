// Sign-in form of hosts and organisers: posts JSON, says every failure in words, keeps what was typed.

import { send } from "./http.js";
import { part, problemAdvice, problemSentence, say } from "./page.js";

const form = part("login-form", HTMLFormElement);
const problem = part("login-problem", HTMLParagraphElement);
const button = part("login-button", HTMLButtonElement);
const username = part("username", HTMLInputElement);
const password = part("password", HTMLInputElement);
const code = part("code", HTMLInputElement);
const codeField = part("code-field", HTMLDivElement);
/** @type {Readonly<Record<string, string>>} */
const START_OF_ROLE = { organiser: "/organiser", host: "/host", helper: "/host", desk: "/host", producer: "/organiser/goods", auditor: "/organiser" };

/** @param {string} words */
function showProblem(words) {
  problem.textContent = words;
  problem.hidden = words === "";
}

/** Marks the empty fields, moves to the first one; true when there is none. */
function allFilled() {
  const fields = codeField.hidden ? [username, password] : [username, password, code];
  const empty = fields.filter((field) => field.value.trim() === "");
  for (const field of fields) {
    const isMissing = empty.includes(field);
    field.removeAttribute("aria-invalid");
    if (isMissing) field.setAttribute("aria-invalid", "true");
    part(`${field.id}-error`, HTMLParagraphElement).textContent = isMissing ? say(`login.${field.id}_missing`) : "";
  }
  empty[0]?.focus();
  return empty.length === 0;
}

/** @param {boolean} isWaiting */
function setWaiting(isWaiting) {
  button.disabled = isWaiting;
  button.setAttribute("aria-busy", String(isWaiting));
  button.textContent = say(isWaiting ? "login.waiting" : "login.submit");
}

/** The password was right; now what the phone shows. */
function askForCode() {
  codeField.hidden = false;
  code.focus();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  showProblem("");
  if (button.disabled || !allFilled()) return;
  setWaiting(true);
  /** @type {import("./http.js").Answer<{role: string}>} */
  const answer = await send("POST", "/api/v1/login", {
    username: username.value.trim(),
    password: password.value,
    ...(!codeField.hidden && { code: code.value.trim() }),
  });
  if (answer.ok) {
    location.assign(form.dataset["next"] || START_OF_ROLE[answer.value.role] || "/");
    return;
  }
  setWaiting(false);
  const { code: reason, title_vi: words } = answer.failure;
  if (reason === "second_factor_needed") return askForCode();
  showProblem(`${problemSentence(reason, words)} ${problemAdvice(reason)}`.trim());
  (codeField.hidden ? password : code).select();
});

part("show-password", HTMLInputElement).addEventListener("change", (event) => {
  const isShown = event.currentTarget instanceof HTMLInputElement && event.currentTarget.checked;
  password.type = isShown ? "text" : "password";
});
