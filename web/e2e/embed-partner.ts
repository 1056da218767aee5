import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Sandbox } from "./sandbox";

/** The snippets of docs/integrate/embed.md, in their order, for the server at this address. */
function snippets(server: string): Record<string, string[]> {
  const guide = readFileSync(
    fileURLToPath(new URL("../../docs/integrate/embed.md", import.meta.url)),
    "utf8",
  );
  const found: Record<string, string[]> = {};
  for (const [, kind = "", code = ""] of guide.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)) {
    found[kind] = [...(found[kind] ?? []), code.replaceAll("https://connect.example.com", server)];
  }
  return found;
}

/** What the test's own part of the partner's page records: every event, also those of an earlier load. */
const recorder = `
const told = JSON.parse(sessionStorage.getItem("told") ?? "[]");
const record = ({ detail }) => {
  told.push(detail);
  sessionStorage.setItem("told", JSON.stringify(told));
};
for (const type of ["approved", "completed", "database-selected", "refused", "closed", "failed"]) {
  document.addEventListener(type, record);
}
window.told = told;
`;

/** What the guide's policy forbids, which nothing may try. */
const watchman = `
window.violations = [];
document.addEventListener("securitypolicyviolation", ({ violatedDirective }) => violations.push(violatedDirective));
`;

/** A partner's product on a site of its own, made of the snippets of the guide, under the policy of the guide. */
export class EmbedPartner {
  /** What the next connect session asks for, besides its user. */
  ask: Record<string, unknown> = {};
  /** The ids of the connect sessions, oldest first. */
  readonly sessions: string[] = [];
  /** What completing answered, by connect session. */
  readonly completions: Record<string, unknown>[] = [];

  private constructor(
    private readonly server: Server,
    private readonly sandbox: Sandbox,
    private readonly token: string,
    private readonly code: Record<string, string[]>,
  ) {}

  static async start(sandbox: Sandbox): Promise<EmbedPartner> {
    const server = createServer((request, response) => {
      partner.answer(request, response).catch((fault: unknown) => response.writeHead(500).end(String(fault)));
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const partner = new EmbedPartner(server, sandbox, await sandbox.serviceToken(), snippets(sandbox.app));
    return partner;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): Promise<unknown> {
    this.server.closeAllConnections();
    return new Promise((closed) => this.server.close(closed));
  }

  async call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.sandbox.app}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.token}`, "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Record<string, unknown>;
  }

  /** The state of a connect session on the server. */
  async state(session = this.sessions.at(-1)): Promise<unknown> {
    return (await this.call("GET", `/connect-sessions/${session}`)).state;
  }

  /** Opens so many sessions for the user that the server deletes the earlier ones (partner.MaxOpenSessions). */
  async evict(): Promise<void> {
    for (let opened = 0; opened < 32; opened++) {
      await this.call("POST", "/connect-sessions", {
        external_id: "user_4711",
        return_url: `${this.origin}/upstash/return`,
      });
    }
  }

  private snippet(kind: string, index: number): string {
    const code = this.code[kind]?.[index];
    if (code === undefined) throw new Error(`embed.md has no ${kind} snippet ${index}`);
    return code;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", this.origin);
    response.setHeader("Content-Security-Policy", this.snippet("text", 0).trim());
    const script = this.snippet("html", 0);
    switch (`${request.method} ${pathname}`) {
      case "GET /":
        return page(
          response,
          `${script}${this.snippet("html", 1)}<p id="result"></p><script src="/page.js" defer></script>`,
        );
      case "GET /two": {
        const button = this.snippet("html", 1);
        const second = button.replace("Connect Upstash", "Connect another");
        const result = `<p id="result"></p>`;
        return page(response, `${script}${button}${second}${result}<script src="/page.js" defer></script>`);
      }
      case "GET /own":
        return page(response, `<script src="/watchman.js"></script>${script}${this.snippet("html", 3)}`);
      case "GET /page.js":
        return text(response, "text/javascript", watchman + recorder + this.snippet("js", 0));
      case "GET /watchman.js":
        return text(response, "text/javascript", watchman);
      case "GET /own-button.js":
        return text(response, "text/javascript", this.snippet("js", 1));
      case "GET /theme.css":
        return text(response, "text/css", this.snippet("css", 0));
      case "POST /upstash/connect": {
        const opened = await this.call("POST", "/connect-sessions", {
          external_id: "user_4711",
          return_url: `${this.origin}/upstash/return`,
          ...this.ask,
        });
        if (opened.id !== undefined) this.sessions.push(String(opened.id));
        return text(response, "application/json", JSON.stringify(opened));
      }
      case "GET /upstash/return":
        await this.complete(searchParams);
        return page(response, script + this.snippet("html", 2));
      default:
        response.writeHead(404).end();
    }
  }

  private async complete(query: URLSearchParams): Promise<void> {
    const code = query.get("code");
    if (code === null) return;
    const path = `/connect-sessions/${query.get("connect_session")}/complete`;
    this.completions.push(await this.call("POST", path, { code, external_id: "user_4711" }));
  }
}

function page(response: ServerResponse, content: string): void {
  response.setHeader("Content-Type", "text/html");
  response.end(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>The Shop</title>
<link rel="stylesheet" href="/theme.css"></head><body><main><h1>The Shop</h1>${content}</main></body></html>`);
}

function text(response: ServerResponse, kind: string, content: string): void {
  response.setHeader("Content-Type", kind);
  response.end(content);
}
