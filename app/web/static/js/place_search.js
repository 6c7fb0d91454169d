// How names of places are folded for comparing and found by what people type. The server does the same in app/catalog/place_names.py;
// tests/catalog/place_search_corpus.json holds both to one rule.

/** @typedef {{code: number, name: string, kind: string, also?: readonly string[], districts?: readonly string[]}} Place */
/** @typedef {{text: string, squeezed: string, distance: 0 | 1 | 2, name: string}} Key distance: 1 an old province or short form, 2 a former district */
/** @typedef {{text: string, isBare: boolean}} Form */

// Longest first: "thi tran" before "t". Values are the kinds written out, folded.
const KINDS = new Map([
  ["thanh pho", "thanh pho"], ["thi tran", "thi tran"], ["dac khu", "dac khu"], ["thi xa", "thi xa"], ["phuong", "phuong"],
  ["huyen", "huyen"], ["quan", "quan"], ["tinh", "tinh"], ["xa", "xa"], ["tp", "thanh pho"], ["tt", "thi tran"], ["tx", "thi xa"],
  ["dk", "dac khu"], ["ph", "phuong"], ["p", "phuong"], ["f", "phuong"], ["q", "quan"], ["h", "huyen"], ["x", "xa"], ["t", "tinh"],
]);
const KIND_FIRST = new RegExp(`^(${[...KINDS.keys()].join("|")}) (.+)$`);
const KIND_AND_NUMBER = /^([pqf])([0-9]{1,2})(?= |$)/;
const LETTERS_WITHIN = 3;
// The lowest rank of `fit` at which something of the name is missing.
const WHOLE_NAME_BELOW = 6;
const ONLY_DIGITS = /^[0-9]+$/;

