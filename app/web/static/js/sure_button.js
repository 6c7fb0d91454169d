// A button for what cannot be taken back: the first press asks, in place; the second one within a few seconds does it.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

const ASKS_FOR_MS = 4_000;

/** @param {{words: string, sureWords: string, class?: string, isGood?: boolean, disabled?: boolean, onSure: () => void}} props */
export function SureButton({ words, sureWords, class: extra = "", isGood = false, disabled = false, onSure }) {
  const [asks, setAsks] = useState(false);
  useEffect(() => {
    if (!asks) return undefined;
    const timer = setTimeout(() => setAsks(false), ASKS_FOR_MS);
    return () => clearTimeout(timer);
  }, [asks]);
  const calm = isGood ? "button button-primary" : "button button-danger";
  const sure = isGood ? "button button-primary" : "button button-danger button-danger-sure";
  return html`<button
    class=${`${asks ? sure : calm} ${extra}`}
    type="button"
    aria-live="polite"
    disabled=${disabled}
    onClick=${() => {
      setAsks(!asks);
      if (asks) onSure();
    }}
  >
    ${asks ? sureWords : words}
  </button>`;
}
