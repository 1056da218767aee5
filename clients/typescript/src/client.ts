import createFetch, { type Client as FetchClient } from "openapi-fetch";
import { problemOf } from "./problem.ts";
import { withRetries } from "./retry.ts";
import type { components, paths } from "./schema.gen.ts";

type Schemas = components["schemas"];

export type ConnectSessionRequest = Schemas["ConnectSessionRequest"];
export type OpenedConnectSession = Schemas["OpenedConnectSession"];
export type ConnectSession = Schemas["ConnectSession"];
export type Completion = Schemas["Completion"];
export type Grant = Schemas["Grant"];
export type GrantChange = Schemas["NarrowGrantRequest"];
export type Database = Schemas["Database"];
export type CreateDatabaseRequest = Schemas["CreateDatabaseRequest"];
export type Credentials = Schemas["Credentials"];
export type Catalog = Schemas["Catalog"];
export type WebhookEvent = Schemas["WebhookEvent"];

export interface ClientOptions {
  /** The server, such as https://connect.example.com, with its path if it has one. https, except on loopback. */
  url: string;
  /** The service token (upc_…). Never send it to a browser. */
  token: string;
  /** Replaces the global fetch. */
  fetch?: typeof fetch;
}

/** Calls a server as a service. Every error that the server reports is a ProblemError. */
export class Client {
  /** All calls of the API, typed by its document. Errors are thrown, so `data` is always there. */
  readonly api: FetchClient<paths, `${string}/${string}`>;

  constructor(
    private readonly options: ClientOptions,
    header: Record<string, string> = {},
  ) {
    const base = checked(options.url);
    // Anything else would be quoted in the error of an invalid header.
    if (!/^[\x21-\x7e]+$/.test(options.token.trim())) throw new TypeError("a service token is required, and one only");
    this.api = createFetch<paths>({
      baseUrl: `${base}/api/v1`,
      headers: { Authorization: `Bearer ${options.token.trim()}`, ...header },
      // Another host must not get the token.
      redirect: "error",
      fetch: withRetries(options.fetch ?? fetch),
    });
    this.api.use({
      async onResponse({ response }) {
        if (!response.ok) throw await problemOf(response);
      },
    });
  }

  /** Invites one of your users. Send their browser to `url`, which works once, within 30 minutes. */
  openConnectSession(body: ConnectSessionRequest): Promise<OpenedConnectSession> {
    return dataOf(this.api.POST("/connect-sessions", { body }));
  }

  getConnectSession(id: string): Promise<ConnectSession> {
    return dataOf(this.api.GET("/connect-sessions/{id}", { params: { path: { id } } }));
  }

  /**
   * Turns an approved session into a grant. `externalId` must be the user who is logged in to your product on the
   * return page: read it from your own session, never from the address.
   */
  completeConnectSession(id: string, code: string, externalId: string): Promise<Completion> {
    const body = { code, external_id: externalId };
    return dataOf(this.api.POST("/connect-sessions/{id}/complete", { params: { path: { id } }, body }));
  }

  /** Your service's grants, newest first: those of one user, or all. */
  async listGrants(externalId?: string): Promise<Grant[]> {
    const query = externalId === undefined ? {} : { external_id: externalId };
    return (await dataOf(this.api.GET("/grants", { params: { query } }))).grants;
  }

  getGrant(id: string): Promise<Grant> {
    return dataOf(this.api.GET("/grants/{id}", { params: { path: { id } } }));
  }

  /** Gives back what your service no longer needs. No call widens a grant. */
  narrowGrant(id: string, body: GrantChange): Promise<Grant> {
    return dataOf(this.api.PATCH("/grants/{id}", { params: { path: { id } }, body }));
  }

  async revokeGrant(id: string): Promise<void> {
    await this.api.DELETE("/grants/{id}", { params: { path: { id } } });
  }

  /** Events of the last 72 hours after a position: "start", "latest", or `next` of the previous page. */
  async listEvents(after = "start", wait = 0): Promise<{ events: WebhookEvent[]; next: string }> {
    return dataOf(this.api.GET("/webhook-events", { params: { query: { after, wait } } }));
  }

  /** Acts for one of your users, under the grant that they gave you. `externalId` is your own id of the user. */
  forUser(externalId: string): ActingClient {
    return new ActingClient(this.options, { "Connect-User": externalId });
  }

  /** Acts under a grant. */
  forGrant(id: string): ActingClient {
    return new ActingClient(this.options, { "Connect-Grant": id });
  }

  /** Hides the token. */
  toJSON(): { url: string } {
    return { url: this.options.url };
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Client(${this.options.url})`;
  }
}

/** Calls a server as a service that acts for a user. */
export class ActingClient extends Client {
  /** The databases that the grant covers. */
  async listDatabases(): Promise<Database[]> {
    return (await dataOf(this.api.GET("/databases", {}))).databases;
  }

  getDatabase(id: string): Promise<Database> {
    return dataOf(this.api.GET("/databases/{id}", { params: { path: { id } } }));
  }

  /**
   * Creates a database. The key is your own, such as the number of an order: the same key and request return the same
   * database for 24 hours, so that you can repeat the call after any failure.
   */
  createDatabase(body: CreateDatabaseRequest, idempotencyKey: string): Promise<Database> {
    if (idempotencyKey === "") throw new TypeError("createDatabase needs an idempotency key");
    const params = { header: { "Idempotency-Key": idempotencyKey } };
    return dataOf(this.api.POST("/databases", { params, body }));
  }

  /** The secrets of a database. Reading them is recorded in the user's activity. */
  getDatabaseCredentials(id: string): Promise<Credentials> {
    return dataOf(this.api.GET("/databases/{id}/credentials", { params: { path: { id } } }));
  }

  /** The operations, regions and plans that the grant may use. */
  getCatalog(): Promise<Catalog> {
    return dataOf(this.api.GET("/catalog", {}));
  }
}

export function createClient(options: ClientOptions): Client {
  return new Client(options);
}

/** The data of a response. A failed one has thrown before. */
async function dataOf<Data>(call: Promise<{ data?: Data; response: Response }>): Promise<Data> {
  const { data, response } = await call;
  if (data === undefined) throw new Error(`HTTP status ${response.status} without a body`);
  return data;
}

function checked(url: string): string {
  const parsed = new URL(url);
  const loopback = ["localhost", "[::1]"].includes(parsed.hostname) || /^127(\.\d{1,3}){3}$/.test(parsed.hostname);
  if (parsed.protocol !== "https:" && !(parsed.protocol === "http:" && loopback)) {
    throw new TypeError("the server's URL must be https, except on loopback");
  }
  if (parsed.username || parsed.password || parsed.search || parsed.hash) {
    throw new TypeError("the server's URL must be such as https://connect.example.com");
  }
  return url.replace(/\/$/, "");
}
