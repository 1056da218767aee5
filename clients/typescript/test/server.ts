import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after } from "node:test";

export const token = "upc_hunter2";

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const stops: (() => void)[] = [];
after(() => {
  for (const stop of stops) stop();
});

/** A server that gives its answers in turn, and repeats the last. */
export async function answers(...all: Answer[]): Promise<{ url: string; calls: () => number }> {
  let calls = 0;
  const server = createServer((request, response) => all[Math.min(calls++, all.length - 1)]?.(request, response));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls: () => calls };
}

export const problem =
  (status: number, code: string, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    response
      .writeHead(status, { "Content-Type": "application/problem+json", ...headers })
      .end(JSON.stringify({ type: "", title: code, status, instance: "/", code, request_id: "r-1" }));

export const fine: Answer = (_, response) =>
  response.writeHead(200, { "Content-Type": "application/json" }).end('{"databases":[],"id":"db-1","name":"a"}');

/** A response with any status and text. */
export const says =
  (status: number, text: string): Answer =>
  (_, response) =>
    response.writeHead(status, { "Content-Type": "text/html" }).end(text);
