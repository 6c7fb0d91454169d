// Choosing the sessions and booths of a programme that takes chosen ones.

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { dateTime, number } from "./format.js";
import { get, send } from "./http.js";
import { failureWords, say } from "./page.js";

/**
 * @typedef {import("./programme_types.js").Candidate} Candidate
 * @typedef {import("./programme_types.js").CandidateList} CandidateList
 */

/** @param {{path: string, onChange: () => Promise<void>}} props */
export function Choosing({ path, onChange }) {
  const [list, setList] = useState(/** @type {CandidateList | null} */ (null));
  const [chosen, setChosen] = useState(/** @type {ReadonlySet<string>} */ (new Set()));
  const [isKept, setIsKept] = useState(true);
  const [isOpen, setIsOpen] = useState(false);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    void get(`${path}/candidates`).then((answer) => {
      setProblem(answer.ok ? "" : failureWords(answer.failure));
      if (!answer.ok) return;
      const found = /** @type {CandidateList} */ (answer.value);
      setList(found);
      setIsOpen(!found.candidates.some((each) => each.is_chosen));
      setChosen(new Set(found.candidates.filter((each) => each.is_chosen).map((each) => each.session_id)));
    });
  }, [path]);
  /** @param {string} id */
  const turn = (id) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
    setIsKept(false);
  };
  const save = async () => {
    const answer = await send("PUT", `${path}/chosen-sessions`, { session_ids: [...chosen] });
    setProblem(answer.ok ? "" : failureWords(answer.failure));
    if (!answer.ok) return;
    setIsKept(true);
    await onChange();
  };
  return html`<details class="card card-roomy no-print" open=${isOpen}>
    <summary>${say("programme.choosing", { count: number(chosen.size), all: number(list?.candidates.length ?? 0) })}</summary>
    ${problem !== "" && html`<p class="notice notice-danger" role="alert"><span>${problem}</span></p>`}
    ${list?.candidates.length === 0 && html`<p class="soft">${say("programme.no_sessions")}</p>`}
    ${list !== null && list.chosen_beside > 0 && !isKept && html`<p class="notice notice-warning"><span>${say("programme.chosen_beside", { count: number(list.chosen_beside) })}</span></p>`}
    <ul class="programme-choices" role="list">
      ${list?.candidates.map((each) => html`<li key=${each.session_id}><label class="row"><input type="checkbox" checked=${chosen.has(each.session_id)} onChange=${() => turn(each.session_id)} />
        <span class="grow">${`${each.title} `}<span class="unit">${[dateTime(Date.parse(each.started_at)), each.kind === "booth" && say("booth.title"), each.commune_name].filter(Boolean).join(" · ")}</span></span></label></li>`)}
    </ul>
    <div class="row"><button class="button button-primary" type="button" disabled=${isKept} onClick=${() => void save()}>${say("programme.save")}</button></div>
  </details>`;
}
