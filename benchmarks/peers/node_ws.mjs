// Fan-out with the npm package `ws`: sends each round to every client. Usage: node node_ws.mjs port payload_bytes
// Commands on stdin: "<rounds> <microseconds between their starts>"; says "done" after each. Ends with stdin.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { WebSocketServer } = createRequire(`${process.cwd()}/`)("ws");
const [port, payloadBytes] = process.argv.slice(2).map(Number);
const server = new WebSocketServer({ port, host: "127.0.0.1", backlog: 8192, perMessageDeflate: false });
server.on("connection", (socket) => socket.on("error", () => {}));

const head = () => `{"type":"tick","ts":${process.hrtime.bigint()},"viewers":123456,"offer":{"id":42,"left":977},"comment":"`;

function sendRound() {
  const begin = head();
  const text = `${begin}${"x".repeat(payloadBytes - begin.length - 2)}"}`;
  for (const socket of server.clients) socket.send(text);
}

function sendRounds(count, intervalMs) {
  let sent = 0;
  const next = () => {
    sendRound();
    if (++sent === count) console.log("done");
    else if (intervalMs > 0) setTimeout(next, intervalMs);
    else setImmediate(next);
  };
  next();
}

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const [count, intervalUs] = line.split(" ").map(Number);
    sendRounds(count, intervalUs / 1000);
  })
  .on("close", () => process.exit(0));
