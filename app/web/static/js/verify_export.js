// Checks the export of a session on the reader's own machine: hash chain, every figure, signature. The port of `app/reports/verify.py`,
// with the browser's own SHA-256 and Ed25519; both give the same verdicts (tests/web/test_verify_export.py).

import { CannotCheck, DoesNotFit, NotAnExport } from "./verify_errors.js";
import { FORMATS, checkOrders, figuresOf, firstDifference, goods, whole } from "./verify_figures.js";
import { textsOf } from "./verify_zip.js";

/**
 * @typedef {import("./verify_figures.js").Entry} Entry
 * @typedef {{code: 0 | 1 | 2 | 3, said: string, entries?: number, placed?: number, net?: number, key?: string}} Verdict
 *   code 0 = all fits, 1 = something does not, 2 = no export, 3 = this browser cannot check it
 */

const FILES = ["statement.json", "statement.sig", "ledger.txt"];
/** What a ledger entry says with no "v" is version 1. Lines that are no goods name their kind. */
const LINE_KINDS = new Map([[1, [""]], [2, ["", "shipping"]], [3, ["", "shipping", "money"]]]);
// So many digests are asked for at a time: each by itself would take ten times as long.
const AT_ONCE = 1000;
const HEX = /^(?:[0-9a-fA-F]{2})+$/;
const SIGNATURE_BYTES = 64;
const KEY_BYTES = 32;

/**
 * @param {ArrayBuffer} archive
 * @param {string} [knownKey] hex
 * @returns {Promise<Verdict>}
 */
export async function verdictOn(archive, knownKey) {
  try {
    requireBrowser();
    const found = await check(await textsOf(archive, FILES), knownKey);
    const trust = knownKey === undefined ? `key ${found.key} (compare it with the published one)` : "the key you gave";
    const said = `OK: ${found.entries} entries, chain unbroken, placed ${found.placed} VND, net ${found.net} VND, signed by ${trust}`;
    return { code: 0, said, ...found };
  } catch (problem) {
    if (problem instanceof DoesNotFit) return { code: 1, said: `DOES NOT FIT: ${problem.message.split(/\s+/).filter(Boolean).join(" ")}` };
    if (problem instanceof CannotCheck) return { code: 3, said: problem.message };
    // whatever a file that is no export does to its reader
    return { code: 2, said: `NOT AN EXPORT: ${problem instanceof Error ? problem.message : String(problem)}` };
  }
}

function requireBrowser() {
  if (globalThis.crypto?.subtle === undefined) throw new CannotCheck("WebCrypto (https)");
  if (typeof DecompressionStream === "undefined") throw new CannotCheck("DecompressionStream");
}

/**
 * @param {string[]} texts
 * @param {string} [knownKey]
 */
async function check([statementText = "", signatureText = "", ledgerText = ""], knownKey) {
  const parts = signatureText.split(/\s+/).filter(Boolean);
  const [signature, key] = parts;
  if (signature === undefined || key === undefined || parts.length !== 2 || !parts.every((part) => HEX.test(part))) {
    throw new NotAnExport("its signature cannot be read");
  }
  if (knownKey !== undefined && key.toLowerCase() !== knownKey.toLowerCase()) {
    throw new DoesNotFit(`signed by key ${key.toLowerCase()}, not by the key you gave`);
  }
  if (!(await signatureFits(bytesOf(key), statementText, bytesOf(signature)))) {
    throw new DoesNotFit("the signature does not belong to this statement");
  }
  const statement = dict(JSON.parse(statementText));
  const { entries, lastHash } = await readLedger(ledgerText, had(statement, "session"));
  if (entries.length !== had(statement, "last_seq")) {
    throw new DoesNotFit(`the statement covers entries up to ${statement.last_seq}, the ledger has ${entries.length}`);
  }
  if (lastHash !== had(statement, "last_hash")) {
    throw new DoesNotFit("the ledger is another one than the statement was signed over: its last hash differs");
  }
  const format = had(statement, "format");
  if (!FORMATS.includes(format)) throw new DoesNotFit("the statement is written in a form that is newer than this program");
  checkOrders(entries);
  const difference = firstDifference(had(statement, "figures"), figuresOf(entries, format));
  if (difference !== null) throw new DoesNotFit(difference);
  const ladder = dict(had(dict(statement.figures), "ladder_vnd"));
  return { entries: entries.length, placed: had(ladder, "placed"), net: had(ladder, "net"), key: key.toLowerCase() };
}

/**
 * Entries in order; every line is `<hash> <body>`, and each hash covers the one before it and the body as it stands.
 *
 * @param {string} text
 * @param {string} session
 */
