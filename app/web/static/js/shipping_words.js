// A shipping rule in a sentence.

import { decimal, money } from "./format.js";
import { say } from "./page.js";

const GRAMS_PER_KILO = 1_000;

/** @param {import("./protocol.js").ShippingRule | null} rule null: nothing is charged */
export function ruleWords(rule) {
  const isFree = rule === null || (rule.steps.length === 0 ? rule.flat_vnd === 0 : rule.steps.every((step) => step.fee_vnd === 0));
  if (rule === null || isFree) return say("host.shipping_words_free");
  const steps = rule.steps.map((step) => say("host.shipping_words_step", { kilos: decimal(step.up_to_grams / GRAMS_PER_KILO), amount: money(step.fee_vnd) }));
  const fee = steps.length > 0 ? say("host.shipping_words_steps", { steps: steps.join(", ") }) : say("host.shipping_words_flat", { amount: money(rule.flat_vnd) });
  return rule.free_from_vnd === null ? fee : `${fee} ${say("host.shipping_words_from", { amount: money(rule.free_from_vnd) })}`;
}
