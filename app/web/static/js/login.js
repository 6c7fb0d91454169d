// Sign-in form of hosts and organisers: posts JSON, says every failure in words, keeps what was typed.

/**
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
function part(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return found;
}

/** @type {Record<string, string>} */
const texts = JSON.parse(part("page-texts", HTMLScriptElement).textContent ?? "{}");
const form = part("login-form", HTMLFormElement);
const problem = part("login-problem", HTMLParagraphElement);
const button = part("login-button", HTMLButtonElement);
const password = part("password", HTMLInputElement);
const fields = [part("username", HTMLInputElement), password];

/**
 * The sentence for an error code: what happened, then what to do.
 * @param {string} code
 * @param {string} [fallback] the server's own sentence, for codes younger than this page
 */
function sentence(code, fallback) {
  const known = texts[`error.${code}`];
  if (known === undefined) return fallback || `${texts["error.internal"]} ${texts["error.internal.next"]}`;
  return `${known} ${texts[`error.${code}.next`] ?? ""}`.trim();
}

/** @param {string} words */
function showProblem(words) {
  problem.textContent = words;
  problem.hidden = words === "";
}

/** Marks the empty fields, moves to the first one; true when there is none. */
function allFilled() {
  const empty = fields.filter((field) => field.value.trim() === "");
  for (const field of fields) {
    const missing = empty.includes(field);
    field.toggleAttribute("aria-invalid", false);
    if (missing) field.setAttribute("aria-invalid", "true");
    part(`${field.id}-error`, HTMLParagraphElement).textContent = missing ? texts[`login.${field.id}_missing`] ?? "" : "";
  }
  empty[0]?.focus();
  return empty.length === 0;
}

/** @param {boolean} isWaiting */
function setWaiting(isWaiting) {
  button.disabled = isWaiting;
  button.setAttribute("aria-busy", String(isWaiting));
  button.textContent = texts[isWaiting ? "login.waiting" : "login.submit"] ?? "";
}

/**
 * @param {Response} response
 * @returns {Promise<string>}
 */
async function problemSentence(response) {
  try {
    /** @type {{code?: string, title?: string}} */
    const body = await response.json();
    // At this door "not signed in" can only mean that name and password do not match.
    const code = response.status === 401 ? "login_failed" : body.code ?? "internal";
    return sentence(code, body.title);
  } catch {
    return sentence("unavailable");
  }
}

/** Posts the form; resolves to an empty text when the person is signed in, else to what went wrong. */
async function signIn() {
  const body = JSON.stringify({ username: fields[0]?.value.trim(), password: password.value });
  try {
    const response = await fetch(form.action, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      credentials: "same-origin",
      signal: AbortSignal.timeout(15_000),
      body,
    });
    return response.ok ? "" : await problemSentence(response);
  } catch {
    return sentence("offline");
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  showProblem("");
  if (button.disabled || !allFilled()) return;
  setWaiting(true);
  const words = await signIn();
  if (words === "") {
    location.assign(form.dataset["next"] ?? "/");
    return;
  }
  setWaiting(false);
  showProblem(words);
  password.select();
});

part("show-password", HTMLInputElement).addEventListener("change", (event) => {
  const isShown = event.currentTarget instanceof HTMLInputElement && event.currentTarget.checked;
  password.type = isShown ? "text" : "password";
});
