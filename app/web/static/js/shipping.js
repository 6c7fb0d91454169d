// What a delivery costs, by the rule that the session says; the same sum as `fee_vnd` in app/protocol/shipping.py.

/** @typedef {import("./protocol.js").ShippingRule} ShippingRule */

/**
 * @param {ShippingRule | null} rule null: nothing
 * @param {number} goodsVnd
 * @param {number} grams
 */
export function feeOf(rule, goodsVnd, grams) {
  if (rule === null || (rule.free_from_vnd !== null && goodsVnd >= rule.free_from_vnd)) return 0;
  const steps = rule.steps;
  return (steps.find((step) => grams <= step.up_to_grams) ?? steps[steps.length - 1])?.fee_vnd ?? rule.flat_vnd;
}
