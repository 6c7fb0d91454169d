// The desk's socket: it says that something has changed. While it is away the page asks by itself.

import { whileSeen } from "./while_seen.js";

const ASK_EVERY_MS = 20_000;
// However often something changes, a page asks at most so often; not all pages at the same moment.
const AT_MOST_EVERY_MS = 1_500;
const SPREAD_MS = 500;
const AGAIN_FIRST_MS = 1_000;
const AGAIN_MOST_MS = 30_000;

/** Call `ask` soon after every change, as long as the page is open. @param {() => void} ask */
export function followDesk(ask) {
  let isOpen = false;
  let askedAt = 0;
  let again = AGAIN_FIRST_MS;
  let timer = 0;
  const asks = () => {
    timer = 0;
    askedAt = Date.now();
    ask();
  };
  const soon = () => {
    if (timer !== 0 || document.hidden) return;
    const wait = Math.max(0, askedAt + AT_MOST_EVERY_MS - Date.now());
    timer = setTimeout(asks, wait === 0 ? 0 : wait + Math.random() * SPREAD_MS);
  };
  const connect = () => {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/desk`);
    socket.addEventListener("open", () => {
      isOpen = true;
      again = AGAIN_FIRST_MS;
    });
    socket.addEventListener("message", soon);
    socket.addEventListener("close", () => {
      isOpen = false;
      setTimeout(connect, again * (1 + Math.random()));
      again = Math.min(AGAIN_MOST_MS, 2 * again);
    });
  };
  connect();
  whileSeen(() => !isOpen && asks(), ASK_EVERY_MS);
  // what changed while nobody looked
  document.addEventListener("visibilitychange", () => !document.hidden && soon());
}
