#!/usr/bin/env node
// As much of redis-cli as the snippet needs, for machines without one: `redis-cli [--tls] [--cacert FILE] -u URL COMMAND…` sends one
// command and prints its answer. It knows nothing of the sandbox.
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  options: { tls: { type: "boolean" }, cacert: { type: "string" }, u: { type: "string", short: "u" } },
  allowPositionals: true,
});
const url = new URL(values.u);
if ((url.protocol === "rediss:") !== (values.tls ?? false))
  throw new Error(`--tls and ${url.protocol} disagree`);
const where = { host: url.hostname, port: Number(url.port) };
const socket = values.tls
  ? connectTls({ ...where, ...(values.cacert === undefined ? {} : { ca: readFileSync(values.cacert) }) })
  : connect(where);
socket.setTimeout(10_000, () => socket.destroy(new Error("no answer in ten seconds")));

/** A request is an array of bulk strings (RESP2). */
const request = (...words) =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;

socket.write(request("AUTH", decodeURIComponent(url.username), decodeURIComponent(url.password)));
socket.write(request(...positionals));

let received = "";
for await (const chunk of socket) {
  received += chunk;
  const lines = received.split("\r\n");
  if (lines.some((line) => line.startsWith("-"))) throw new Error(received);
  // The answer to AUTH is one line; the other a line as well, or a length and the text.
  const whole = lines[1]?.startsWith("$") ? 4 : 3;
  if (lines.length < whole) continue;
  process.stdout.write(`${lines[1].startsWith("$") ? lines[2] : lines[1].slice(1)}\n`);
  break;
}
socket.destroy();
