import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { binary, ownEnvironment, type Sandbox } from "./sandbox";

/** What the server answered to a call of the partner's backend. */
export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at the members that it is about
  body: any;
}

/** What the partner asks its users for. */
export interface Ask {
  display_name?: string;
  login_hint?: string;
  scopes?: string[];
  databases?: string;
  max_databases?: number;
  /** Lets the user select something that the service then gets. */
  select?: "database";
  /** The id of a paused grant, which its user repairs. */
  reconnect?: string;
}

/** The user of a browser, as the partner's own login would know them: by a cookie. */
const userCookie = "shop_user";

/** A partner's product: its page, at an origin of its own, and its backend, which holds the service token. */
export class Partner {
  /** What the next connect session asks for. */
  ask: Ask = {};
  /** The connect session that each user is in. */
  private readonly sessions = new Map<string, { id: string; inWindow: boolean }>();

  private constructor(
    private readonly server: Server,
    private readonly sandbox: Sandbox,
    private readonly token: string,
    readonly origin: string,
  ) {}

  /** The product of the same house, which the sandbox knows by its token file. To a browser it is the page's own site. */
  static async ofTheHouse(sandbox: Sandbox): Promise<Partner> {
    return Partner.start(sandbox, await sandbox.serviceToken(), "localhost");
  }

  /** Somebody else's product, on a site of its own: an operator registers it while the server runs. */
  static async registered(sandbox: Sandbox, id: string, name: string): Promise<Partner> {
    const database = { BFF_DATABASE_URL: sandbox.database };
    const service = ["--name", name, "--return-url", "http://127.0.0.1:*", "--databases", "all"];
    await operate(["service", "add", id, ...service], database);
    const token = await operate(["token", "create", id, "--ttl", "24h", "--environment", "test"], database);
    return Partner.start(sandbox, token, "127.0.0.1");
  }

  private static async start(sandbox: Sandbox, token: string, host: string): Promise<Partner> {
    const server = createServer((request, response) => {
      partner.answer(request, response).catch((fault: unknown) => {
        response.writeHead(500, { "Content-Type": "text/plain" }).end(String(fault));
      });
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const origin = `http://${host}:${(server.address() as AddressInfo).port}`;
    const partner = new Partner(server, sandbox, token, origin);
    return partner;
  }

  stop(): Promise<unknown> {
    this.server.closeAllConnections();
    return new Promise((closed) => this.server.close(closed));
  }

  /** Opens a connect session, and gives where the user's browser is to go. */
  async invite(user: string, inWindow = false): Promise<string> {
    const opened = await this.call("POST", "/connect-sessions", {
      body: { external_id: user, return_url: `${this.origin}/upstash/return`, ...this.ask },
    });
    if (opened.status !== 201) throw new Error(`no connect session: ${JSON.stringify(opened)}`);
    this.sessions.set(user, { id: opened.body.id, inWindow });
    return opened.body.url;
  }

  /** One call of the backend, for a user where one is named. */
  async call(method: string, path: string, call: { user?: string; body?: unknown } = {}): Promise<Answer> {
    const headers: Record<string, string> = { Authorization: `Bearer ${this.token}` };
    if (call.user !== undefined) headers["Connect-User"] = call.user;
    if (call.body !== undefined) headers["Content-Type"] = "application/json";
    if (method === "POST" && path === "/databases") headers["Idempotency-Key"] = randomUUID();
    const response = await fetch(`${this.sandbox.app}/api/v1${path}`, {
      method,
      headers,
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? null : JSON.parse(text) };
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", this.origin);
    const user = userOf(request) ?? searchParams.get("user");
    if (user === null) return page(response, "<h1>Log in first</h1>");
    response.setHeader("Set-Cookie", `${userCookie}=${user}; Path=/; HttpOnly; SameSite=Lax`);
    switch (`${request.method} ${pathname}`) {
      case "GET /":
        return page(response, await this.home(user));
      case "GET /window":
        return redirect(response, await this.invite(user, true));
      case "POST /connect":
        return redirect(response, await this.invite(user));
      case "GET /upstash/return":
        return page(response, await this.returned(user, searchParams));
      case "POST /databases":
        await this.call("POST", "/databases", {
          user,
          body: { name: "orders", primary_region: "us-east-1" },
        });
        return redirect(response, "/");
      default:
        response.writeHead(404).end();
    }
  }

  private async home(user: string): Promise<string> {
    const { status, body } = await this.call("GET", "/databases", { user });
    if (status !== 200) {
      return `<h1>Hello, ${user}</h1><p>${body.code}</p>
<form method="post" action="/connect"><button>Connect Upstash</button></form>
<button id="window">Connect Upstash in a window</button>
<script>
new BroadcastChannel("shop").onmessage = () => location.reload();
document.getElementById("window").onclick = () => window.open("/window", "upstash", "popup,width=480,height=720");
</script>`;
    }
    const items = body.databases.map(({ name }: { name: string }) => `<li>${name}</li>`).join("");
    return `<h1>Connected</h1><ul>${items}</ul>
<form method="post" action="/databases"><button>Create a database</button></form>`;
  }

  /** The user came back: a code is worth nothing unless it comes with the session that this very user is in. */
  private async returned(user: string, query: URLSearchParams): Promise<string> {
    const session = this.sessions.get(user);
    if (session === undefined || session.id !== query.get("connect_session")) return "<h1>Not yours</h1>";
    const end = session.inWindow ? closing : '<a href="/">Continue</a>';
    const refused = query.get("error");
    if (refused !== null) return `<h1>Not connected</h1><p>${refused.replace(/\W/g, "")}</p>${end}`;
    const { status, body } = await this.call("POST", `/connect-sessions/${session.id}/complete`, {
      body: { code: query.get("code"), external_id: user },
    });
    if (status !== 201) return `<h1>Not connected</h1><p>${body.code}</p>${end}`;
    return `<h1>Connected as ${body.account.email}</h1>${end}`;
  }
}

/** A window of its own tells the page behind it and goes, as soon as it was seen. */
const closing = `<script>
new BroadcastChannel("shop").postMessage("returned");
setTimeout(() => window.close(), 500);
</script>`;

function userOf(request: IncomingMessage): string | null {
  return new RegExp(`\\b${userCookie}=([\\w-]+)`).exec(request.headers.cookie ?? "")?.[1] ?? null;
}

function redirect(response: ServerResponse, address: string): void {
  response.writeHead(303, { Location: address }).end();
}

function page(response: ServerResponse, content: string): void {
  response.writeHead(200, { "Content-Type": "text/html", "Cache-Control": "no-store" });
  response.end(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>The Shop</title><link rel="icon" href="data:,">
${content}</html>`);
}

/** Runs a command of the binary as an operator would, and gives what it printed. */
async function operate(args: string[], env: Record<string, string>): Promise<string> {
  const { stdout } = await promisify(execFile)(binary, args, { env: { ...ownEnvironment(), ...env } });
  return stdout.trim();
}
