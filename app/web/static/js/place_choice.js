// A choice from a long list of places with search as one types, marks not needed: an input with a list (ARIA combobox). A name that was
// typed in full counts as chosen; what names no place stays in the field and says so.

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { say } from "./page.js";
import { matching, placeNamed } from "./place_search.js";

/** @typedef {import("./place_search.js").Place} Place */

const SHOWN = 60;
// With a keyboard open the field goes to the top, so that the list has what room there is.
const LOW_PAGE_PIXELS = 560;

/**
 * @param {object} props
 * @param {string} props.id
 * @param {string} props.label
 * @param {string} props.placeholder
 * @param {readonly Place[]} props.places
 * @param {string} props.name of the chosen place, or what was typed so far
 * @param {boolean} props.isChosen
 * @param {boolean} [props.disabled] nothing to choose yet; it can be reached all the same, as it opens while one comes from the field before
 * @param {string} [props.problem]
 * @param {(place: Place) => void} props.onChoose
 * @param {(text: string) => void} props.onLeave with what was typed and names no place
 */
export function PlaceChoice({ id, label, placeholder, places, name, isChosen, disabled = false, problem = "", onChoose, onLeave }) {
  const [typed, setTyped] = useState(/** @type {string | null} */ (null));
  const [active, setActive] = useState(0);
  const [isPut, setIsPut] = useState(false);
  const list = useRef(/** @type {HTMLUListElement | null} */ (null));
  const isOpen = typed !== null && !isPut && !disabled;
  const found = isOpen ? matching(places, typed, SHOWN) : [];
  useEffect(() => {
    if (isOpen) list.current?.parentElement?.scrollIntoView({ block: innerHeight < LOW_PAGE_PIXELS ? "start" : "nearest" });
  }, [isOpen]);
  useEffect(() => {
    const box = list.current;
    const row = /** @type {HTMLElement | null | undefined} */ (box?.querySelector('[aria-selected="true"]'));
    if (box && row) box.scrollTop = Math.min(row.offsetTop, Math.max(box.scrollTop, row.offsetTop + row.offsetHeight - box.clientHeight));
  }, [active, isOpen]);
  // Typed while the list was on its way.
  useEffect(() => {
    const named = typed === null && !isChosen && name !== "" ? placeNamed(places, name) : null;
    if (named !== null) onChoose(named);
  }, [places]);

  /** @param {Place} place */
  const choose = (place) => {
    setTyped(null);
    onChoose(place);
  };
  const leave = () => {
    if (typed !== null && typed.trim() !== "") {
      const named = placeNamed(places, typed);
      if (named === null) onLeave(typed);
      else onChoose(named);
    }
    setTyped(null);
  };
  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) setTyped(typed ?? "");
      setIsPut(false);
      setActive(isOpen ? Math.max(0, Math.min(found.length - 1, active + (event.key === "ArrowDown" ? 1 : -1))) : 0);
    } else if (event.key === "Enter" && isOpen) {
      event.preventDefault();
      const chosen = found[active];
      if (chosen) choose(chosen.place);
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      event.stopPropagation();
      setIsPut(true);
    }
  };

  return html`<div class="field place-choice">
    <label class="field-label" for=${id}>${label}</label>
    <input
      class="input"
      id=${id}
      role="combobox"
      autocomplete="off"
      autocorrect=${false}
      spellcheck=${false}
      aria-autocomplete="list"
      aria-expanded=${isOpen ? "true" : "false"}
      aria-controls=${`${id}-list`}
      aria-activedescendant=${isOpen && found[active] ? `${id}-${found[active].place.code}` : undefined}
      aria-invalid=${problem === "" ? undefined : "true"}
      aria-describedby=${`${id}-error`}
      placeholder=${(isChosen && name) || placeholder}
      readonly=${disabled}
      aria-disabled=${disabled ? "true" : undefined}
      value=${typed ?? name}
      onFocus=${() => {
        setTyped(isChosen ? "" : name);
        setIsPut(false);
        setActive(0);
      }}
      onBlur=${leave}
      onInput=${(/** @type {Event} */ event) => {
        setIsPut(false);
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