async function readLedger(text, session) {
  const lines = text.split("\n");
  const rest = lines.pop();
  if (rest) throw new DoesNotFit(`ledger entry ${lines.length + 1} is not a whole line`);
  let previous = await digestOf(new Uint8Array(), `ocop-live ledger ${session}`);
  const broken = await firstBroken(lines, previous);
  const entries = lines.slice(0, broken ?? lines.length).map((line, place) => entryOf(line.slice(line.indexOf(" ") + 1), place + 1, session));
  if (broken !== null) throw new DoesNotFit(`ledger entry ${broken + 1} was changed, or one before it is missing: its hash does not fit`);
  const last = lines.at(-1);
  return { entries, lastHash: last === undefined ? hexOf(previous) : last.slice(0, last.indexOf(" ")) };
}

/**
 * The place of the first line whose hash does not fit. Each is checked over the hash that stands before it: up to the first that does not
 * fit, that is the chain.
 *
 * @param {readonly string[]} lines
 * @param {Uint8Array<ArrayBuffer>} genesis
 * @returns {Promise<number | null>}
 */
async function firstBroken(lines, genesis) {
  let previous = genesis;
  for (let start = 0; start < lines.length; start += AT_ONCE) {
    /** @type {Promise<Uint8Array>[]} */
    const asked = [];
    /** @type {string[]} */
    const stored = [];
    for (const line of lines.slice(start, start + AT_ONCE)) {
      const space = line.indexOf(" ");
      const hash = space < 0 ? line : line.slice(0, space);
      asked.push(digestOf(previous, space < 0 ? "" : line.slice(space + 1)));
      stored.push(hash);
      previous = HEX.test(hash) ? bytesOf(hash) : new Uint8Array();
    }
    const digests = await Promise.all(asked);
    const wrong = digests.findIndex((digest, place) => hexOf(digest) !== stored[place]);
    if (wrong >= 0) return start + wrong;
  }
  return null;
}

/**
 * @param {string} body
 * @param {number} number
 * @param {string} session
 * @returns {Entry}
 */
function entryOf(body, number, session) {
  const entry = dict(JSON.parse(body));
  if (had(entry, "seq") !== number || had(entry, "session") !== session) {
    throw new DoesNotFit(`ledger entry ${number} carries seq ${repr(entry.seq)} of session ${repr(entry.session)}`);
  }
  const known = LINE_KINDS.get(entry.v ?? 1) ?? [];
  for (const name of ["kind", "lines", "order", "buyer"]) had(entry, name);
  if (!Array.isArray(entry.lines)) throw new NotAnExport("the lines of an entry cannot be read");
  for (const line of entry.lines) dict(line);
  if (!entry.lines.every((/** @type {any} */ line) => !("kind" in line) || (line.kind !== "" && known.includes(line.kind)))) {
    throw new DoesNotFit(`ledger entry ${number} is written in a form that is newer than this program`);
  }
  const read = /** @type {Entry} */ (entry);
  if (goods(read).some((line) => whole(had(line, "amount_vnd")) !== whole(had(line, "quantity")) * whole(had(line, "unit_price_vnd")))) {
    throw new DoesNotFit(`ledger entry ${number}: an amount is not quantity times unit price`);
  }
  return read;
}

/**
 * @param {Uint8Array<ArrayBuffer>} key
 * @param {string} message
 * @param {Uint8Array<ArrayBuffer>} signature
 */
async function signatureFits(key, message, signature) {
  if (key.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  /** @type {CryptoKey} */
  let imported;
  try {
    imported = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  } catch (problem) {
    if (problem instanceof DOMException && problem.name === "NotSupportedError") throw new CannotCheck("Ed25519");
    return false;
  }
  return crypto.subtle.verify({ name: "Ed25519" }, imported, signature, new TextEncoder().encode(message));
}

/**
 * SHA-256 over bytes and a text behind them.
 *
 * @param {Uint8Array<ArrayBuffer>} before
 * @param {string} text
 */
async function digestOf(before, text) {
  const body = new TextEncoder().encode(text);
  const content = new Uint8Array(before.length + body.length);
  content.set(before);
  content.set(body, before.length);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", content));
}

/** @param {string} hex */
function bytesOf(hex) {
  return Uint8Array.from({ length: hex.length / 2 }, (_, place) => Number.parseInt(hex.slice(2 * place, 2 * place + 2), 16));
}

/** @param {Uint8Array} bytes */
function hexOf(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {unknown} value
 * @returns {Record<string, any>}
 */
function dict(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new NotAnExport("what stands in it cannot be read");
  return /** @type {Record<string, any>} */ (value);
}

/**
 * @param {Record<string, any>} from
 * @param {string} name
 * @returns {any}
 */
function had(from, name) {
  if (!Object.hasOwn(from, name)) throw new NotAnExport(`${name} is missing`);
  return from[name];
}

/** @param {unknown} value */
function repr(value) {
  return typeof value === "string" ? `'${value}'` : String(value);
}
