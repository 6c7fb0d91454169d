// What the host and a helper do about comments, as calls to the API; the last of them can be undone by one key.

import { signal } from "@preact/signals";

import { command } from "./http.js";
import { failureWords, say } from "./page.js";

/**
 * @typedef {import("./room.js").Room} Room
 * @typedef {import("./protocol.js").CommentView} CommentView
 * @typedef {import("./protocol.js").ModerationRules} ModerationRules
 * @typedef {import("./protocol.js").RestrictionView} RestrictionView
 */

/** @typedef {{words: string, undo: () => Promise<void>}} Undo */
/** @typedef {"comments" | "hidden" | "history" | "rules"} Face */

export const MINUTES = 30;
const SWEEP_MINUTES = 10;

export class TalkActions {
  /** @param {Room} room */
  constructor(room) {
    this.room = room;
    this.path = `/api/v1/sessions/${room.sessionId}`;
    this.problem = signal("");
    /** The comment that the keys act on; null = the newest that is not hidden. */
    this.chosenId = signal(/** @type {string | null} */ (null));
    this.face = signal(/** @type {Face} */ ("comments"));
    this.replyTo = signal(/** @type {CommentView | null} */ (null));
    /** How long a mute or ban lasts; null = until the session ends. */
    this.minutes = signal(/** @type {number | null} */ (MINUTES));
    /** Everybody behind the same network, not the one device. */
    this.wholeNetwork = signal(false);
    this.undoable = signal(/** @type {readonly Undo[]} */ ([]));
  }

  /** What the list shows now, oldest first. @returns {readonly CommentView[]} */
  get listed() {
    const { comments, marks } = this.room.state.value;
    if (this.face.value === "history") return [];
    return this.face.value === "hidden" ? comments.filter((comment) => marks[comment.id]) : comments;
  }

  /** @returns {CommentView | null} */
  get chosen() {
    const listed = this.listed;
    const { marks } = this.room.state.value;
    const newest = this.face.value === "comments" ? listed.filter((comment) => !marks[comment.id]).at(-1) : listed.at(-1);
    return listed.find((comment) => comment.id === this.chosenId.value) ?? newest ?? null;
  }

  /** @param {CommentView} comment @returns {RestrictionView | undefined} the mute or ban that this comment was the occasion of */
  restrictionOf(comment) {
    return this.room.state.value.moderation?.restrictions.find((restriction) => restriction.comment_id === comment.id);
  }