const APOSTROPHES = /['`\u00b4\u2018\u2019\u201b\u02b9\u02bb\u02bc\u2032\uff07]/g;
const MARKS = /[\u0300-\u036f]/g;
const STROKED_D = /[\u0111\u00f0\u0256]/g;
const NOT_WORD = /[^0-9a-z]+/g;
const Y_AS_I = /([bcdghklmnpqrstvx]|\bqu)y\b/g;

/**
 * A text as people type it in a hurry: words of a-z and 0-9 with single spaces. For searching only.
 * Marks, capitals and apostrophes are gone, every kind of đ is d, a closing y after a consonant is i (Mỹ = Mĩ, Quy = Qui).
 * @param {string} text
 */
export function folded(text) {
  const plain = text.replace(APOSTROPHES, "").normalize("NFKD").replace(MARKS, "").toLowerCase().replace(STROKED_D, "d");
  return plain.replace(NOT_WORD, " ").trim().replace(Y_AS_I, "$1i");
}

/**
 * Kind, written out, and the rest of a folded name; both empty where it begins with no kind.
 * @param {string} text
 */
function split(text) {
  const match = KIND_FIRST.exec(text);
  return { kind: KINDS.get(match?.[1] ?? "") ?? "", rest: match?.[2] ?? "" };
}

/**
 * What may be meant, folded: as typed, and without the kind in front.
 * @param {string} typed
 * @returns {Form[]}
 */
export function wantedForms(typed) {
  const text = folded(typed).replace(KIND_AND_NUMBER, "$1 $2");
  const { kind, rest } = split(text);
  if (kind === "") return text === "" ? [] : [{ text, isBare: false }];
  const writtenOut = `${kind} ${rest}`;
  const forms = text === writtenOut ? [{ text, isBare: false }] : [text, writtenOut].map((each) => ({ text: each, isBare: false }));
  return ONLY_DIGITS.test(rest) ? forms : [...forms, { text: rest, isBare: true }];
}

/** @type {WeakMap<Place, Key[]>} */
const keysOfPlaces = new WeakMap();

/**
 * The names that lead to a place: its own with and without kind, then what else it is or was called.
 * @param {Place} place
 */
function keysOf(place) {
  const known = keysOfPlaces.get(place);
  if (known !== undefined) return known;
  const own = folded(place.name);
  const { rest } = split(own);
  const texts = rest === "" || ONLY_DIGITS.test(rest) ? [own] : [own, rest];
  /** @type {(text: string, distance: 0 | 1 | 2, name: string) => Key} */
  const key = (text, distance, name) => ({ text, squeezed: text.replaceAll(" ", ""), distance, name });
  const keys = [
    ...texts.map((text) => key(text, 0, place.name)),
    ...(place.also ?? []).map((name) => key(folded(name), 1, name)),
    ...(place.districts ?? []).map((name) => key(folded(name), 2, name)),
  ];
  keysOfPlaces.set(place, keys);
  return keys;
}

/**
 * 0 the whole name, 1 its beginning, 2 a word's beginning, 3 the same without regard to spaces, 4 letters within a word; null: nothing.
 * @param {Key} key
 * @param {string} text
 */
function closeness(key, text) {
  const squeezed = text.replaceAll(" ", "");
  if (!key.squeezed.includes(squeezed)) return null;
  if (key.squeezed === squeezed) return 0;
  if (key.text.startsWith(text)) return 1;
  if (key.text.includes(` ${text}`)) return 2;
  const words = key.text.split(" ");
  if (words.some((_, first) => words.slice(first).join("").startsWith(squeezed))) return 3;
  return text.length >= LETTERS_WITHIN && key.text.includes(text) ? 4 : null;
}

/**
 * How well a place fits, smaller is better, and the name by which it does; null when it does not.
 * @param {Place} place
 * @param {readonly Form[]} forms
 * @returns {{rank: number, by: Key} | null}
 */
function fit(place, forms) {
  /** @type {{rank: number, by: Key} | null} */
  let best = null;
  for (const key of keysOf(place)) {
    for (const { text, isBare } of forms) {
      const close = closeness(key, text);
      if (close === null) continue;
      const rank = close * 6 + key.distance * 2 + (isBare ? 1 : 0);
      if (best === null || rank < best.rank) best = { rank, by: key };
    }
  }
  return best;
}

/**
 * The places that `typed` may mean, likeliest first; `by` is the former name that led there, "" when it is today's.
 * Only when none fits, those that have all the words in any order.
 * @param {readonly Place[]} places
 * @param {string} typed
 * @param {number} limit
 * @returns {Array<{place: Place, by: string}>}
 */
export function matching(places, typed, limit) {
  if (typed.trim() === "") return places.map((place) => ({ place, by: "" }));
  const forms = wantedForms(typed);
  if (forms.length === 0) return [];
  /** @type {Array<{place: Place, by: string, rank: number}>} */
  const fitting = [];
  for (const place of places) {
    const best = fit(place, forms);
    if (best !== null) fitting.push({ place, by: best.by.distance > 0 ? best.by.name : "", rank: best.rank });
  }
  // sort() keeps the order of equals, which is the alphabet's
  if (fitting.length > 0) return fitting.sort((one, two) => one.rank - two.rank).slice(0, limit);
  const words = (forms.at(-1)?.text ?? "").split(" ");
  const hasAll = (/** @type {Place} */ place) => keysOf(place).some((key) => words.every((word) => ` ${key.text}`.includes(` ${word}`)));
  return words.length < 2 ? [] : places.filter(hasAll).slice(0, limit).map((place) => ({ place, by: "" }));
}

/**
 * The one place that `typed` names in full; null when none or several bear that name.
 * @param {readonly Place[]} places
 * @param {string} typed
 * @returns {Place | null}
 */
export function placeNamed(places, typed) {
  const forms = wantedForms(typed);
  /** @type {Place[]} */
  let named = [];
  let least = WHOLE_NAME_BELOW;
  for (const place of forms.length === 0 ? [] : places) {
    const rank = fit(place, forms)?.rank ?? WHOLE_NAME_BELOW;
    if (rank < least) [named, least] = [[place], rank];
    else if (rank === least && rank < WHOLE_NAME_BELOW) named.push(place);
  }
  return named.length === 1 ? (named[0] ?? null) : null;
}

/**
 * The codes that are found, for comparing with the server's search.
 * @param {readonly Place[]} places
 * @param {string} typed
 */
export function codesFound(places, typed) {
  return matching(places, typed, places.length).map(({ place }) => place.code);
}
