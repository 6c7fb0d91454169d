// The life of the page's connection as one table of states and events. Pure: chance is given, time is told by the event "timer".
//
//   idle ── open ──▶ connecting ── accepted ──▶ greeting ── greeted ──▶ open ◀── heard ── probing
//                        ▲  │                      │                      └─ returned, silence ─▶ │
//                        │  └ closed ─▶ asking     └── closed, timer ──┐                          │
//                     timer, returned      └ told ─▶ waiting ◀─────────┴──────── closed, timer ───┘
//   from everywhere: gone (the page sleeps in the browser's memory; "returned" wakes it) and stopped (for good)

/**
 * @typedef {"idle" | "connecting" | "greeting" | "open" | "probing" | "asking" | "waiting" | "gone" | "stopped"} StateName
 *   `greeting`: opened, the hello is not answered yet; `probing`: open, and asked whether it still is; `asking`: refused, and nothing
 *   but HTTP can tell why; `waiting`: lost, and coming back
 */

/**
 * @typedef {object} Connection
 * @property {StateName} name
 * @property {boolean} asksWhy whether there is somebody to ask why an upgrade was refused
 * @property {boolean} isUrgent an order waits for the network: try at once and often
 * @property {boolean} isAsked a command was sent and nothing was heard since
 * @property {"return" | "command" | "silence"} doubt why it is being probed
 * @property {number} failures tries in a row that were not greeted
 * @property {number} unanswered probes in a row without an answer, of a server that is slow to greet as well
 * @property {boolean} isSlow whether the last hello was long on its way
 * @property {boolean} isTold the pause is the server's or the room's wish, no guess of ours
 * @property {number | null} timerMs after how long "timer" is due
 * @property {number} timer changes when the time begins anew
 */

/**
 * @typedef {{type: "open" | "accepted" | "heard" | "asked" | "timer" | "returned" | "offline" | "gone" | "stop"}
 *   | {type: "closed", code: number}
 *   | {type: "greeted", tookMs: number}
 *   | {type: "unwelcome" | "sentHome", pauseMs: number | null}
 *   | {type: "told", pauseMs: number | null}
 *   | {type: "urgent", isUrgent: boolean}} ConnectionEvent
 *   `returned`: the page is seen again, or the network or the device is back; `unwelcome`: the hello was refused; `sentHome`: the server
 *   is about to stop; `told`: the answer to `ask`
 */

/** @typedef {"connect" | "drop" | "hello" | "leave" | "ask"} Act `drop`: forget the socket and whoever waits for it */
/** @typedef {{connection: Connection, acts: readonly Act[]}} Step */
/** @typedef {(connection: Connection, event: any, chance: number) => Step} Rule */

// A room is heard every 5 s at least, however quiet it is; while a crowd comes in, which is when a hello takes long, every 12 s or so.
const SILENCE_MS = 12_000;
const CROWDED_SILENCE_MS = 20_000;
const COMMAND_SILENCE_MS = 800;
const PROBE_MS = 2_000;
const COMMAND_PROBE_MS = 1_200;
// All viewers of a server that hesitates notice the same silence: they give it more time than one whose phone woke up.
const LONGEST_PROBE_MS = 8_000;
const QUICK_MS = 1_000;
const CONNECT_MS = 10_000;
// A packet that opens a connection is repeated after 1, 3 and 7 s: beginning anew is quicker once the network is back.
const HASTY_CONNECT_MS = 2_500;
// But a slow network needs longer than that, and so may a server that is busy: now and then it gets it.
const SLOW_MS = 500;
const PATIENT_CONNECT_MS = 6_000;
const PATIENT_EVERY = 8;
const ASK_MS = 12_000;
const HASTY_ASK_MS = 2_500;
const SHORTEST_PAUSE_MS = 100;
const FIRST_PAUSE_MS = 400;
const LONGEST_PAUSE_MS = 20_000;
const LONGEST_URGENT_PAUSE_MS = 1_600;
const FIRST_STOPPING_CODE = 4500;
const LAST_STOPPING_CODE = 4999;

/**
 * A connection that nobody has opened yet.
 * @param {boolean} asksWhy
 * @returns {Connection}
 */
export function closedConnection(asksWhy) {
  return {
    name: "idle",
    asksWhy,
    isUrgent: false,
    isAsked: false,
    doubt: "silence",
    failures: 0,
    unanswered: 0,
    isSlow: false,
    isTold: false,
    timerMs: null,
    timer: 0,
  };
}

