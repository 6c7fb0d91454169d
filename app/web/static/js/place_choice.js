// A choice from a long list of places with search as one types, marks not needed: an input with a list (ARIA combobox).

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { say } from "./page.js";
import { matching } from "./place_search.js";

/** @typedef {import("./place_search.js").Place} Place */

const SHOWN = 60;

/**
 * @param {object} props
 * @param {string} props.id
 * @param {string} props.label
 * @param {string} props.placeholder
 * @param {readonly Place[]} props.places
 * @param {string} props.chosenName
 * @param {boolean} [props.disabled]
 * @param {string} [props.problem]
 * @param {(place: Place | null) => void} props.onChoose
 */
export function PlaceChoice({ id, label, placeholder, places, chosenName, disabled = false, problem = "", onChoose }) {
  const [typed, setTyped] = useState(/** @type {string | null} */ (null));
  const [active, setActive] = useState(0);
  const list = useRef(/** @type {HTMLUListElement | null} */ (null));
  const isOpen = typed !== null && !disabled;
  const found = isOpen ? matching(places, typed, SHOWN) : [];
  useEffect(() => list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" }), [active, isOpen]);

  /** @param {Place} place */
  const choose = (place) => {
    setTyped(null);
    onChoose(place);
  };
  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) setTyped("");
      setActive(Math.max(0, Math.min(found.length - 1, active + (event.key === "ArrowDown" ? 1 : -1))));
    } else if (event.key === "Enter" && isOpen) {
      event.preventDefault();
      const chosen = found[active];
      if (chosen) choose(chosen.place);
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      event.stopPropagation();
      setTyped(null);
    }
  };

  return html`<div class="field place-choice">
    <label class="field-label" for=${id}>${label}</label>
    <input
      class="input"
      id=${id}
      role="combobox"
      autocomplete="off"
      autocorrect="off"
      spellcheck=${false}
      aria-autocomplete="list"
      aria-expanded=${isOpen ? "true" : "false"}
      aria-controls=${`${id}-list`}
      aria-activedescendant=${isOpen && found[active] ? `${id}-${found[active].place.code}` : undefined}
      aria-invalid=${problem === "" ? undefined : "true"}
      aria-describedby=${`${id}-error`}
      placeholder=${chosenName || placeholder}
      disabled=${disabled}
      value=${typed ?? chosenName}
      onFocus=${() => {
        setTyped("");
        setActive(0);
      }}
      onBlur=${() => setTyped(null)}
      onInput=${(/** @type {Event} */ event) => {
        setTyped(/** @type {HTMLInputElement} */ (event.currentTarget).value);
        setActive(0);
      }}
      onKeyDown=${onKeyDown}
    />
    <ul class="place-list" id=${`${id}-list`} role="listbox" aria-label=${label} hidden=${!isOpen} ref=${list}>
      ${found.map(
        ({ place, by }, index) => html`<li
          key=${place.code}
          id=${`${id}-${place.code}`}
          role="option"
          aria-selected=${index === active ? "true" : "false"}
          onPointerDown=${(/** @type {Event} */ event) => event.preventDefault()}
          onClick=${() => choose(place)}
        >
          ${place.name}${by !== "" && html`<span class="tiny soft">· ${by}</span>`}
        </li>`,
      )}
      ${isOpen && found.length === 0 && html`<li class="soft" role="option" aria-disabled="true">${say("form.nothing_found")}</li>`}
    </ul>
    <p class="field-error" id=${`${id}-error`}>${problem}</p>
  </div>`;
}
