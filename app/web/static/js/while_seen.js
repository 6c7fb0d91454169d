// Asking again while somebody looks.

/**
 * Call again and again while somebody looks: every so often, and at once when they come back to the page. Returns how to stop.
 * @param {() => void} ask
 * @param {number} everyMs
 */
export function whileSeen(ask, everyMs) {
  const onReturn = () => !document.hidden && ask();
  const timer = setInterval(onReturn, everyMs);
  addEventListener("focus", onReturn);
  addEventListener("pageshow", onReturn);
  document.addEventListener("visibilitychange", onReturn);
  return () => {
    clearInterval(timer);
    removeEventListener("focus", onReturn);
    removeEventListener("pageshow", onReturn);
    document.removeEventListener("visibilitychange", onReturn);
  };
}