/**
 * What the connection is after an event, and what is to be done, in this order.
 * @param {Connection} connection
 * @param {ConnectionEvent} event
 * @param {number} chance 0 to 1
 * @returns {Step}
 */
export function afterEvent(connection, event, chance) {
  const rule = RULES[connection.name][event.type] ?? ANYWHERE[event.type];
  return rule === undefined ? stay(connection) : rule(connection, event, chance);
}

/**
 * What people are told of it.
 * @param {Connection} connection
 * @returns {"connecting" | "open" | "away" | "stopped"}
 */
export function statusOf({ name, failures }) {
  if (name === "open" || name === "probing") return "open";
  if (name === "stopped") return "stopped";
  const isFirst = failures === 0 && (name === "idle" || name === "connecting" || name === "greeting");
  return isFirst ? "connecting" : "away";
}

/**
 * @param {Connection} connection
 * @param {readonly Act[]} [acts]
 * @returns {Step}
 */
function stay(connection, acts = []) {
  return { connection, acts };
}

/**
 * @param {Connection} before
 * @param {StateName} name
 * @param {number | null} timerMs
 * @param {Partial<Connection>} [changes]
 * @returns {Connection}
 */
function enter(before, name, timerMs, changes = {}) {
  return { ...before, isAsked: false, isTold: false, ...changes, name, timerMs, timer: before.timer + 1 };
}

/** @param {Connection} connection */
function connectMs({ failures, isSlow }) {
  return isSlow || failures % PATIENT_EVERY === PATIENT_EVERY - 1 ? PATIENT_CONNECT_MS : HASTY_CONNECT_MS;
}

/** @type {Rule} */
const connect = (before) => {
  const connection = enter(before, "connecting", before.isUrgent ? connectMs(before) : CONNECT_MS);
  return { connection, acts: ["connect"] };
};

/** @type {Rule} */
const connectHastily = (before) => ({ connection: enter(before, "connecting", connectMs(before)), acts: ["drop", "connect"] });

/** @type {Rule} */
const greet = (before) => ({ connection: enter(before, "greeting", before.timerMs), acts: ["hello"] });

/** @param {boolean} isSlow */
function silenceMs(isSlow) {
  return isSlow ? CROWDED_SILENCE_MS : SILENCE_MS;
}

/** A server that hesitates here as well was not dead before, and gets more time from now on. @type {Rule} */
const welcome = (before, event) => {
  const unanswered = before.name === "greeting" && event.tookMs > QUICK_MS ? before.unanswered : 0;
  const isSlow = event.tookMs > SLOW_MS;
  return stay(enter(before, "open", silenceMs(isSlow), { failures: 0, unanswered, isSlow }));
};

/** @type {Rule} */
const hear = (before) => stay(enter(before, "open", silenceMs(before.isSlow), { unanswered: 0 }));

/** After a return a frame may be one that waited here since before: only the answer to our hello counts. @type {Rule} */
const hearOfDoubt = (before, event, chance) => (before.doubt === "return" ? stay(before) : hear(before, event, chance));

/** @param {Connection["doubt"]} doubt @returns {Rule} */
const probe = (doubt) => (before) => {
  const first = { return: PROBE_MS, command: COMMAND_PROBE_MS, silence: LONGEST_PROBE_MS }[doubt];
  const ms = Math.min(LONGEST_PROBE_MS, first * 2 ** before.unanswered);
  return { connection: enter(before, "probing", ms, { doubt }), acts: ["hello"] };
};

/** Full jitter: after a restart of the server a whole room comes back, spread over the delay. @type {Rule} */
const comeBack = (before, _, chance) => {
  const longest = before.isUrgent ? LONGEST_URGENT_PAUSE_MS : LONGEST_PAUSE_MS;
  const most = Math.min(longest, FIRST_PAUSE_MS * 2 ** before.failures);
  const pause = SHORTEST_PAUSE_MS + chance * most;
  return { connection: enter(before, "waiting", pause, { failures: before.failures + 1 }), acts: ["drop"] };
};

/** A try that waited in vain was pause enough for an order. @type {Rule} */
const tryAgain = (before, event, chance) =>
  before.isUrgent ? connectHastily({ ...before, failures: before.failures + 1 }, event, chance) : comeBack(before, event, chance);

