// Reads cases from stdin ([{snapshot, messages}]) and writes the state that the browser's state.js comes to after each.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { apply, emptyRoom } = await import(pathToFileURL(process.argv[2]).href);
const cases = JSON.parse(readFileSync(0, "utf-8"));
const states = cases.map((messages) => messages.reduce((state, message) => apply(state, message), emptyRoom(null)));
process.stdout.write(JSON.stringify(states));