  /**
   * @template T
   * @param {"POST" | "PUT"} method
   * @param {string} path below the session
   * @param {unknown} [body]
   * @returns {Promise<T | null>} null when it failed
   */
  async #call(method, path, body) {
    /** @type {import("./http.js").Answer<T>} */
    const answer = await command(method, `${this.path}${path}`, body);
    this.problem.value = answer.ok ? "" : failureWords(answer.failure);
    return answer.ok ? answer.value ?? /** @type {T} */ (true) : null;
  }

  /** @param {string} words @param {() => Promise<unknown>} undo */
  #remember(words, undo) {
    const entry = { words, undo: async () => void (await undo()) };
    this.undoable.value = [...this.undoable.value, entry].slice(-20);
  }

  /** Take the last of it back. */
  async undo() {
    const last = this.undoable.value.at(-1);
    if (!last) return;
    this.undoable.value = this.undoable.value.slice(0, -1);
    await last.undo();
  }

  /** Hide a comment, or show a hidden one. @param {CommentView} comment */
  async toggle(comment) {
    const isHidden = this.room.state.value.marks[comment.id] !== undefined;
    await (isHidden ? this.show(comment) : this.hide(comment));
  }

  /** @param {CommentView} comment @param {boolean} isHidden @returns {Promise<boolean>} whether it is so now */
  async setHidden(comment, isHidden) {
    return (await this.#call("POST", `/comments/${comment.id}/${isHidden ? "hide" : "restore"}`)) !== null;
  }

  /** @param {CommentView} comment */
  async hide(comment) {
    if (await this.setHidden(comment, true)) this.#remember(say("host.undo_hidden", { name: comment.author }), () => this.setHidden(comment, false));
  }

  /** @param {CommentView} comment */
  async show(comment) {
    if (await this.setHidden(comment, false)) this.#remember(say("host.undo_shown", { name: comment.author }), () => this.setHidden(comment, true));
  }

  /** @param {CommentView} comment @param {"mute" | "ban"} kind */
  async restrict(comment, kind) {
    if (comment.by_staff) return;
    const known = this.restrictionOf(comment);
    if (known?.kind === kind) return this.free(known);
    const body = { comment_id: comment.id, kind, scope: this.wholeNetwork.value ? "address" : "device", minutes: this.minutes.value };
    /** @type {RestrictionView | null} */
    const made = await this.#call("POST", "/restrictions", body);
    if (made === null) return;
    this.wholeNetwork.value = false;
    this.#remember(say(kind === "mute" ? "host.undo_muted" : "host.undo_banned", { name: comment.author }), () => this.#call("POST", `/restrictions/${made.id}/lift`));
  }

  /** @param {RestrictionView} restriction */
  async free(restriction) {
    await this.#call("POST", `/restrictions/${restriction.id}/lift`);
  }

  /** @param {CommentView} comment */
  async pin(comment) {
    const isPinned = this.room.state.value.talk.pinned?.id === comment.id;
    await this.#call("PUT", "/moderation/pinned-comment", { comment_id: isPinned ? null : comment.id });
  }

  /** @param {CommentView} comment @param {"waiting" | "answering" | "answered" | "dropped"} state */
  async ask(comment, state) {
    await this.#call("PUT", `/comments/${comment.id}/question`, { state });
  }

  /** Into the queue, or out of it. @param {CommentView} comment */
  async toggleQuestion(comment) {
    const known = this.room.state.value.moderation?.questions.find((question) => question.comment.id === comment.id);
    await this.ask(comment, known && known.state !== "answered" ? "dropped" : "waiting");
  }

  /** @param {ModerationRules} rules */
  async setRules(rules) {
    return (await this.#call("PUT", "/moderation/rules", rules)) !== null;
  }

  /** Whether the room is kept strict, as in a raid. */
  get isStrict() {
    return this.room.state.value.moderation?.rules.is_strict ?? false;
  }

  /** One tap against a raid, and one back to the room's own rules. Whoever was caught twice already is muted with it. */
  async toggleStrict() {
    const rules = this.room.state.value.moderation?.rules;
    if (!rules || !(await this.setRules({ ...rules, is_strict: !rules.is_strict }))) return;
    this.#remember(say(rules.is_strict ? "host.undo_eased" : "host.undo_strict"), () => {
      const now = this.room.state.value.moderation?.rules ?? rules;
      return this.setRules({ ...now, is_strict: rules.is_strict });
    });
    if (!rules.is_strict) await this.sweep(false);
  }

  /** Mute whoever was caught twice within the last minutes, by a rule or by one of us, and hide all that they said. @param {boolean} [isAlone] */
  async sweep(isAlone = true) {
    /** @type {{restriction_ids: readonly string[], comments: number} | null} */
    const swept = await this.#call("POST", "/moderation/sweeps", { minutes: SWEEP_MINUTES, mute_minutes: this.minutes.value });
    if (swept === null) return;
    const ids = swept.restriction_ids;
    if (ids.length === 0) this.problem.value = isAlone ? say("host.swept_none") : "";
    else this.#remember(say("host.undo_swept", { count: ids.length, comments: swept.comments }), () => this.#call("POST", "/restrictions/lift", { restriction_ids: ids }));
  }

  /** @param {string | null} text */
  async setNotice(text) {
    return (await this.#call("PUT", "/moderation/notice", { text })) !== null;
  }

  /** @param {number} step */
  #choose(step) {
    const listed = this.listed;
    const place = listed.findIndex((comment) => comment.id === this.chosen?.id);
    this.chosenId.value = listed[Math.min(listed.length - 1, Math.max(0, place + step))]?.id ?? null;
  }

  /** What is done is done with: the list goes on. @param {Promise<void>} work */
  #finish(work) {
    void work;
    this.chosenId.value = null;
  }

  /**
   * What a key does to the chosen comment.
   * @param {string} key
   * @returns {boolean} whether it was one of ours
   */
  press(key) {
    const comment = this.chosen;
    const step = { ArrowUp: -1, k: -1, ArrowDown: 1, j: 1 }[key];
    if (step !== undefined) this.#choose(step);
    else if (key === "u") void this.undo();
    else if (key === "x") void this.toggleStrict();
    else if (key === "w") void this.sweep();
    else if (comment === null) return false;
    else if (key === "h") this.#finish(this.toggle(comment));
    else if (key === "m") this.#finish(this.restrict(comment, "mute"));
    else if (key === "b") this.#finish(this.restrict(comment, "ban"));
    else if (key === "g") void this.pin(comment);
    else if (key === "q") void this.toggleQuestion(comment);
    else if (key === "r") this.replyTo.value = this.replyTo.value?.id === comment.id ? null : comment;
    else return false;
    return true;
  }
}
