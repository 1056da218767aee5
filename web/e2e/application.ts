import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import type { Sandbox } from "./sandbox";

const sdk = fileURLToPath(
  new URL("../node_modules/@auth0/auth0-spa-js/dist/auth0-spa-js.production.js", import.meta.url),
);

const document = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>An application</title><link rel="icon" href="data:,">
<h1>An application</h1><button id="go">Go</button><script src="/sdk.js"></script></html>`;

/** Somebody else's page with Auth0's SDK as it is published, at an origin of its own. */
export class Application {
  private constructor(
    private readonly server: Server,
    readonly origin: string,
  ) {}

  static async start(): Promise<Application> {
    const script = await readFile(sdk);
    const server = createServer((request, response) => {
      const isScript = request.url === "/sdk.js";
      response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
      response.end(isScript ? script : document);
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    // The name, not the address: to a browser that is the site of the identity provider as well.
    return new Application(server, `http://localhost:${(server.address() as AddressInfo).port}`);
  }

  stop(): Promise<unknown> {
    this.server.closeAllConnections();
    return new Promise((closed) => this.server.close(closed));
  }
}

export type Options = import("@auth0/auth0-spa-js").Auth0ClientOptions;
type SDK = typeof import("@auth0/auth0-spa-js");
type Client = import("@auth0/auth0-spa-js").Auth0Client;

/** What became of a call of the SDK. */
export interface Outcome {
  error?: string;
  description?: string;
  value?: unknown;
}

/** The options of a client registered for this application. */
export async function register(
  sandbox: Sandbox,
  application: Application,
  members: { client_id?: string; consent?: boolean; third_party?: boolean } = {},
): Promise<Options> {
  const { origin } = application;
  const clientId = await sandbox.register({
    ...(members.third_party === true ? {} : { client_id: "an-application" }),
    callbacks: [origin, `${origin}/callback`],
    origins: [origin],
    ...members,
  });
  return {
    domain: sandbox.issuer,
    clientId,
    authorizationParams: {
      redirect_uri: `${origin}/callback`,
      audience: "upstash-api",
      scope: "openid profile email",
    },
  };
}

/** Makes the page's client; a page that was left and came back needs a new one, as in life. */
export async function createClient(page: Page, options: Options): Promise<void> {
  await page.evaluate((given) => {
    const { auth0 } = globalThis as unknown as { auth0: SDK };
    Object.assign(globalThis, { client: new auth0.Auth0Client(given) });
  }, options);
}

/** Calls a method of the page's client. */
export function call<Method extends keyof Client>(
  page: Page,
  method: Method,
  ...args: unknown[]
): Promise<Outcome> {
  return page.evaluate(
    async ([name, given]) => {
      const client = (globalThis as unknown as { client: Record<string, (...all: unknown[]) => unknown> })
        .client;
      try {
        return { value: await client[name]?.(...given) };
      } catch (cause) {
        const fault = cause as { error?: string; error_description?: string; message: string };
        return { error: fault.error ?? fault.message, description: fault.error_description ?? fault.message };
      }
    },
    [method as string, args] as const,
  );
}
