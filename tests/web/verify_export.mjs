// Runs the page's verifier on archives of a folder; writes what it said of each.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [script, folder, key] = process.argv.slice(2);
const { verdictOn } = await import(pathToFileURL(script).href);
const said = {};
for (const name of readdirSync(folder)) {
  const bytes = readFileSync(join(folder, name));
  said[name] = await verdictOn(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length), key);
}
process.stdout.write(JSON.stringify(said));
