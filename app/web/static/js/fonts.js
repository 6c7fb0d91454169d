// The pages' own type, 70 KB that nobody waits for: after everything else, and not where the network is slow or somebody pays by the byte.

/** @typedef {{saveData?: boolean, effectiveType?: string}} NetworkInformation */

/** Whether this device's network is good for more than what is needed. Browsers that do not say are taken at their best. */
function hasRoom() {
  const network = /** @type {{connection?: NetworkInformation}} */ (navigator).connection;
  return !network?.saveData && (network?.effectiveType ?? "4g") === "4g";
}

/** Ask for the type's style sheet; the browser then fetches the files whose letters the page shows. */
export function fetchFonts() {
  const address = document.body.dataset["fonts"];
  if (address === undefined || !hasRoom()) return;
  const sheet = document.createElement("link");
  sheet.rel = "stylesheet";
  sheet.href = address;
  document.head.append(sheet);
}
