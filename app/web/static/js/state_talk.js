// What moderation does to the room as this page knows it. Pure, used by state.js.

/**
 * @typedef {import("./state.js").RoomState} RoomState
 * @typedef {import("./protocol.js").CommentView} CommentView
 * @typedef {import("./protocol.js").RoomEvent} RoomEvent
 * @typedef {import("./protocol.js").RoomSnapshot} RoomSnapshot
 * @typedef {import("./protocol.js").TalkView} TalkView
 */

export const COMMENTS_KEPT = 200;

/** @type {TalkView} */
export const SILENCE = { slow_mode_seconds: 0, buyers_only: false, new_viewer_seconds: 0, notice: null, pinned: null, answering: null };

/**
 * In their order by time, each once; what comes later in the list is the newer word.
 * @param {readonly CommentView[]} comments
 */
function inOrder(comments) {
  const known = new Map(comments.map((comment) => [comment.id, comment]));
  return [...known.values()].sort((one, other) => one.at_ms - other.at_ms).slice(-COMMENTS_KEPT);
}

/**
 * Comments, and on a board why some of them are hidden.
 * @param {RoomSnapshot} snapshot
 * @returns {Pick<RoomState, "comments" | "marks" | "talk" | "warning" | "moderation">}
 */
export function talkOfSnapshot({ comments, talk, warning, moderation }) {
  const hidden = moderation?.hidden ?? [];
  return {
    comments: inOrder([...comments, ...hidden.map(({ comment }) => comment)]),
    marks: Object.fromEntries(hidden.map(({ comment, mark }) => [comment.id, mark])),
    talk,
    warning,
    moderation,
  };
}

/**
 * @param {RoomState} state
 * @param {RoomEvent} event
 * @returns {RoomState}
 */
export function applyTalk(state, event) {
  const { moderation, marks } = state;
  switch (event.type) {
    case "comments.hidden": {
      const ids = new Set(event.comment_ids);
      if (event.mark !== null) {
        const { mark } = event;
        return { ...state, comments: inOrder([...state.comments, ...event.comments]), marks: { ...marks, ...Object.fromEntries([...ids].map((id) => [id, mark])) } };
      }
      const left = state.comments.filter(({ id }) => !ids.has(id));
      return { ...state, comments: left.map((comment) => (comment.reply_to && ids.has(comment.reply_to.id) ? { ...comment, reply_to: null } : comment)) };
    }
    case "comments.restored": {
      const shown = new Set(event.comments.map(({ id }) => id));
      return { ...state, comments: inOrder([...state.comments, ...event.comments]), marks: Object.fromEntries(Object.entries(marks).filter(([id]) => !shown.has(id))) };
    }
    case "comment.held":
      return { ...state, comments: inOrder([...state.comments, event.comment]), marks: { ...marks, [event.comment.id]: event.mark } };
    case "talk.changed":
      return { ...state, talk: event.talk };
    case "warning.changed":
      return { ...state, warning: event.warning };
    default:
      return moderation === null ? state : { ...state, moderation: withNews(moderation, event) };
  }
}

/**
 * @param {import("./protocol.js").ModerationView} moderation
 * @param {RoomEvent} event
 */
function withNews(moderation, event) {
  const others = moderation.restrictions.filter(({ id }) => id !== ("restriction" in event ? event.restriction.id : "restriction_id" in event ? event.restriction_id : ""));
  switch (event.type) {
    case "speaker.restricted":
      return { ...moderation, restrictions: [...others, event.restriction] };
    case "speaker.freed":
      return { ...moderation, restrictions: others };
    case "moderation.changed":
      return { ...moderation, rules: event.rules };
    case "questions.changed":
      return { ...moderation, questions: event.questions };
    default:
      return moderation;
  }
}
