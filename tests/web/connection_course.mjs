// Reads courses from stdin ([{asksWhy, chance, events}]) and writes where the browser's connection.js is after each event of each.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { afterEvent, closedConnection, statusOf } = await import(pathToFileURL(process.argv[2]).href);

function course({ asksWhy, chance, events }) {
  let connection = closedConnection(asksWhy);
  return events.map((event) => {
    const before = connection.timer;
    const step = afterEvent(connection, event, chance);
    ({ connection } = step);
    const { name, timerMs } = connection;
    return { name, timerMs, isNewTimer: connection.timer !== before, acts: step.acts, status: statusOf(connection) };
  });
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf-8")).map(course)));
