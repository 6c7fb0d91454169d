// A claim in words: what it asks for, and what became of it.

import { say } from "./page.js";

/**
 * @typedef {import("./protocol.js").ClaimView} ClaimView
 * @typedef {import("./protocol.js").ClaimLine} ClaimLine
 */

/** "A1 × 2 (xanh)". @param {ClaimLine} line */
export function lineWords(line) {
  return `${line.code} × ${line.quantity}${line.variant === "" ? "" : ` (${line.variant})`}`;
}

/** Lines whose units are held. @param {ClaimView} claim */
export function heldLines(claim) {
  return claim.lines.filter((line) => line.outcome === "held");
}

/** @param {readonly ClaimLine[]} lines */
export function linesWords(lines) {
  return lines.map(lineWords).join(", ");
}

/** What could not be held, each with the reason. @param {ClaimView} claim */
export function refusedWords(claim) {
  return claim.lines
    .filter((line) => line.outcome !== "held")
    .map((line) => say(`claim.${line.outcome}`, { code: line.code }))
    .join(" ");
}

/** @param {readonly ClaimLine[]} lines */
export function sumOf(lines) {
  return lines.reduce((sum, line) => sum + line.quantity * line.unit_price_vnd, 0);
}