/** @type {Rule} */
const comeBackWhenTold = (before, event, chance) => {
  if (event.pauseMs === null) return comeBack(before, event, chance);
  const pause = event.pauseMs + (event.type === "told" ? 0 : chance * FIRST_PAUSE_MS);
  return { connection: enter(before, "waiting", pause, { failures: before.failures + 1, isTold: true }), acts: ["drop"] };
};

/** @type {Rule} */
const probeFailed = (before, event, chance) => {
  const hasty = { ...before, unanswered: before.unanswered + 1, failures: before.failures + 1 };
  return before.doubt === "return" ? connectHastily(hasty, event, chance) : tryAgain({ ...before, unanswered: before.unanswered + 1 }, event, chance);
};

/** @type {Rule} */
const closed = (before, event, chance) => {
  if (event.code >= FIRST_STOPPING_CODE && event.code <= LAST_STOPPING_CODE) return stop(before, event, chance);
  return comeBack(before, event, chance);
};

/** No browser says why an upgrade failed. @type {Rule} */
const refused = (before, event, chance) => {
  if (!before.asksWhy) return comeBack(before, event, chance);
  return { connection: enter(before, "asking", before.isUrgent ? HASTY_ASK_MS : ASK_MS, { failures: before.failures + 1 }), acts: ["drop", "ask"] };
};

/** @type {Rule} */
const stop = (before) => ({ connection: enter(before, "stopped", null), acts: ["drop"] });

/** What was under way before the page was away may never end: it gets little time from now on. @type {Rule} */
const hasten = (before) => stay({ ...before, timerMs: Math.min(before.timerMs ?? CONNECT_MS, connectMs(before)), timer: before.timer + 1 });

/** @type {Rule} */
const noteUrgency = (before, event) => stay({ ...before, isUrgent: event.isUrgent });

/** The pause that a full room asks for is kept: orders go by HTTP then. @type {Rule} */
const waitUrgently = (before, event, chance) => {
  const after = { ...before, isUrgent: event.isUrgent };
  return event.isUrgent && !before.isUrgent && !before.isTold ? connect(after, event, chance) : stay(after);
};

/** @type {Rule} */
const hastenUrgently = (before, event, chance) => {
  const after = { ...before, isUrgent: event.isUrgent };
  return event.isUrgent && !before.isUrgent ? hasten(after, event, chance) : stay(after);
};

/** @type {Rule} */
const awaitReply = (before) => (before.isAsked ? stay(before) : stay(enter(before, "open", COMMAND_SILENCE_MS, { isAsked: true })));

/** @type {Rule} */
const doubtSilence = (before, event, chance) => probe(before.isAsked ? "command" : "silence")(before, event, chance);

/** A probe that a silence began gets the short time of a return. @type {Rule} */
const probeAgain = (before) =>
  before.doubt === "return" ? stay(before) : stay(enter(before, "probing", PROBE_MS, { doubt: "return" }));

/** @type {Partial<Record<ConnectionEvent["type"], Rule>>} */
const ANYWHERE = {
  stop,
  urgent: noteUrgency,
  gone: (before) => ({ connection: enter(before, "gone", null), acts: ["leave", "drop"] }),
};

const LOST = { closed, timer: comeBack, offline: comeBack };

/** @type {Record<StateName, Partial<Record<ConnectionEvent["type"], Rule>>>} */
const RULES = {
  idle: { open: connect, gone: (before) => stay(before) },
  connecting: { accepted: greet, closed: refused, timer: tryAgain, offline: comeBack, returned: hasten, urgent: hastenUrgently },
  greeting: { ...LOST, timer: tryAgain, greeted: welcome, unwelcome: comeBackWhenTold, sentHome: comeBackWhenTold, returned: hasten, urgent: hastenUrgently },
  open: { ...LOST, heard: hear, greeted: welcome, asked: awaitReply, timer: doubtSilence, returned: probe("return"), sentHome: comeBackWhenTold },
  probing: { ...LOST, heard: hearOfDoubt, greeted: welcome, unwelcome: hear, timer: probeFailed, returned: probeAgain, sentHome: comeBackWhenTold },
  asking: { told: comeBackWhenTold, timer: tryAgain, returned: connect, open: connect, urgent: hastenUrgently },
  waiting: { timer: connect, returned: (before, event, chance) => (before.isTold ? stay(before) : connect(before, event, chance)), open: connect, urgent: waitUrgently },
  gone: { returned: connect, open: connect, gone: (before) => stay(before) },
  stopped: { gone: (before) => stay(before), stop: (before) => stay(before) },
};
