// What the server gave the page: its words, and the facts its script starts from.

/**
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function part(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return found;
}

/** @param {string} id */
function written(id) {
  return JSON.parse(document.getElementById(id)?.textContent ?? "{}");
}

// A file of its own before every module (app/web/word_files.py).
/** @type {Readonly<Record<string, string>>} */
const texts = /** @type {{pageTexts?: Record<string, string>}} */ (/** @type {unknown} */ (globalThis)).pageTexts ?? {};

/**
 * The facts of this page; each page's script says which.
 * @template T
 * @returns {T}
 */
export function pageFacts() {
  return written("page-facts");
}

/** Language of the page. */
export const language = document.documentElement.lang === "en" ? "en" : "vi";

/**
 * A text in the page's language, its blanks filled in. A key that nobody wrote shows as itself, so that it is seen.
 * @param {string} key
 * @param {Readonly<Record<string, string | number>>} [values]
 */
export function say(key, values = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (blank, name) => String(values[name] ?? blank));
}

/**
 * What happened, for an error code.
 * @param {string} code
 * @param {string} [fallback] the server's own sentence, for codes younger than this page
 */
export function problemSentence(code, fallback) {
  return texts[`error.${code}`] ?? (fallback || say("error.internal"));
}

/**
 * What to do now, for an error code; empty when the code is younger than this page.
 * @param {string} code
 */
export function problemAdvice(code) {
  return texts[`error.${code}.next`] ?? "";
}

/**
 * A failed call in one line: what happened, what exactly is missing where that is known, and what to do now.
 * @param {{code: string, title_vi?: string, details?: Record<string, unknown> | null | undefined}} failure
 */
export function failureWords({ code, title_vi: words, details }) {
  return `${problemSentence(code, words)} ${lackingWords(details)}${problemAdvice(code)}`.trim();
}

/**
 * Products that lack something, by name: `Mật ong (30%): xuất xứ, bảo quản.`
 * @param {Record<string, unknown> | null | undefined} details
 */
function lackingWords(details) {
  const products = /** @type {{name: string, score: number, missing: string[]}[]} */ (Array.isArray(details?.["products"]) ? details["products"] : []);
  const shown = products.slice(0, 3).map(({ name, score, missing }) => `${name} (${score}%): ${missing.map((item) => say(`goods.item_${item}`).toLowerCase()).join(", ")}.`);
  if (products.length > shown.length) shown.push("…");
  return shown.length === 0 ? "" : `${shown.join(" ")} `;
}
